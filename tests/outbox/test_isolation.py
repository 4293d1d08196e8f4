"""Three endpoints that never answer, with hundreds of answers waiting for them, beside one that is well."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from helpdesk.cases import services as cases
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Job, State
from helpdesk.users.models import Agent
from tests import world
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CASES, WAITING, GOOD = 17, 2, 40  # cases and answers waiting for each dead endpoint; answers to the one that is well


@contextmanager
def dead_end() -> Iterator[str]:
    """An address that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}/"


def crowd(url: str, ann_sees: list[Any]) -> None:
    """Many answers for an endpoint, in many cases."""
    channel = world.messenger(url, title=url)
    ann_sees.append(channel)
    ann = world.agent(f"Ann {channel.pk}".replace(" ", ""), sees=[channel])
    for n in range(CASES):
        case = world.says(world.customer(channel, f"{n}"), "hello").case
        for m in range(WAITING):
            cases.reply(case, f"{m}", by=ann)


@pytest.mark.promise("P9")
def test_who_is_well_gets_answers_within_two_seconds(
    httpserver: HTTPServer, settings: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    came: dict[str, float] = {}
    guard = threading.Lock()

    def take(asked: Request) -> Response:
        with guard:
            came.setdefault(json.loads(asked.get_data())["object"]["content"], time.monotonic())
        return Response("")

    httpserver.expect_request("/hook").respond_with_handler(take)
    dead: list[Any] = []
    with ExitStack() as stack:
        for _ in range(3):
            crowd(stack.enter_context(dead_end()), dead)
        channel = world.messenger(httpserver.url_for("/hook"))
        ann = world.agent("Ann", sees=[channel])
        people = [world.customer(channel, f"good {n}") for n in range(8)]
        good = [world.says(one, "hello").case for one in people]
        request.getfixturevalue("outbox")
        wait_for(lambda: len(Attempt.objects.all()[:1]) or _leased(), 20)
        waits = [_wait(good[n % 8], f"good {n}", ann, came) for n in range(GOOD)]
    waits.sort()
    assert waits[int(len(waits) * 0.95)] <= 2.0, waits
    assert Job.objects.filter(state=State.WAITING, lane__group__in=[one.lane_group for one in dead]).count() == (
        3 * CASES * WAITING
    ), "nothing of theirs was given up"
    assert outbox.endpoint(channel.lane_group).failing_since is None


def _leased() -> bool:
    return Job.objects.filter(starts__gt=0).exists()


def _wait(case: Any, text: str, ann: Agent, came: dict[str, float]) -> float:
    """Seconds from the answer's commit to its arrival."""
    cases.reply(case, text, by=ann)
    began = time.monotonic()
    wait_for(lambda: text in came, 20, pause=0.005)
    return came[text] - began
