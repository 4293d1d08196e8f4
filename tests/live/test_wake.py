"""Waking hubs in other processes: through Redis, and never at the cost of whoever committed."""

import socket
import time

import pytest

from helpdesk.live import hub, wake
from tests import world
from tests.waiting import wait_for


@pytest.fixture
def mute_redis():
    """An address that takes connections and never says a word."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        line.listen(8)
        yield f"redis://127.0.0.1:{line.getsockname()[1]}/0"


@pytest.mark.promise("P6")
def test_a_redis_that_does_not_answer_costs_a_moment_once_and_is_then_left_alone(mute_redis):
    bell = wake.Bell(mute_redis)
    began = time.monotonic()
    assert not bell.ring(wake.EVENTS)
    first = time.monotonic() - began
    began = time.monotonic()
    assert not any(bell.ring(wake.EVENTS) for _ in range(100))
    assert first < 1
    assert time.monotonic() - began < 0.1


def test_a_redis_that_is_gone_raises_nothing():
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        gone = line.getsockname()[1]
    assert not wake.Bell(f"redis://127.0.0.1:{gone}/0").ring(wake.RIGHTS)


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("why", [wake.EVENTS, wake.RIGHTS])
def test_a_ring_in_another_process_wakes_the_hub(listen, ann, bob, monkeypatch, why):
    """As in another process: nothing but Redis tells the hub, and it does not look by itself."""
    monkeypatch.setattr(hub, "POLL", 60.0)
    monkeypatch.setattr(hub, "RIGHTS", 60.0)
    monkeypatch.setattr(wake, "ring", lambda *_: None)
    bell = wake.BELL
    assert bell
    ear = listen(ann).hello()
    wait_for(lambda: bell.listeners() > 0)
    if why == wake.EVENTS:
        case = world.says(bob, "hello").case
        assert bell.ring(why)
        assert ear.facts("message.added", 5)[-1]["case"] == case.pk
    else:
        ann.channels.clear()
        assert bell.ring(why)
        assert ear.next(5).event == "resync"


@pytest.mark.full
@pytest.mark.django_db(transaction=True)
def test_the_ear_stops_with_the_last_stream(listen, ann):
    ear = listen(ann).hello()
    listener = wake.EAR
    assert listener
    wait_for(lambda: listener.listening)
    ear.close()
    wait_for(lambda: not listener.listening)
