from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from helpdesk.outbox import schedule
from helpdesk.outbox import services as outbox
from helpdesk.outbox.kinds import Outcome
from helpdesk.outbox.models import State
from tests.outbox.probe import DOWN, OK, REFUSED, Probe, Time, fresh, put

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = 3600


def test_there_are_seventeen_tries_in_at_most_seventy_six_hours() -> None:
    assert len(schedule.WAITS) == 17
    assert 75 * HOUR < sum(schedule.WAITS) < 76 * HOUR


def test_each_wait_is_half_of_the_plan_to_all_of_it() -> None:
    for attempts, planned in enumerate(schedule.WAITS):
        waits = [schedule.wait(attempts) for _ in range(200)]
        assert all(wait is not None and planned / 2 <= wait <= planned for wait in waits)
        assert planned == 0 or len(set(waits)) > 100, "with jitter"
    assert schedule.wait(17) is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        ("1.5", 1.5),
        (" 30 ", 30.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        ("0", None),
        ("-5", None),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), None),
        ("soon", None),
        ("", None),
        (None, None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("Wed, 99 Foo 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(said: str | None, seconds: float | None) -> None:
    assert schedule.retry_after(said, NOW) == seconds


@pytest.mark.parametrize(("asked", "least", "most"), [(0.1, 1, 2), (60, 60, 60), (10**9, 6 * HOUR, 6 * HOUR)])
def test_retry_after_never_shortens_the_plan_and_never_puts_off_for_over_six_hours(
    asked: float, least: float, most: float
) -> None:
    wait = schedule.wait(1, asked)
    assert wait is not None
    assert least <= wait <= most


def test_retry_after_does_not_shorten_a_plan_of_more_than_six_hours() -> None:
    wait = schedule.wait(16, 10**9)
    assert wait is not None
    assert 12 * HOUR <= wait <= 24 * HOUR


@pytest.mark.promise("P11")
def test_a_dead_receiver_is_tried_by_the_plan_and_then_given_up_red(probe: Probe, time: Time) -> None:
    (job,) = put()
    probe.answer = lambda tried: DOWN
    for planned in schedule.WAITS[1:]:
        assert outbox.drain(job.lane_id) == 1
        wait = (fresh(job).due_at - time.now).total_seconds()
        assert planned / 2 <= wait <= planned
        time.pass_by(wait - 0.001)
        assert outbox.drain(job.lane_id) == 0, "not before its time"
        time.pass_by(0.001)
    assert outbox.drain(job.lane_id) == 1
    assert fresh(job).state == State.PARKED
    assert fresh(job).tries.count() == 17
    assert probe.told[-1] == (1, "parked", "failed")


@pytest.mark.promise("P11")
def test_a_receiver_that_asks_for_time_gets_it(probe: Probe, time: Time) -> None:
    (job,) = put()
    probe.answer = lambda tried: Outcome(ok=False, status=429, retry_after=500.0)
    outbox.drain(job.lane_id)
    assert (fresh(job).due_at - time.now).total_seconds() == pytest.approx(500)


def test_a_refused_job_has_six_tries_then_the_next_of_the_lane_leaves(probe: Probe, time: Time) -> None:
    first, second = put("a", 2)
    probe.answer = lambda tried: REFUSED if tried.sequence == 1 else OK
    while not probe.sequences().count(2):
        outbox.drain(first.lane_id)
        time.pass_by(60)
    assert probe.sequences() == [1] * 6 + [2]
    assert fresh(first).state == State.PARKED
    assert fresh(first).last_error == "not here"
    assert probe.told[5] == (1, "parked", "refused")
    assert fresh(second).state == State.DONE


def test_only_refusals_count_as_refusals(probe: Probe, time: Time) -> None:
    (job,) = put()
    probe.answer = lambda tried: DOWN if tried.attempts < 8 else REFUSED
    for _ in range(13):
        outbox.drain(job.lane_id)
        time.pass_by(24 * HOUR)
    assert fresh(job).state == State.WAITING
    outbox.drain(job.lane_id)
    assert fresh(job).state == State.PARKED
