import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from helpdesk.outbox import pace
from helpdesk.outbox.pace import Pace
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SLOW", 0.02)


@pytest.fixture
def places() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def be_slow(paced: Pace, group: str) -> None:
    with paced.trying(group):
        assert not threading.Event().wait(0.03)


def test_slow_groups_share_their_quota(places: ExitStack) -> None:
    paced = Pace(quota=4)
    for n in range(6):
        be_slow(paced, f"slow {n}")
    assert [places.enter_context(paced.place(f"slow {n}")) for n in range(6)] == [True] * 4 + [False] * 2
    assert all(places.enter_context(paced.place(f"fast {n}")) for n in range(30))


def test_a_place_that_is_given_back_is_free_again() -> None:
    paced = Pace(quota=1)
    be_slow(paced, "slow")
    with paced.place("slow") as first, paced.place("slow") as second:
        assert first
        assert not second
    with paced.place("slow") as third:
        assert third


def test_a_group_is_slow_while_its_try_is_still_running(places: ExitStack) -> None:
    paced = Pace(quota=1)
    for group in ("hanging", "other"):
        assert places.enter_context(paced.place(group))
        places.enter_context(paced.trying(group))
    wait_for(lambda: paced.crowded("hanging"))
    assert not places.enter_context(paced.place("other"))
    assert places.enter_context(paced.place("third"))


def test_one_quick_answer_makes_a_group_fast_again(places: ExitStack) -> None:
    paced = Pace(quota=0)
    be_slow(paced, "endpoint")
    assert not places.enter_context(paced.place("endpoint"))
    with paced.trying("endpoint"):
        pass
    assert places.enter_context(paced.place("endpoint"))


def test_lanes_without_a_group_are_never_slow(places: ExitStack) -> None:
    paced = Pace(quota=0)
    be_slow(paced, "")
    assert places.enter_context(paced.place(""))
