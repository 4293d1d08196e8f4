"""One endpoint in trouble: it is left alone, tried one at a time, and gets everything once it is back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from helpdesk.outbox import schedule
from helpdesk.outbox import services as outbox
from helpdesk.outbox.health import health
from helpdesk.outbox.kinds import OWNERS, Outcome, Owner
from helpdesk.outbox.models import Attempt, Endpoint, Job, Lane, State
from helpdesk.outbox.services import endpoints, turns, watching
from tests.outbox.probe import DOWN, OK, REFUSED, Probe, Time, put
from tests.threads import at_once

# Each drains for itself, so it does not matter who else would.
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]
TIMEOUT = replace(DOWN, status=None, error="too slow", timed_out=True)


@pytest.fixture(autouse=True)
def _no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are as long as planned."""
    monkeypatch.setattr("random.uniform", lambda low, high: high)


def go() -> int:
    """One sweep with nobody else around: all due lanes, until they have nothing due."""
    return sum(outbox.drain(lane) for lane in outbox.due())


@transaction.atomic
def tell(told: list[tuple[str, Outcome]], now: datetime) -> None:
    endpoints.tell(told, now)


def lanes(times: int, group: str = "shop:1", each: int = 1) -> list[Job]:
    return [job for n in range(times) for job in put(f"{group} {n}", each, group=group)]


def opened(probe: Probe, times: int = 20) -> Endpoint:
    """An endpoint that was given up on, with these lanes waiting."""
    probe.answer = lambda job: DOWN
    lanes(times)
    go()
    endpoint = outbox.endpoint("shop:1")
    assert endpoint.open_since
    return endpoint


def test_an_endpoint_that_only_fails_is_left_alone_after_ten_tries(probe: Probe, time: Time) -> None:
    endpoint = opened(probe)
    assert len(probe.ran) == 10
    assert endpoint.not_before == time.now + timedelta(seconds=30)
    assert (go(), outbox.due()) == (0, [])


@pytest.mark.promise("P11")
def test_waiting_behind_the_breaker_is_no_try(probe: Probe, time: Time) -> None:
    opened(probe)
    waiting = dict(Job.objects.values_list("pk", "attempts"))
    for _ in range(20):
        time.pass_by(1)
        go()
    assert dict(Job.objects.values_list("pk", "attempts")) == waiting
    assert Attempt.objects.count() == 10


def test_five_timeouts_in_a_row_are_enough(probe: Probe, time: Time) -> None:
    probe.answer = lambda job: TIMEOUT
    lanes(20)
    go()
    assert len(probe.ran) == 5
    assert outbox.endpoint("shop:1").timeouts == 5


def test_a_timeout_now_and_then_is_not(probe: Probe, time: Time) -> None:
    probe.answer = lambda job: TIMEOUT if len(probe.ran) % 2 else OK
    lanes(20)
    go()
    assert len(probe.ran) == 20
    assert outbox.endpoint("shop:1").open_since is None


def test_an_endpoint_that_mostly_works_goes_on(probe: Probe, time: Time) -> None:
    probe.answer = lambda job: DOWN if len(probe.ran) % 2 else OK
    lanes(40)
    go()
    assert len(probe.ran) == 40


def test_failures_of_an_hour_ago_do_not_count(probe: Probe, time: Time) -> None:
    probe.answer = lambda job: DOWN
    lanes(9)
    go()
    time.pass_by(3600)
    lanes(4, each=1)
    go()
    assert outbox.endpoint("shop:1").open_since is None


def test_what_refuses_a_message_is_alive(probe: Probe, time: Time) -> None:
    probe.answer = lambda job: REFUSED
    lanes(20)
    go()
    assert len(probe.ran) == 20
    assert outbox.endpoint("shop:1").open_since is None


def test_while_it_is_open_one_try_at_a_time_finds_out_later_and_later(probe: Probe, time: Time) -> None:
    opened(probe)
    waits = []
    for _ in range(6):
        not_before = outbox.endpoint("shop:1").not_before
        assert not_before is not None
        waits.append((not_before - time.now).total_seconds())
        time.now = not_before
        before = len(probe.ran)
        go()
        assert len(probe.ran) == before + 1
    assert waits == [30, 60, 120, 240, 300, 300]


def test_only_one_lane_is_claimed_while_it_is_open(probe: Probe, time: Time) -> None:
    opened(probe)
    time.pass_by(30)
    due = [lane.pk for lane in Lane.objects.due(time.now)]
    won = at_once(lambda lane: turns.claim(lane) is not None, due[:8], limit=30)
    assert sum(won) == 1


@pytest.mark.promise("P14")
def test_once_it_is_back_everything_leaves_the_oldest_first(probe: Probe, time: Time) -> None:
    opened(probe, times=12)
    for lane in Lane.objects.all():
        put(lane.key, 2, group="shop:1")
    time.pass_by(30)
    probe.answer = lambda job: OK
    probe.ran.clear()
    for _ in range(3):
        go()
        watching.recover()
    assert not Job.objects.filter(state=State.WAITING).exists()
    assert len(probe.ran) == 12 * 3, "each once"
    for n in range(12):
        assert probe.sequences(f"shop:1 {n}") == [1, 2, 3]
    firsts = [int(key.split()[1]) for key, sequence in probe.ran if sequence == 1]
    assert firsts == [10, 11, *range(10)], "those that were never tried have been due for longest"
    assert outbox.endpoint("shop:1").recover is False


def test_lanes_that_would_wait_for_hours_are_brought_forward(probe: Probe, time: Time) -> None:
    opened(probe)
    Lane.objects.update(due_at=time.now + timedelta(hours=8))
    Job.objects.update(due_at=time.now + timedelta(hours=8))
    (fresh,) = put("another", group="shop:1")
    time.pass_by(30)
    probe.answer = lambda job: OK
    assert outbox.drain(fresh.lane_id) == 1
    watching.recover()
    assert Lane.objects.due(time.now).count() == 10, "those that were tried; what was never tried has its own time"


def test_a_refused_message_keeps_its_own_time(probe: Probe, time: Time) -> None:
    probe.answer = lambda job: REFUSED
    (job,) = put("picky", group="shop:1")
    go()
    outbox.resume("shop:1")
    watching.recover()
    assert not Lane.objects.due(time.now).exists()
    assert Job.objects.get(pk=job.pk).attempts == 1


def test_places_come_back_one_by_one(probe: Probe, time: Time) -> None:
    outbox.set_cap("shop:1", 14)
    opened(probe)
    probe.answer = lambda job: OK
    time.pass_by(30)
    (lane, *_) = outbox.due()
    turn = turns.claim(lane)
    assert turn
    assert outbox.endpoint("shop:1").room(time.now) == 1
    tell([("shop:1", OK)], time.now)
    rooms = []
    for _ in range(4):
        rooms.append(outbox.endpoint("shop:1").room(time.now))
        time.pass_by(10)
    assert rooms == [2, 6, 10, 14]


def test_a_cap_may_be_set_between_1_and_20(probe: Probe, time: Time) -> None:
    assert [outbox.set_cap("shop:1", wish).cap for wish in (0, 7, 99)] == [1, 7, 20]
    outbox.set_cap("shop:1", 3)
    jobs = lanes(6)
    assert len(outbox.due()) == 3
    assert [bool(turns.claim(job.lane_id)) for job in jobs] == [True] * 3 + [False] * 3


@pytest.mark.promise("P11")
@pytest.mark.parametrize(
    ("asked", "seconds"), [(120.0, 120.0), (0.001, 0.001), (10.0**9, schedule.LONGEST_ASKED), (None, 0.0)]
)
def test_who_asks_for_time_gets_it_for_all_its_lanes(
    probe: Probe, time: Time, asked: float | None, seconds: float
) -> None:
    probe.answer = lambda job: replace(DOWN, status=429, retry_after=asked)
    first, _second = lanes(2)
    assert outbox.drain(first.lane_id) == (1 if seconds else 2), "the other lane comes next"
    room = outbox.endpoint("shop:1").room
    assert room(time.now) == (0 if seconds else 2)
    assert room(time.now + timedelta(seconds=seconds)) == 2


def test_a_success_meanwhile_does_not_end_the_time_that_was_asked_for(probe: Probe, time: Time) -> None:
    tell([("shop:1", replace(DOWN, status=429, retry_after=60.0))], time.now)
    tell([("shop:1", OK)], time.now)
    assert outbox.endpoint("shop:1").room(time.now) == 0
    time.pass_by(60)
    tell([("shop:1", OK)], time.now)
    assert outbox.endpoint("shop:1").not_before is None


def test_a_pause_holds_everything_and_uses_up_no_try(probe: Probe, time: Time) -> None:
    jobs = lanes(3, each=2)
    outbox.pause("shop:1")
    assert (outbox.due(), go(), turns.claim(jobs[0].lane_id)) == ([], 0, None)
    time.pass_by(86400)
    assert go() == 0
    outbox.resume("shop:1")
    assert go() == 6
    assert probe.sequences("shop:1 0") == [1, 2]


@pytest.mark.promise("P13")
def test_who_retries_by_hand_does_not_wait_for_the_breaker(probe: Probe, time: Time) -> None:
    opened(probe)
    job = Job.objects.filter(attempts=1).last()
    assert job
    outbox.retry(job, patient=True)
    assert go() == 0
    outbox.retry(job)
    before = len(probe.ran)
    assert go() == 1
    assert len(probe.ran) == before + 1


@pytest.mark.promise("P13")
def test_a_retry_during_a_pause_is_refused_in_words(probe: Probe, time: Time) -> None:
    (job,) = lanes(1)
    outbox.pause("shop:1")
    with pytest.raises(outbox.EndpointPaused, match="must be resumed first"):
        outbox.retry(job)


def test_a_pause_stops_a_lane_that_is_being_worked_on(probe: Probe, time: Time) -> None:
    def stop_then(job: Job) -> Outcome:
        outbox.pause("shop:1")
        return OK

    probe.answer = stop_then
    lanes(1, each=5)
    assert go() == 1


def test_other_groups_do_not_notice(probe: Probe, time: Time) -> None:
    probe.answer = lambda job: DOWN if job.lane.group == "shop:1" else OK
    lanes(20)
    fine = lanes(20, group="shop:2")
    go()
    assert Job.objects.filter(pk__in=[job.pk for job in fine], state=State.DONE).count() == 20
    assert not Endpoint.objects.filter(key="shop:2").exists(), "who is well needs no row"


def test_what_was_not_sent_says_nothing_about_the_endpoint(probe: Probe, time: Time) -> None:
    probe.answer = lambda job: replace(DOWN, untried=True)
    lanes(20)
    go()
    assert not Endpoint.objects.exists()


@pytest.mark.promise("P36")
def test_health_tells_of_endpoints_and_does_not_blame_the_desk_for_them(probe: Probe, time: Time) -> None:
    opened(probe)
    lanes(1, group="shop:2")
    outbox.pause("shop:2")
    probe.answer = lambda job: replace(DOWN, status=429, retry_after=9000.0)
    lanes(1, group="shop:3")
    go()
    time.pass_by(2)
    assert health().endpoints == {"shop:1": "open", "shop:2": "paused", "shop:3": "asked"}
    assert (health().oldest, health().waiting) == (0.0, 22)
    time.pass_by(60)
    assert health().oldest > 0, "the breaker lets one through now, and nobody took it"


class Shops(Owner):
    """Writes down what it hears."""

    key = "shop"

    def __init__(self) -> None:
        self.heard: list[str] = []

    def failing(self, group: str, since: object) -> None:
        self.heard.append(f"failing {group}")

    def dead(self, group: str, since: object) -> None:
        self.heard.append(f"dead {group}")


SHOPS = Shops()
OWNERS.register(SHOPS)


@pytest.fixture
def heard() -> list[str]:
    SHOPS.heard = []
    return SHOPS.heard


def failing_for(time: Time, *hours: float) -> list[int]:
    """Fails after so many hours each; tells how much its owner had heard then."""
    counts = []
    for each in hours:
        time.pass_by(each * 3600)
        tell([("shop:1", DOWN)], time.now)
        watching.watch()
        watching.watch()
        counts.append(len(SHOPS.heard))
    return counts


@pytest.mark.promise("P12")
def test_five_days_of_failures_are_told_three_times_and_then_it_is_dead(heard: list[str], time: Time) -> None:
    assert failing_for(time, 0, 0.5, 0.6, 22, 2, 70, 3, 20, 1, 24) == [0, 0, 1, 1, 2, 2, 3, 3, 3, 4]
    assert heard == ["failing shop:1"] * 3 + ["dead shop:1"]


@pytest.mark.promise("P12")
def test_one_success_on_the_fourth_day_starts_all_over(heard: list[str], time: Time) -> None:
    assert failing_for(time, 0, 25, 70) == [0, 1, 1]
    tell([("shop:1", DOWN), ("shop:1", OK)], time.now)
    assert failing_for(time, 1, 24, 23) == [1, 2, 2]
    assert "dead shop:1" not in heard


def test_silence_over_a_weekend_is_no_failure(heard: list[str], time: Time) -> None:
    failing_for(time, 0)
    time.pass_by(6 * 86400)
    watching.watch()
    assert heard == []


def test_two_who_watch_tell_it_once(heard: list[str], time: Time) -> None:
    tell([("shop:1", DOWN)], time.now)
    time.pass_by(7200)
    tell([("shop:1", DOWN)], time.now)
    at_once(lambda _: watching.watch(), range(6), limit=30)
    assert heard == ["failing shop:1"]
