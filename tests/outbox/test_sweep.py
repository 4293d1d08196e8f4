from datetime import timedelta

import pytest

from helpdesk.outbox import clock, timing
from helpdesk.outbox import services as outbox
from helpdesk.outbox.health import health
from helpdesk.outbox.models import Heartbeat, Job, Lane, State
from helpdesk.outbox.services import sweeping, turns
from tests.outbox.probe import DOWN, Probe, Time, put

# Each drains for itself, so it does not matter who else would.
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


def test_the_sweep_selects_what_is_due_whether_or_not_it_was_ever_tried(probe: Probe, time: Time) -> None:
    (never_tried,) = put("never tried")
    (failed,) = put("failed")
    (later,) = put("later", due_at=time.now + timedelta(hours=1))
    probe.answer = lambda tried: DOWN
    outbox.drain(failed.lane_id)
    assert outbox.due() == [never_tried.lane_id]
    time.pass_by(2)
    assert outbox.due() == [never_tried.lane_id, failed.lane_id]
    time.pass_by(3600)
    assert later.lane_id in outbox.due()


def test_a_lane_that_somebody_works_on_is_left_alone(probe: Probe, time: Time) -> None:
    (job,) = put()
    turns.claim(job.lane_id)
    assert outbox.due() == []
    time.pass_by(40)
    assert outbox.due() == [job.lane_id]


def test_the_sweep_is_fair_over_groups_and_takes_the_oldest_first(probe: Probe, time: Time) -> None:
    dead = []
    for n in range(30):
        dead += put(f"dead {n}", group="dead")
        time.pass_by(1)
    (fine,) = put("fine", group="fine")
    assert outbox.due() == [dead[0].lane_id, fine.lane_id, dead[1].lane_id]
    assert outbox.due(most=2) == [dead[0].lane_id, fine.lane_id]


def test_a_group_that_has_its_cap_is_not_woken(probe: Probe) -> None:
    lanes = [put(f"lane {n}", group="endpoint")[0].lane_id for n in range(4)]
    (alone,) = put("alone")
    assert turns.claim(lanes[0])
    assert turns.claim(lanes[1])
    assert outbox.due() == [alone.lane_id]


def test_lanes_without_a_group_do_not_stand_in_each_others_way(probe: Probe) -> None:
    lanes = [put(f"lane {n}")[0].lane_id for n in range(10)]
    assert outbox.due() == lanes


def test_only_what_is_first_in_its_lane_can_be_due(probe: Probe, time: Time) -> None:
    (first,) = put("a", due_at=time.now + timedelta(hours=1))
    put("a", due_at=time.now)
    assert outbox.due() == []
    time.pass_by(3600)
    assert outbox.due() == [first.lane_id]


def test_the_sweep_rings_all_timers_also_after_one_that_fails(
    probe: Probe, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rung: list[str] = []

    def broken() -> None:
        raise ValueError("the clock fell down")

    monkeypatch.setattr(
        timing,
        "TIMERS",
        [timing.Timer("a.broken", broken), timing.Timer("a.good", lambda: rung.append("good"))],
    )
    outbox.sweep(outbox.drain)
    assert rung == ["good"]
    assert "a.broken" in caplog.text


def test_finished_jobs_are_forgotten_after_thirty_days_and_lanes_count_on(probe: Probe, time: Time) -> None:
    (job,) = put("a")
    outbox.drain(job.lane_id)
    (waiting,) = put("b")
    time.pass_by(29 * 24 * 3600)
    assert sweeping.forget() == 0
    time.pass_by(2 * 24 * 3600)
    assert sweeping.forget() == 1
    assert list(Job.objects.all()) == [waiting]
    assert put("a")[0].sequence == 2


def test_tidying_is_done_once_an_hour_by_one_of_all_who_sweep(
    probe: Probe, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    tidied: list[object] = []
    monkeypatch.setattr(sweeping, "forget", lambda: tidied.append(time.now))
    for _ in range(5):
        sweeping.tidy()
    assert len(tidied) == 1
    time.pass_by(3601)
    sweeping.tidy()
    sweeping.tidy()
    assert len(tidied) == 2


def test_a_lane_that_was_bent_by_hand_is_mended(probe: Probe) -> None:
    (job,) = put()
    Lane.objects.update(due_at=None)
    assert outbox.due() == []
    assert sweeping.mend() == 1
    assert outbox.due() == [job.lane_id]
    assert sweeping.mend() == 0


def test_health_tells_what_waits_since_when_and_who_is_alive(probe: Probe, time: Time) -> None:
    assert (health().oldest, health().waiting, health().parked, health().alive) == (0.0, 0, 0, False)
    put("a", 2)
    (parked,) = put("b")
    Job.objects.filter(pk=parked.pk).update(state=State.PARKED)
    Lane.objects.filter(pk=parked.lane_id).update(due_at=None)
    sweeping.beat("pump:desk:1")
    time.pass_by(10)
    state = health()
    assert state.oldest == pytest.approx(10)
    assert (state.waiting, state.parked, state.alive) == (2, 1, True)
    assert state.beats == {"pump:desk:1": pytest.approx(10)}
    time.pass_by(15)
    assert not health().alive
    sweeping.beat("pump:desk:1")
    assert health().alive
    assert Heartbeat.objects.filter(name="pump:desk:1").count() == 1


def test_processes_that_are_gone_for_a_day_are_forgotten(probe: Probe, time: Time) -> None:
    sweeping.beat("pump:desk:1")
    time.pass_by(25 * 3600)
    sweeping.beat("pump:desk:2")
    sweeping.tidy()
    assert set(health().beats) == {"pump:desk:2"}


def test_the_clock_is_the_databases(probe: Probe) -> None:
    assert abs((clock.now() - clock.now()).total_seconds()) < 0.5
    assert clock.now().tzinfo is not None
    before = clock.now()
    assert clock.now() >= before
