"""Writing down what came of tries, and what each worker does next.

The outcomes of several lanes may be written in one occasion. Order of locks: what the kind locks (the case), then
the lanes by id.
"""

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from helpdesk.outbox import clock, schedule
from helpdesk.outbox.kinds import JobKind, Outcome, kind_of
from helpdesk.outbox.models import Attempt, Job, Lane, State
from helpdesk.outbox.services import endpoints, turns
from helpdesk.outbox.services.turns import Try, Turn

log = logging.getLogger(__name__)
R = TypeVar("R")
Next = dict[uuid.UUID, Turn]  # {token of the turn that ended: the next turn of its worker}

DECIDED = ("state", "attempts", "refusals", "starts", "done_at", "last_error")


def settle(tries: Sequence[Try]) -> list[Turn | None]:
    """Writes what came of these tries and gives each worker its next turn, or None.

    Nothing is written for a try whose lane was taken by somebody else meanwhile.
    """
    following: Next = {}
    for key, those in groupby(sorted(tries, key=_kind), key=_kind):
        following |= _settled(kind_of(key), list(those))
    turns.prepare(following.values())
    return [following.get(each.turn.token) for each in tries]


def _kind(each: Try) -> str:
    return each.turn.job.kind


def _settled(kind: JobKind, tries: list[Try]) -> Next:
    if len(tries) == 1 or kind.batched:
        try:
            return _unit(partial(_written, kind, tries))
        except Exception:  # one bad report must undo neither the others nor the worker
            if len(tries) == 1:
                log.exception("the outcome of %s could not be written", tries[0].turn.job)
                return _give_up(tries[0])
    return {token: turn for each in tries for token, turn in _settled(kind, [each]).items()}


def _unit(work: Callable[[], R]) -> R:
    """Does the work in one transaction, again after a deadlock; the app above says how."""
    made: R = import_string(settings.OUTBOX_UNIT)(work)()
    return made


def _give_up(each: Try) -> Next:
    """At the third time the outcome is written without a word to the kind; until then the job is tried again."""
    if each.turn.lost < schedule.STARTS - 1:
        return {}
    with transaction.atomic():
        return _written(JobKind(), [each])


def _written(kind: JobKind, tries: list[Try]) -> Next:
    kind.lock_all([each.turn.job for each in tries])
    # Jobs and lanes, both locked: a job that was cancelled while we waited must be seen as it is now.
    rows = Job.objects.select_related("lane").defer("payload").filter(pk__in=[each.turn.job.pk for each in tries])
    jobs = {job.pk: job for job in rows.order_by("lane_id").select_for_update(no_key=True)}
    kept = [(jobs[each.turn.job.pk], each) for each in tries]
    kept = [(job, each) for job, each in kept if job.lane.lease_token == each.turn.token]
    return _next_turns(kept, closed=_report(kind, kept))


def _report(kind: JobKind, tries: Sequence[tuple[Job, Try]]) -> set[str]:
    """Writes jobs and attempts, and tells the kind. Gives the groups to which nothing may leave now."""
    now = clock.now()
    told: list[tuple[Job, Outcome]] = []
    attempts: list[Attempt] = []
    for job, each in tries:
        cancelled = job.state != State.WAITING
        outcome = decide(job, each.outcome, now)
        attempts.append(_attempt(job, each, outcome))
        if outcome.ok or not cancelled:
            told.append((job, outcome))
    Attempt.objects.bulk_create(attempts)
    closed = endpoints.tell([(each.turn.group, each.outcome) for _, each in tries], now)
    _save([job for job, _ in told if job.state != State.WAITING], DECIDED)
    _save([job for job, _ in told if job.state == State.WAITING], (*DECIDED, "due_at"))
    kind.done_all(told)
    return closed


def decide(job: Job, outcome: Outcome, now: datetime) -> Outcome:
    """Sets the job's fields by the outcome of a try, and gives the outcome with `final` filled in."""
    job.attempts += 1
    job.starts = job.attempts
    job.refusals += outcome.refused
    job.last_error = "" if outcome.ok else _plain(outcome.error or str(outcome.status or ""))[:200]
    if outcome.ok:
        job.state, job.done_at = State.DONE, now
        return outcome
    seconds = schedule.wait(job.attempts, outcome.retry_after)
    final = outcome.final or _end(job, outcome, seconds)
    if final:
        job.state, job.done_at = State.PARKED, now
    else:
        job.due_at = now + timedelta(seconds=seconds or 0)
    return replace(outcome, final=final, error=job.last_error)


def _plain(text: str) -> str:
    """Without NUL and lone surrogates, which PostgreSQL does not take; the other side may say anything."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def _end(job: Job, outcome: Outcome, seconds: float | None) -> str:
    if outcome.refused and job.refusals >= schedule.REFUSALS:
        return "refused"
    return "failed" if seconds is None else ""


def _attempt(job: Job, each: Try, outcome: Outcome) -> Attempt:
    return Attempt(
        job=job,
        group=each.turn.group,
        address=outcome.address[:300],
        number=job.attempts,
        started_at=each.started_at,
        seconds=each.seconds,
        ok=outcome.ok,
        status=outcome.status,
        error=job.last_error,
        head=_plain(outcome.head),
        worker=each.worker[:80],
    )


def _next_turns(tries: Sequence[tuple[Job, Try]], *, closed: set[str]) -> Next:
    """Each lane goes on with its next job, or is given back and its worker gets one that waits in the same group.

    Looking and giving back are one step: whoever adds a job needs the lane's lock and comes before or after it.
    """
    now = clock.now()
    heads = turns.heads(job.lane_id for job, _ in tries)
    staying: list[Lane] = []
    leaving: list[Lane] = []
    free: list[Try] = []
    for job, each in tries:
        lane, head = job.lane, heads.get(job.lane_id)
        stays = each.go_on and head is not None and head.due_at <= now and each.turn.group not in closed
        # A lane that goes on is due from now on, whatever became of it: one UPDATE does for all of them.
        lane.due_at = max(head.due_at, now) if head else None
        lane.lease_until = now + timedelta(seconds=schedule.lease()) if stays else None
        (staying if stays else leaving).append(lane)
        if each.go_on and not stays and each.turn.group not in closed:
            free.append(each)
    _save([*staying, *leaving], ("due_at", "lease_until"))
    begun = turns.begin([(lane, heads[lane.pk]) for lane in staying])
    return {turn.token: turn for turn in begun} | _heirs(free, now)


def _heirs(tries: Sequence[Try], now: datetime) -> Next:
    """For workers whose lane has ended: the next lane of the same group, under the lease that was given back."""
    pairs: list[tuple[Try, Lane]] = []
    for group, ended in groupby(sorted(tries, key=_group), key=_group):
        workers = list(ended)
        lanes = Lane.objects.due(now).free(now).filter(group=group).order_by("due_at", "pk")
        if group:
            found = lanes.select_for_update(skip_locked=True, no_key=True)[: len(workers)]
            pairs += zip(workers, found, strict=False)
    taken = {turn.lane_id: turn for turn in turns.take([lane for _, lane in pairs], now)} if pairs else {}
    return {each.turn.token: taken[lane.pk] for each, lane in pairs if lane.pk in taken}


def _group(each: Try) -> str:
    return each.turn.group


def _save(rows: Sequence[Any], fields: Sequence[str]) -> None:
    """Writes these fields: one UPDATE for all rows with the same values, which most have."""
    alike: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        alike[tuple(getattr(row, name) for name in fields)].append(row)
    for values, same in alike.items():
        type(same[0]).objects.filter(pk__in=[row.pk for row in same]).update(**dict(zip(fields, values, strict=True)))
