"""A kind of job that does what the test says, and tells what happened to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from helpdesk.outbox import clock
from helpdesk.outbox import services as outbox
from helpdesk.outbox.kinds import JOBS, JobKind, Outcome
from helpdesk.outbox.models import Job

OK = Outcome(ok=True, status=200)
DOWN = Outcome(ok=False, status=503, error="down")
REFUSED = Outcome(ok=False, status=404, error="not here", refused=True)


@dataclass
class Probe(JobKind):
    """answer: what a try comes to; anything but an Outcome counts as OK.

    ran: (lane key, sequence) of each try; told: (sequence, state, final) of each report.
    """

    key = "probe"
    label = "probe"
    answer: Callable[[Job], object] = lambda job: OK
    report: Callable[[Job, Outcome], object] = lambda job, outcome: None
    ran: list[tuple[str, int]] = field(default_factory=list)
    told: list[tuple[int, str, str]] = field(default_factory=list)
    inside: int = 0

    def run(self, job: Job) -> Outcome:
        self.inside += connection.in_atomic_block
        self.ran.append((job.lane.key, job.sequence))
        made = self.answer(job)
        return made if isinstance(made, Outcome) else OK

    def done(self, job: Job, outcome: Outcome) -> None:
        self.report(job, outcome)
        self.told.append((job.sequence, job.state, outcome.final))

    def sequences(self, lane: str = "a") -> list[int]:
        return [sequence for key, sequence in self.ran if key == lane]


class Switch(JobKind):
    """Registered once; hands over to the probe of the test that is running."""

    key = "probe"
    label = "probe"
    batched = True
    probe = Probe()

    def run(self, job: Job) -> Outcome:
        return self.probe.run(job)

    def done(self, job: Job, outcome: Outcome) -> None:
        self.probe.done(job, outcome)


SWITCH = Switch()
JOBS.register(SWITCH)


class Time:
    """The outbox's clock, in the test's hand."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@contextmanager
def held_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Time]:
    time = Time(clock.now())
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", time)
        yield time


def put(lane: str = "a", times: int = 1, **more: Any) -> list[Job]:
    """Jobs in a lane, committed."""
    with transaction.atomic():
        return [outbox.enqueue("probe", lane=lane, **more) for _ in range(times)]


def fresh(job: Job) -> Job:
    return Job.objects.select_related("lane").get(pk=job.pk)
