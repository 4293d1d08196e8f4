"""Replies and outcomes at full speed on few cases: locks are taken in one order, so nobody is ever thrown out."""

import itertools
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.lib import egress
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Job, State
from helpdesk.outbox.pump import Pump
from helpdesk.outbox.services import draining, outcomes
from helpdesk.users.models import Agent
from tests import world
from tests.threads import at_once
from tests.waiting import wait_for

SECONDS = 8.0


class Repeats(logging.Handler):
    """Counts occasions that had to be done again."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def counted_repeats() -> Iterator[list[str]]:
    """What occasions said about having to be done again."""
    repeats, logger = Repeats(), logging.getLogger("helpdesk.events.occasion")
    logger.addHandler(repeats)
    logger.setLevel(logging.INFO)
    try:
        yield repeats.said
    finally:
        logger.removeHandler(repeats)
        logger.setLevel(logging.NOTSET)


def answer_all_the_time(five: list[Case], ann: Agent) -> int:
    """Four threads, for eight seconds. Gives how many answers there are."""
    end = time.monotonic() + SECONDS

    def answer(start: int) -> int:
        for n in itertools.count():
            if time.monotonic() > end:
                return n
            cases.reply(five[(start + n) % 5], f"answer {n}", by=ann)
        return 0

    return sum(at_once(answer, range(4), limit=60))


def everything_delivered() -> bool:
    return not Job.objects.filter(state=State.WAITING).exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_replies_and_outcomes_at_full_speed_never_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network answers at once, so that only locks are in the way; each outcome is written by itself."""
    monkeypatch.setattr(egress, "call", lambda *_, **__: egress.Answer(200, {}, b"", 0.0, False))
    monkeypatch.setattr(draining, "_settle", lambda each: outcomes.settle([each])[0])
    channel = world.messenger("http://receiver.example/hook")
    outbox.set_cap(channel.lane_group, 8)
    ann = world.agent("Ann", sees=[channel])
    five = [world.says(world.customer(channel, f"customer {n}"), "hello").case for n in range(5)]
    pump = Pump()
    pump.start()
    with counted_repeats() as repeats:
        answers = answer_all_the_time(five, ann)
        delivered = Message.objects.filter(delivery="delivered").count()
        wait_for(everything_delivered, 60, pause=0.1)
    assert pump.stop()
    assert repeats == []
    assert min(answers, delivered) > 50, (answers, delivered)
    assert Message.objects.filter(delivery="delivered").count() == answers == Job.objects.count()
    assert Attempt.objects.count() == answers, "no outcome was lost, so none was delivered twice"
    print(f"{answers} answers, {delivered} outcomes in {SECONDS:g} s")
