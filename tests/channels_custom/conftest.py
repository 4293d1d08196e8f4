from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels_custom.models import CustomChannel
from helpdesk.cases.models import Message
from helpdesk.outbox import services as outbox
from helpdesk.outbox.pace import Pace
from helpdesk.outbox.services import draining
from helpdesk.users.models import Agent
from tests import world
from tests.outbox.probe import Time, held_clock


@dataclass
class Endpoint:
    """A receiver. answer: what it says to a request. came: (headers, body) of each, in order."""

    url: str = ""
    answer: Callable[[bytes], Response] = lambda body: Response("")
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def take(self, request: Request) -> Response:
        body = request.get_data()
        self.came.append(({name.lower(): value for name, value in request.headers.items()}, body))
        return self.answer(body)

    def says(self, status: int, **headers: str) -> None:
        self.answer = lambda body: Response("no", status, {k.replace("_", "-"): v for k, v in headers.items()})


@pytest.fixture
def endpoint(httpserver: HTTPServer, transactional_db: None, settings: Any) -> Endpoint:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    made = Endpoint(url=httpserver.url_for("/hook"))
    httpserver.expect_request("/hook").respond_with_handler(made.take)
    return made


@pytest.fixture
def channel(endpoint: Endpoint) -> CustomChannel:
    return world.messenger(endpoint.url)


@pytest.fixture
def ann(channel: CustomChannel) -> Agent:
    return world.agent("Ann", sees=[channel])


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Time]:
    """The outbox's clock stands still until the test moves it."""
    with held_clock(monkeypatch) as held:
        yield held


@pytest.fixture
def deliver(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Works off what is due, here and now."""
    monkeypatch.setattr(draining, "PACE", Pace())
    return lambda: sum(outbox.drain(lane) for lane in outbox.due())


def state(message: Message) -> str:
    return str(Message.objects.values_list("delivery", flat=True).get(pk=message.pk))
