"""Replies and outcomes at full speed on few cases: locks are taken in one order, so nobody is ever thrown out."""

import itertools
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.lib import egress
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Job
from helpdesk.outbox.services import turns
from helpdesk.users.models import Agent
from tests import world
from tests.threads import at_once

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


def at_full_speed(five: list[Case], ann: Agent) -> Counter[str]:
    """Half of the threads answer, half write outcomes."""
    done: Counter[str] = Counter()
    end = time.monotonic() + SECONDS

    def answer() -> None:
        for n in itertools.count():
            if time.monotonic() > end:
                return
            cases.reply(five[n % 5], f"answer {n}", by=ann)
            done["replies"] += 1

    def deliver() -> None:
        while time.monotonic() < end:
            for lane in outbox.due():
                done["deliveries"] += outbox.drain(lane)

    work: list[Callable[[], None]] = [answer, deliver] * 4
    at_once(lambda each: each(), work, limit=60)
    return done


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_replies_and_outcomes_at_full_speed_never_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network answers at once, so that only locks are in the way."""
    monkeypatch.setattr(egress, "call", lambda *_, **__: egress.Answer(200, {}, b"", 0.0, False))
    monkeypatch.setattr(turns, "CAP", 8)
    channel = world.messenger("http://receiver.example/hook")
    ann = world.agent("Ann", sees=[channel])
    five = [world.says(world.customer(channel, f"customer {n}"), "hello").case for n in range(5)]
    with counted_repeats() as repeats:
        done = at_full_speed(five, ann)
    assert repeats == []
    assert min(done["replies"], done["deliveries"]) > 20, done
    for lane in outbox.due():
        outbox.drain(lane)
    assert Message.objects.filter(delivery="delivered").count() == done["replies"] == Job.objects.count()
    assert Attempt.objects.count() == Job.objects.count(), "no outcome was lost, so none was delivered twice"
    print(dict(done))
