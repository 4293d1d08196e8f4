"""Guessing: how often, how many at once, and that nothing tells one failure from another."""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from channels_custom.models import CustomChannel
from helpdesk.events.models import Event
from helpdesk.users.models import Profile
from identification import codes, services
from identification.models import Brake, Code
from identification.services import brakes
from tests import world

BOB = {"user_email": "bob@example.com"}
# Fast enough to be counted together, whatever the machine does meanwhile.
QUICK = brakes.Limit(3, timedelta(minutes=1), timedelta(minutes=1), timedelta(minutes=4))


def make() -> str:
    return services.make_code(BOB, by=None)[0]


def reasons() -> list[str]:
    return [event.data["reason"] for event in Event.objects.filter(kind="code.checked")]


def in_parallel(work: Callable[[int], object], times: int) -> list[object]:
    """Does the work in so many threads at once, each with a connection of its own."""

    def one(number: int) -> object:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


@pytest.mark.both
@pytest.mark.promise("P25", "A37")
@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_send_the_same_code_at_once_exactly_one_is_somebody(messenger: CustomChannel) -> None:
    text = make()
    writers = [world.customer(messenger, f"writer-{number}") for number in range(50)]
    in_parallel(lambda number: world.says(writers[number], text), 50)
    outcomes = Counter(event.data["outcome"] for event in Event.objects.filter(kind="code.checked"))
    assert outcomes == {"valid": 1, "invalid": 49}
    assert Profile.objects.filter(kind="custom", level=3).count() == 1
    assert Code.objects.get().used_by == Profile.objects.get(kind="custom", level=3)


@pytest.mark.both
@pytest.mark.promise("P25")
@pytest.mark.django_db(transaction=True)
def test_of_fifty_that_try_to_use_a_code_up_exactly_one_does() -> None:
    """The same without the lock on the account's person: the conditional UPDATE alone has to hold."""
    make()
    code = Code.objects.get()
    profile = Profile.objects.get()
    won = in_parallel(lambda _number: services.redeeming.use_up(code, profile, timezone.now()), 50)
    assert won.count(True) == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_nobody_counts_from_the_same_number() -> None:
    wide = brakes.Limit(1000, timedelta(hours=1), timedelta(minutes=1), timedelta(minutes=1))
    in_parallel(lambda _number: brakes.count("key", wide), 50)
    assert Brake.objects.get().failures == 50


@pytest.mark.django_db
@pytest.mark.promise("P25", "A37")
def test_the_sixth_try_after_five_failures_waits_even_with_a_right_code(bob: Profile) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            world.says(bob, codes.make())
        world.says(bob, make())
        assert reasons() == ["unknown"] * 5 + ["locked"]
        clock.shift(timedelta(seconds=59))
        world.says(bob, make())
        assert reasons()[-1] == "locked"
        clock.shift(timedelta(seconds=2))
        world.says(bob, make())
        assert reasons()[-1] == ""


@pytest.mark.django_db
@pytest.mark.promise("P25")
def test_a_locked_conversation_uses_up_no_code(bob: Profile) -> None:
    for _ in range(5):
        world.says(bob, codes.make())
    world.says(bob, make())
    assert Code.objects.get().used_at is None


@pytest.mark.django_db
def test_others_are_not_locked_with_them(bob: Profile, messenger: CustomChannel) -> None:
    for _ in range(5):
        world.says(bob, codes.make())
    world.says(world.customer(messenger, "carol"), make())
    assert reasons()[-1] == ""


@pytest.mark.django_db
@pytest.mark.promise("P25")
def test_each_lock_lasts_twice_as_long_up_to_an_hour() -> None:
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(9):
            ends = [brakes.count("key", brakes.CONVERSATION) for _ in range(5)]
            assert ends[:4] == [None] * 4
            waits.append(round((_end(ends) - timezone.now()).total_seconds() / 60))
            clock.move_to(_end(ends) + timedelta(seconds=1))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def _end(ends: list[datetime | None]) -> datetime:
    assert ends[-1] is not None
    return ends[-1]


@pytest.mark.django_db
def test_after_a_quiet_day_the_first_lock_is_short_again() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(6):
            brakes.count("key", QUICK)
        assert Brake.objects.get().locks == 2
        clock.shift(timedelta(days=2))
        for _ in range(3):
            end = brakes.count("key", QUICK)
        assert end == timezone.now() + timedelta(minutes=1)


@pytest.mark.django_db
def test_failures_far_apart_lock_nothing() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(20):
            assert brakes.count("key", QUICK) is None
            clock.shift(timedelta(seconds=40))


@pytest.mark.django_db
@pytest.mark.promise("P25", "A37")
def test_sixty_failures_a_minute_pause_the_whole_desk_and_raise_an_alarm(messenger: CustomChannel) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(20):
            guesser = world.customer(messenger, f"guesser-{number}")
            world.says(guesser, " ".join(codes.make() for _ in range(3)))
        alarms = Event.objects.filter(kind="code.braked")
        assert [alarm.red for alarm in alarms] == [True]
        carol = world.customer(messenger, "carol")
        world.says(carol, make())
        assert reasons()[-1] == "paused"
        clock.shift(timedelta(seconds=61))
        world.says(carol, make())
        assert reasons()[-1] == ""


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.promise("P25")
def test_failures_of_all_kinds_last_alike(messenger: CustomChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand tries, each kind in turn: the medians differ by less than 5 ms, timing tells nothing."""
    endless = brakes.Limit(10**9, timedelta(hours=1), timedelta(minutes=1), timedelta(minutes=1))
    monkeypatch.setattr(brakes, "CONVERSATION", endless)
    monkeypatch.setattr(brakes, "DESK", endless)
    monkeypatch.setattr(brakes, "PERSON", endless)
    writer = world.customer(messenger, "writer")
    kinds = {"unknown": codes.make(), "voided": make(), "expired": make(), "used": make()}
    Code.objects.update(voided_at=None)
    voided, expired, used = Code.objects.order_by("pk")
    now = timezone.now()
    Code.objects.filter(pk=voided.pk).update(voided_at=now)
    Code.objects.filter(pk=expired.pk).update(expires_at=now)
    Code.objects.filter(pk=used.pk).update(used_at=now)
    spent: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(250):
        for kind, text in kinds.items():
            began = time.perf_counter()
            outcome = services.redeem(codes.find(text), writer, by=writer)
            spent[kind].append(time.perf_counter() - began)
            assert outcome.reason == kind
    medians = [statistics.median(times) for times in spent.values()]
    assert max(medians) - min(medians) < 0.005
