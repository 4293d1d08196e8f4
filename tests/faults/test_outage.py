"""An endpoint is away while answers pile up; when it is back, all of them arrive, and nobody else noticed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.outbox.models import CAP, Attempt, Endpoint, Job, State
from helpdesk.users.models import Agent
from tests import servers, world
from tests.outbox import sink as sinks
from tests.outbox.answers import check, desk, lanes, waiting
from tests.outbox.sink import arrivals
from tests.plugins.figures import Measured
from tests.waiting import wait_for

BEFORE = 40  # answers to the other endpoint, while all is well
PROMPT = 2.0  # seconds in which 95 of 100 answers to the other endpoint leave, before and meanwhile
AGAIN = 60.0  # seconds until somebody tries whether the endpoint is back
SKEW = 0.01  # seconds that the clocks of two threads may differ

pytestmark = [pytest.mark.slow, pytest.mark.both, pytest.mark.once]


class Neighbours:
    """Cases on another endpoint, answered one after the other while something else happens."""

    def __init__(self, those: list[Case], ann: Agent) -> None:
        self._turn, self._ann = cycle(those), ann
        self.written: list[Message] = []

    def say(self) -> bool:
        """One more answer."""
        self.written.append(cases.reply(next(self._turn), f"neighbour {len(self.written)}", by=self._ann))
        return True

    def p95(self, messages: list[Message]) -> float:
        """Seconds from the commit of an answer to its request, for 95 of 100."""
        jobs = Job.objects.filter(message_id__in=[message.pk for message in messages])
        firsts = Attempt.objects.filter(job__in=jobs, number=1).select_related("job")
        late = sorted((each.started_at - each.job.created_at).total_seconds() for each in firsts)
        assert len(late) == len(messages)
        return late[int(0.95 * len(late))]


def at_once(group: str) -> int:
    """The most tries to an endpoint that ran at the same moment."""
    changes = []
    for started, seconds in Attempt.objects.filter(group=group).values_list("started_at", "seconds"):
        changes += [(started.timestamp() + SKEW, 1), (started.timestamp() + max(seconds, SKEW), -1)]
    running = most = 0
    for _, change in sorted(changes):
        running += change
        most = max(most, running)
    return most


@contextmanager
def back(home: Path, port: int) -> Iterator[Path]:
    """The endpoint, where it was expected."""
    with sinks.running(home / "late arrivals", port) as log:
        yield log


def pile_up(those: list[Case], times: int, ann: Agent, neighbours: Neighbours) -> None:
    """Answers that cannot leave; every tenth time one to the other endpoint."""
    for n in range(times):
        cases.reply(those[n % len(those)], f"answer {n} 😀", by=ann)
        if n % 10 == 0:
            neighbours.say()


def stuck(group: str) -> bool:
    """Whether anything still waits for this endpoint."""
    return Job.objects.filter(lane__group=group, state=State.WAITING).exists()


def recover_and_check(sink: Path, home: Path, settings: Any, times: int, over: int) -> tuple[str, Any, float]:
    began, port, ann = time.monotonic(), servers.free_port(), world.agent("Ann", admin=True)
    neighbours = Neighbours(desk(sinks.address(sink), settings, ["/near"], 5), ann)
    those = desk(f"http://127.0.0.1:{port}", settings, ["/away"], over)
    for _ in range(BEFORE):
        neighbours.say()
    pile_up(those, times, ann, neighbours)
    wait_for(lambda: Endpoint.objects.filter(open_since__isnull=False).exists(), 30, pause=0.1)
    group = Endpoint.objects.get(open_since__isnull=False).key
    failed = Attempt.objects.filter(group=group).count()
    assert failed < 10 + 2 * CAP + 5, "who is known to be away is left alone"
    with back(home, port) as log:
        wait_for(lambda: neighbours.say() and arrivals(log), AGAIN, pause=0.2)
        wait_for(lambda: neighbours.say() and not stuck(group), 60 + times / 20, pause=0.2)
        wait_for(lambda: not waiting(), 30, pause=0.2)
        came = arrivals(log)
    found = check(came, times, most_doubles=0, lane_of=lanes())
    assert at_once(group) <= CAP, "it is not run over when it comes back"
    assert Message.objects.filter(delivery="delivered").count() == times + len(neighbours.written)
    assert neighbours.p95(neighbours.written[:BEFORE]) <= PROMPT
    assert neighbours.p95(neighbours.written[BEFORE:]) <= PROMPT
    return f"{times:,} replies over {over} cases, endpoint away and back", found, time.monotonic() - began


@pytest.mark.promise("P14")
def test_500_answers_over_50_cases_leave_in_order_when_their_endpoint_is_back(
    sink: Path, tmp_path: Path, outbox: None, settings: Any, measured: Measured
) -> None:
    measured(*recover_and_check(sink, tmp_path, settings, times=500, over=50))


@pytest.mark.soak
@pytest.mark.promise("P14")
def test_10000_answers_over_500_cases_leave_in_order_when_their_endpoint_is_back(
    sink: Path, tmp_path: Path, outbox: None, settings: Any, measured: Measured
) -> None:
    measured(*recover_and_check(sink, tmp_path, settings, times=10_000, over=500))
