"""Standing in line: new jobs, a second round for a parked one, and leaving the line."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.errors import Refusal
from helpdesk.lib.ids import uuid7
from helpdesk.outbox import alarm, clock
from helpdesk.outbox.kinds import JOBS
from helpdesk.outbox.models import Endpoint, Job, Lane, State

# (sequence, public id of the job before, own public id) → bytes: for bodies that tell their place in line.
Payload = Callable[[int, str | None, str], bytes]


class AlreadyDone(Refusal):
    code = "already_done"
    status = 409
    sentence = _("This has been delivered already.")


class NotWaiting(Refusal):
    code = "not_waiting"
    status = 409
    sentence = _("This is not waiting any more.")


class EndpointPaused(Refusal):
    code = "endpoint_paused"
    status = 409
    sentence = _("Deliveries to this address are paused; they must be resumed first.")


def enqueue(
    kind: str,
    *,
    lane: str,
    group: str = "",
    body: dict[str, Any] | None = None,
    payload: bytes | Payload | None = None,
    due_at: datetime | None = None,
    case_id: int | None = None,
    message_id: int | None = None,
) -> Job:
    """Puts a job at the end of a lane, in the caller's transaction, and wakes the lane when that commits.

    lane: at most 200 characters; jobs of one lane leave one after the other. group: lanes of one group share
    a cap of concurrent tries. payload: bytes that never change, or a function that makes them. due_at: not
    before. Raises UnknownKey for a kind that nobody registered, and RuntimeError outside of a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a job is written in the transaction of the change that causes it")
    JOBS.get(kind)
    now = clock.now()
    line = _held(lane, group)
    sequence, public_id = line.sequence + 1, f"msg_{uuid7().hex}"
    job = Job.objects.create(
        lane=line,
        kind=kind,
        sequence=sequence,
        public_id=public_id,
        body=body or {},
        payload=payload(sequence, line.last_public_id or None, public_id) if callable(payload) else payload,
        case_id=case_id,
        message_id=message_id,
        due_at=due_at or now,
        created_at=now,
    )
    _lengthen(line, job)
    return job


def _lengthen(line: Lane, job: Job) -> None:
    """The job is the last of its lane now; the lane is woken if it was empty and the job is due.

    A lane that was not empty needs no waking: it was woken for its first job, waits for its time, or is being worked
    on, and whoever does looks once more before giving it back.
    """
    was_empty = line.due_at is None
    line.sequence, line.last_public_id = job.sequence, job.public_id
    line.due_at = line.due_at or job.due_at
    line.save(update_fields=["sequence", "last_public_id", "due_at"])
    if was_empty and job.due_at <= job.created_at:
        transaction.on_commit(partial(alarm.wake, line.pk), robust=True)


def _held(key: str, group: str) -> Lane:
    """The lane, locked; made if there is none."""
    lanes = Lane.objects.select_for_update(no_key=True)
    found = lanes.filter(key=key).first()
    if found is None:
        Lane.objects.bulk_create([Lane(key=key, group=group)], ignore_conflicts=True)
        found = lanes.get(key=key)
    return found


@transaction.atomic
def retry(job: Job, *, patient: bool = False) -> Job:
    """Sends a job again, now: a waiting one at once, a parked or cancelled one with the whole plan before it.

    The public id and the payload stay. It is tried even if its endpoint is left alone at the moment, unless it is
    `patient`. Raises AlreadyDone and EndpointPaused. The caller holds what the kind's `lock` takes.
    """
    job = _locked(job)
    if job.state == State.DONE:
        raise AlreadyDone
    if not patient:
        _insist(job.lane.group)
    if job.state != State.WAITING:
        job.state, job.done_at = State.WAITING, None
        job.attempts = job.starts = job.refusals = 0
    job.due_at = clock.now()
    job.save(update_fields=["state", "done_at", "attempts", "starts", "refusals", "due_at"])
    _line_up(job.lane)
    transaction.on_commit(partial(alarm.wake, job.lane_id), robust=True)
    return job


def _insist(group: str) -> None:
    if Endpoint.objects.filter(key=group, paused_at__isnull=False).exists():
        raise EndpointPaused
    Endpoint.objects.filter(key=group, not_before__isnull=False).update(not_before=None)


@transaction.atomic
def cancel(job: Job) -> Job:
    """Takes a waiting job out of the line; those behind it go on. Raises NotWaiting.

    A try that is under way is not called back: if it succeeds, the job counts as done.
    """
    return _taken_out(job, State.CANCELLED, "")


@transaction.atomic
def park(job: Job, why: str) -> Job:
    """Takes a waiting job aside, untried, until somebody retries it; those behind it go on. Raises NotWaiting."""
    return _taken_out(job, State.PARKED, why)


def _taken_out(job: Job, state: State, why: str) -> Job:
    job = _locked(job)
    if job.state != State.WAITING:
        raise NotWaiting
    job.state, job.done_at, job.last_error = state, clock.now(), why[:200]
    job.save(update_fields=["state", "done_at", "last_error"])
    _line_up(job.lane)
    transaction.on_commit(partial(alarm.wake, job.lane_id), robust=True)
    return job


def _locked(job: Job) -> Job:
    lane = Lane.objects.select_for_update(no_key=True).get(pk=job.lane_id)
    fresh = Job.objects.get(pk=job.pk)
    fresh.lane = lane
    return fresh


def _line_up(lane: Lane) -> None:
    """Writes when the first unfinished job of a locked lane is due."""
    first = lane.jobs.filter(state=State.WAITING).order_by("pk").first()
    lane.due_at = first.due_at if first else None
    lane.save(update_fields=["due_at"])
