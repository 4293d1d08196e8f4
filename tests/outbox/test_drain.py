import subprocess
import sys
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from helpdesk.outbox import alarm, clock, quarantine
from helpdesk.outbox import services as outbox
from helpdesk.outbox.kinds import Outcome
from helpdesk.outbox.models import Attempt, Job, Lane, State
from helpdesk.outbox.services import draining, outcomes, turns
from tests import product
from tests.outbox.probe import DOWN, OK, Probe, Time, fresh, put
from tests.threads import at_once

# Each drains for itself, so it does not matter who else would.
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


def test_jobs_leave_in_order_and_each_try_is_written_down(probe: Probe) -> None:
    jobs = put("a", 5)
    assert outbox.drain(jobs[0].lane_id, worker="Ann's machine") == 5
    assert probe.sequences() == [1, 2, 3, 4, 5]
    assert set(Job.objects.values_list("state", "attempts", "starts")) == {("done", 1, 1)}
    tries = Attempt.objects.order_by("pk").values_list("job__sequence", "number", "ok", "status", "worker")
    assert list(tries) == [(n, 1, True, 200, "Ann's machine") for n in (1, 2, 3, 4, 5)]


def test_a_job_that_waits_holds_back_those_behind_it(probe: Probe, time: Time) -> None:
    first, *_ = put("a", 3)
    probe.answer = lambda tried: DOWN if tried.sequence == 1 and tried.attempts == 0 else OK
    assert outbox.drain(first.lane_id) == 1
    assert outbox.drain(first.lane_id) == 0
    time.pass_by(2)
    assert outbox.drain(first.lane_id) == 3
    assert probe.sequences() == [1, 1, 2, 3]


def test_no_transaction_is_open_while_a_job_runs(probe: Probe) -> None:
    outbox.drain(put("a", 2)[0].lane_id)
    assert len(probe.ran) == 2
    assert not probe.inside


def test_a_lane_is_never_drained_inside_a_transaction(probe: Probe) -> None:
    (job,) = put()
    with pytest.raises(RuntimeError), transaction.atomic():
        outbox.drain(job.lane_id)
    assert not probe.ran


def test_the_start_of_a_try_is_written_before_it(probe: Probe) -> None:
    (job,) = put()
    seen: list[tuple[int, int]] = []
    probe.answer = lambda tried: seen.append((fresh(tried).starts, fresh(tried).attempts))
    outbox.drain(job.lane_id)
    assert seen == [(1, 0)]


def test_a_job_that_is_added_while_its_lane_is_worked_on_leaves_with_it(probe: Probe) -> None:
    (job,) = put()
    probe.answer = lambda tried: tried.sequence < 4 and at_once(put, ["a"])
    assert outbox.drain(job.lane_id) == 4
    assert probe.sequences() == [1, 2, 3, 4]


@pytest.mark.promise("P5")
def test_a_lost_wake_up_only_delays(probe: Probe, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTBOX_DROP_WAKEUPS = 1.0
    heard: list[int] = []
    alarm.listen(heard.append)
    (_job,) = put()
    alarm.unlisten(heard.append)
    assert not heard
    assert outbox.sweep(outbox.drain) == 1
    assert probe.sequences() == [1]


@pytest.mark.promise("P18")
def test_who_lost_the_lane_meanwhile_writes_nothing(probe: Probe) -> None:
    first, second = put("a", 2)

    def overtaken(tried: Job) -> Outcome:
        probe.answer = lambda job: OK
        Lane.objects.filter(pk=tried.lane_id).update(lease_until=clock.now())
        at_once(outbox.drain, [tried.lane_id])
        return DOWN

    probe.answer = overtaken
    outbox.drain(first.lane_id)
    assert probe.sequences() == [1, 1, 2]
    assert probe.told == [(1, "done", ""), (2, "done", "")]
    assert Attempt.objects.filter(ok=False).count() == 0
    assert set(Job.objects.values_list("state", "attempts")) == {("done", 1)}
    assert fresh(second).lane.lease_until is None


@pytest.mark.promise("P18")
def test_who_slept_past_the_lease_sends_nothing(probe: Probe, settings: Any) -> None:
    (job,) = put()
    turn = turns.claim(job.lane_id)
    assert turn is not None
    late = turns.Turn(turn.lane_id, turn.group, turn.token, turn.job, until=turn.until - 40)
    assert turns.use(late) is None
    assert not probe.ran
    assert turns.use(turn) is not None


def test_a_lane_whose_worker_is_gone_is_taken_over_after_the_lease(probe: Probe, time: Time) -> None:
    (job,) = put()
    assert turns.claim(job.lane_id) is not None
    time.pass_by(39)
    assert outbox.drain(job.lane_id) == 0
    time.pass_by(1)
    assert outbox.drain(job.lane_id) == 1


def test_a_mistake_in_a_kind_is_a_failed_try(probe: Probe) -> None:
    (job,) = put()
    probe.answer = lambda tried: tried.body["missing"]
    assert outbox.drain(job.lane_id) == 1
    assert (fresh(job).state, fresh(job).last_error, fresh(job).attempts) == ("waiting", "KeyError", 1)
    assert probe.told == [(1, "waiting", "")]


def test_a_kind_that_is_gone_is_a_failed_try(probe: Probe) -> None:
    (job,) = put()
    Job.objects.update(kind="of_tomorrow")
    assert outbox.drain(job.lane_id) == 1
    assert fresh(job).last_error == "UnknownKey"


def test_a_report_that_fails_undoes_the_outcome_and_the_job_is_tried_again(probe: Probe, time: Time) -> None:
    (job,) = put()

    def report(*_: object) -> None:
        raise ValueError

    probe.report = report
    outbox.drain(job.lane_id)
    assert (fresh(job).state, fresh(job).attempts, fresh(job).starts) == ("waiting", 0, 1)
    assert not Attempt.objects.exists()
    probe.report = lambda *_: None
    time.pass_by(40)
    outbox.drain(job.lane_id)
    assert fresh(job).state == State.DONE


def test_one_bad_report_among_many_undoes_only_its_own_outcome(probe: Probe) -> None:
    lanes = [put(f"lane {n}", body={"bad": n == 3})[0].lane_id for n in range(6)]
    tries = [turns.use(turn) for turn in map(turns.claim, lanes) if turn]
    goes: list[int] = []

    def report(told: Job, _: object) -> None:
        goes.append(told.pk)
        if told.body["bad"]:
            raise ValueError

    probe.report = report
    outcomes.settle([each for each in tries if each])
    assert len(goes) > 6, "together at first, then one by one"
    states = Job.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["done"] * 3 + ["waiting"] + ["done"] * 2
    assert Attempt.objects.count() == 5


def test_whatever_the_other_side_says_can_be_kept(probe: Probe) -> None:
    """PostgreSQL takes no NUL, and the columns have an end."""
    (job,) = put()
    said: list[str] = []
    probe.answer = lambda tried: Outcome(ok=False, error="no\0 " * 200, head="\0\ud83d😀")
    probe.report = lambda told, outcome: said.append(outcome.error)
    outbox.drain(job.lane_id)
    tried = Attempt.objects.get()
    assert tried.head == "\ufffd?😀"
    assert said == [tried.error] == [fresh(job).last_error]
    assert len(tried.error) == 200


def test_a_report_that_always_fails_does_not_repeat_the_job_for_ever(
    probe: Probe, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "perform", probe.run)
    job, behind = put("a", 2)

    def report(told: Job, _: object) -> None:
        if told.sequence == 1:
            raise ValueError

    probe.report = report
    for _ in range(5):
        outbox.drain(job.lane_id)
        time.pass_by(40)
    assert probe.sequences() == [1, 1, 1, 2], "the third time its outcome is written without the report"
    assert fresh(job).state == fresh(behind).state == State.DONE


DRAIN = "import sys, django; django.setup(); from helpdesk.outbox.services import drain; drain(int(sys.argv[1]))"


def drained_in_a_process(lane_id: int) -> int:
    """Works the lane off in a new process, which knows the kind `bomb`; its exit code."""
    environment = product.environment(DJANGO_SETTINGS_MODULE="tests.outbox.bomb.settings")
    command = [sys.executable, "-c", DRAIN, str(lane_id)]
    code = subprocess.run(command, env=environment, cwd=product.ROOT, timeout=60, check=False).returncode
    Lane.objects.update(lease_until=clock.now())  # nobody waits 40 s in a test
    return code


def bombs(*bodies: dict[str, Any]) -> list[Job]:
    return [put("a", body=body)[0] for body in bodies]


def armed() -> None:
    Job.objects.update(kind="bomb")


@pytest.mark.promise("P20")
def test_a_job_that_kills_its_process_three_times_is_parked_and_the_next_one_leaves() -> None:
    bomb, harmless = bombs({"goes_off": True}, {})
    armed()
    assert [drained_in_a_process(bomb.lane_id) for _ in range(3)] == [137, 137, 0]
    assert (fresh(bomb).state, fresh(bomb).last_error) == ("parked", "poison")
    assert fresh(harmless).state == State.DONE


@pytest.mark.promise("P20")
def test_a_job_that_was_lost_twice_without_blame_is_done() -> None:
    (job,) = bombs({})
    armed()
    Job.objects.update(starts=2)
    assert drained_in_a_process(job.lane_id) == 0
    assert (fresh(job).state, fresh(job).attempts, fresh(job).starts) == ("done", 1, 1)


def test_a_job_that_was_lost_ten_times_is_not_started_again(probe: Probe) -> None:
    """Then it may be the whole machine that dies of it."""
    job, _behind = put("a", 2)
    Job.objects.filter(pk=job.pk).update(starts=10)
    outbox.drain(job.lane_id)
    assert probe.sequences() == [2]
    assert (fresh(job).state, fresh(job).last_error) == ("parked", "poison")
    assert probe.told == [(1, "parked", "failed"), (2, "done", "")]


def test_processes_that_die_now_and_then_do_not_add_up(probe: Probe, time: Time) -> None:
    """Three losses in a row are the job's fault; three in three days are not."""
    (job,) = put()
    probe.answer = lambda tried: DOWN
    for _ in range(4):
        assert turns.claim(job.lane_id) is not None, "taken by a worker that dies"
        time.pass_by(24 * 3600)
        assert outbox.drain(job.lane_id) == 1
        time.pass_by(24 * 3600)
    assert fresh(job).state == State.WAITING


def test_two_workers_never_have_the_same_lane(probe: Probe) -> None:
    for round_number in range(20):
        (job,) = put(f"lane {round_number}")
        won = at_once(turns.claim, [job.lane_id] * 6)
        assert sum(turn is not None for turn in won) == 1


def test_a_group_never_has_more_than_two_lanes_leased(probe: Probe) -> None:
    for round_number in range(10):
        group = f"group {round_number}"
        lanes = [put(f"{group} {n}", group=group)[0].lane_id for n in range(8)]
        won = at_once(turns.claim, lanes)
        assert sum(turn is not None for turn in won) == 2
        assert Lane.objects.leased(clock.now()).filter(group=group).count() == 2


def test_lanes_without_a_group_have_no_cap(probe: Probe) -> None:
    lanes = [put(f"lane {n}")[0].lane_id for n in range(6)]
    assert all(at_once(turns.claim, lanes))


def test_who_ends_a_lane_goes_on_with_what_waited_behind_it_in_its_group(probe: Probe) -> None:
    lanes = [put(f"lane {n}", 2, group="endpoint")[0].lane_id for n in range(5)]
    put("another endpoint's lane", group="other")
    assert outbox.drain(lanes[0]) == 10
    assert probe.ran == [(f"lane {n}", sequence) for n in range(5) for sequence in (1, 2)]
    assert not Lane.objects.leased(clock.now()).exists()


def test_two_workers_share_a_group_and_never_exceed_the_cap(probe: Probe) -> None:
    lanes = [put(f"lane {n}", 3, group="endpoint")[0].lane_id for n in range(6)]
    most: list[int] = []

    def answer(tried: Job) -> Outcome:
        most.append(Lane.objects.leased(clock.now()).filter(group="endpoint").count())
        return OK

    probe.answer = answer
    at_once(outbox.drain, lanes)
    outbox.sweep(outbox.drain)
    assert len(probe.ran) == 18
    assert max(most) <= 2
    for n in range(6):
        assert probe.sequences(f"lane {n}") == [1, 2, 3]


def test_a_lane_is_given_back_after_its_time_and_called_again(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[int] = []
    monkeypatch.setattr(draining, "LONGEST", -1.0)
    (job, *_) = put("a", 3)
    monkeypatch.setattr(alarm, "call", called.append)
    assert outbox.drain(job.lane_id) == 1
    assert called == [job.lane_id]
    assert fresh(job).lane.lease_until is None
    assert outbox.drain(job.lane_id) == 1


def test_a_lease_that_ended_is_not_mistaken_for_a_new_one(probe: Probe) -> None:
    (job,) = put()
    turn = turns.claim(job.lane_id)
    assert turn is not None
    tried = turns.use(turn)
    assert tried is not None
    Lane.objects.update(lease_token=uuid.uuid4(), lease_until=clock.now() + timedelta(seconds=40))
    assert outcomes.settle([tried]) == [None]
    assert fresh(job).state == State.WAITING
    assert not connection.in_atomic_block
