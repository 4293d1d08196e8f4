import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from helpdesk.outbox import pace
from helpdesk.outbox.health import health
from helpdesk.outbox.kinds import Outcome
from helpdesk.outbox.models import Job, Lane, State
from helpdesk.outbox.pump import Pump
from tests.outbox.probe import DOWN, OK, Probe, put
from tests.threads import at_once
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def pumping(*pumps: Pump) -> Iterator[None]:
    for pump in pumps:
        pump.start()
    try:
        yield
    finally:
        stopped = [pump.stop() for pump in pumps]
        assert all(stopped)


def all_done() -> bool:
    return not Job.objects.filter(state=State.WAITING).exists()


def test_a_job_leaves_as_soon_as_it_is_committed(probe: Probe) -> None:
    with pumping(Pump()):
        wait_for(lambda: health().beats)
        began = time.monotonic()
        put()
        wait_for(lambda: probe.ran, 1.5)
        assert time.monotonic() - began < 1.0, "not by the sweep, which comes every two seconds"


@pytest.mark.promise("P5")
def test_without_any_wake_up_a_job_leaves_with_the_next_sweep(probe: Probe, settings: Any) -> None:
    settings.OUTBOX_DROP_WAKEUPS = 1.0
    with pumping(Pump()):
        wait_for(lambda: health().beats)
        for n in range(30):
            put(f"lane {n}", group=f"endpoint {n % 3}")
        wait_for(all_done, 10.0)
    assert len(probe.ran) == 30


@pytest.mark.promise("P21")
def test_two_pumps_at_once_do_each_job_once_and_in_order(probe: Probe) -> None:
    with pumping(Pump(name="pump:a"), Pump(name="pump:b")):
        at_once(lambda n: [put(f"lane {n}", group=f"endpoint {n % 4}") for _ in range(10)], range(12))
        wait_for(all_done, 30.0)
    for n in range(12):
        assert probe.sequences(f"lane {n}") == list(range(1, 11))
    assert not Lane.objects.filter(lease_until__isnull=False).exists()


def test_a_failed_try_is_made_again_by_the_plan(probe: Probe) -> None:
    probe.answer = lambda tried: OK if tried.attempts else DOWN
    with pumping(Pump()):
        put("a", 2)
        wait_for(all_done, 10.0)
    assert probe.sequences() == [1, 1, 2, 2]


@pytest.mark.promise("P9")
def test_slow_groups_however_many_do_not_own_the_places(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SLOW", 0.1)
    release = threading.Event()
    slow: list[str] = []

    def answer(tried: Job) -> Outcome:
        if tried.lane.group.startswith("slow"):
            slow.append(tried.lane.group)
            release.wait(20)
        return OK

    probe.answer = answer
    with pumping(Pump(slots=16)):
        for n in range(8):  # known as slow before the crowd comes
            put(f"slow {n} a", group=f"slow {n}")
            wait_for(partial(lambda n: len(slow) > min(n, 3), n))
        time.sleep(0.15)
        for n in range(8):
            for letter in "bcdef":
                put(f"slow {n} {letter}", group=f"slow {n}")
        began = time.monotonic()
        for n in range(12):
            put(f"good {n}", group=f"good {n}")
        wait_for(lambda: sum(key.startswith("good") for key, _ in list(probe.ran)) == 12, 5.0)
        took = time.monotonic() - began
        held = len(slow)
        release.set()
        wait_for(all_done, 30.0)
    assert took < 1.9, "no good endpoint had to wait for a sweep"
    assert 4 <= held < 16, "slow ones got places, not all of them"


def test_stopping_ends_with_the_try_under_way_and_leaves_the_rest(probe: Probe) -> None:
    started, release = threading.Event(), threading.Event()

    def answer(tried: Job) -> Outcome:
        started.set()
        release.wait(10)
        return OK

    probe.answer = answer
    pump = Pump()
    pump.start()
    _first, _second = put("a", 2)
    assert started.wait(5)
    threading.Timer(0.2, release.set).start()
    assert pump.stop(10)
    assert probe.sequences() == [1]
    assert list(Job.objects.order_by("pk").values_list("state", flat=True)) == ["done", "waiting"]
    assert Lane.objects.get().lease_until is None, "nobody has to wait for a lease to end"
    assert not any(thread.name.startswith("outbox") for thread in threading.enumerate())


def test_stopping_does_not_wait_for_ever(probe: Probe) -> None:
    started, release = threading.Event(), threading.Event()

    def answer(tried: Job) -> None:
        started.set()
        release.wait(30)

    probe.answer = answer
    pump = Pump()
    pump.start()
    put()
    assert started.wait(5)
    assert pump.stop(0.3) is False
    release.set()
    wait_for(lambda: not any(thread.name.startswith("outbox") for thread in threading.enumerate()))


def test_threads_are_made_as_they_are_needed(probe: Probe) -> None:
    pump = Pump(slots=8)
    with pumping(pump):
        for n in range(5):
            put(f"lane {n}")
            wait_for(all_done)
        names = [thread.name for thread in threading.enumerate()]
        assert names.count("outbox-work") <= 2
        both = threading.Barrier(8)
        probe.answer = lambda tried: both.wait(10)
        for n in range(8):
            put(f"at once {n}")
        wait_for(all_done)


def test_a_pump_outlives_trouble_with_the_database(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    troubles = iter([True] * 2)
    really = Pump.__dict__["_watch"].__globals__["draining"].drain

    def drain(*args: object, **more: object) -> int:
        if next(troubles, False):
            raise OSError("the disk is on holiday")
        return int(really(*args, **more))

    monkeypatch.setattr("helpdesk.outbox.services.draining.drain", drain)
    with pumping(Pump()):
        put("a")
        put("b")
        wait_for(all_done, 15.0)
    assert len(probe.ran) == 2
