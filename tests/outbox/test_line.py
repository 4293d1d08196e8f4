from datetime import timedelta

import pytest
from django.db import transaction

from helpdesk.lib.registry import UnknownKey
from helpdesk.outbox import alarm, clock
from helpdesk.outbox import services as outbox
from helpdesk.outbox.kinds import Outcome
from helpdesk.outbox.models import Job, Lane, State
from tests.outbox.probe import DOWN, Probe, Time, fresh, put
from tests.threads import at_once

# Each drains for itself, so it does not matter who else would.
pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []
    monkeypatch.setattr(alarm, "call", calls.append)
    return calls


def frozen(job: Job) -> bytes:
    return bytes(Job.objects.get(pk=job.pk).payload or b"")


def test_jobs_of_a_lane_are_numbered_from_one_and_each_lane_counts_for_itself() -> None:
    assert [job.sequence for job in put("a", 3)] == [1, 2, 3]
    assert [job.sequence for job in put("b", 2)] == [1, 2]


def test_a_payload_may_tell_its_place_and_the_job_before_it() -> None:
    def payload(sequence: int, previous: str | None, own: str) -> bytes:
        return f"{sequence} {previous} {own}".encode()

    (first,) = put(payload=payload)
    (second,) = put(payload=payload)
    assert frozen(first) == f"1 None {first.public_id}".encode()
    assert frozen(second) == f"2 {first.public_id} {second.public_id}".encode()
    assert second.public_id.startswith("msg_")
    assert len(second.public_id) == 36
    assert "." not in second.public_id


def test_a_change_that_is_undone_leaves_no_job_no_hole_and_wakes_nobody(woken: list[int]) -> None:
    put()
    woken.clear()
    with transaction.atomic():
        outbox.enqueue("probe", lane="a")
        transaction.set_rollback(True)
    assert not woken
    assert put()[0].sequence == 2
    assert Job.objects.count() == 2


def test_the_lane_is_woken_after_the_commit_and_not_before(woken: list[int]) -> None:
    with transaction.atomic():
        job = outbox.enqueue("probe", lane="a")
        assert not woken
    assert woken == [job.lane_id]


def test_a_job_for_later_wakes_nobody_now(woken: list[int]) -> None:
    (job,) = put(due_at=clock.now() + timedelta(hours=1))
    assert not woken
    assert fresh(job).lane.due_at == job.due_at


def test_a_job_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        outbox.enqueue("probe", lane="a")


def test_a_kind_that_nobody_registered_is_refused() -> None:
    with pytest.raises(UnknownKey), transaction.atomic():
        outbox.enqueue("nonsense", lane="a")


def test_many_at_once_make_one_lane_without_a_hole() -> None:
    at_once(lambda _: [put("new"), put("new")], range(8))
    assert Lane.objects.filter(key="new").count() == 1
    jobs = Job.objects.filter(lane__key="new").order_by("pk")
    assert list(jobs.values_list("sequence", flat=True)) == list(range(1, 17))


def test_a_parked_job_that_is_retried_really_leaves_again_with_the_same_id_and_bytes(probe: Probe, time: Time) -> None:
    (job,) = put(payload=b"as it was")
    sent: list[tuple[str, bytes]] = []

    def answer(tried: Job) -> Outcome:
        sent.append((tried.public_id, frozen(tried)))
        return DOWN

    probe.answer = answer
    for _ in range(17):
        outbox.drain(job.lane_id)
        time.pass_by(24 * 3600)
    assert fresh(job).state == State.PARKED
    probe.answer = lambda tried: sent.append((tried.public_id, frozen(tried)))
    assert outbox.retry(job).attempts == 0
    assert outbox.drain(job.lane_id) == 1
    assert fresh(job).state == State.DONE
    assert len(sent) == 18
    assert set(sent) == {(job.public_id, b"as it was")}


def test_a_waiting_job_can_be_sent_at_once(probe: Probe, time: Time) -> None:
    (job,) = put(due_at=time.now + timedelta(hours=1))
    assert outbox.drain(job.lane_id) == 0
    outbox.retry(job)
    assert outbox.drain(job.lane_id) == 1


def test_a_delivered_job_is_not_sent_again(probe: Probe) -> None:
    (job,) = put()
    outbox.drain(job.lane_id)
    with pytest.raises(outbox.AlreadyDone):
        outbox.retry(job)
    with pytest.raises(outbox.NotWaiting):
        outbox.cancel(job)


def test_those_behind_a_cancelled_job_go_on(probe: Probe, woken: list[int]) -> None:
    first, second = put("a", 2, due_at=clock.now() + timedelta(hours=1))
    outbox.retry(second)
    assert outbox.drain(first.lane_id) == 0, "the first holds the second back"
    woken.clear()
    outbox.cancel(first)
    assert woken == [first.lane_id]
    assert outbox.drain(first.lane_id) == 1
    assert probe.sequences() == [2]


def test_a_try_under_way_that_succeeds_counts_although_the_job_was_cancelled(probe: Probe) -> None:
    (job,) = put()
    probe.answer = lambda tried: outbox.cancel(tried)
    outbox.drain(job.lane_id)
    assert fresh(job).state == State.DONE
    assert probe.told == [(1, "done", "")]


def test_a_try_under_way_that_fails_does_not_bring_a_cancelled_job_back(probe: Probe) -> None:
    (job,) = put()

    def answer(tried: Job) -> Outcome:
        outbox.cancel(tried)
        return DOWN

    probe.answer = answer
    outbox.drain(job.lane_id)
    assert fresh(job).state == State.CANCELLED
    assert probe.told == []
