"""Writing down what came of tries, and what each worker does next.

The outcomes of several lanes may be written in one occasion. Order of locks: what the kind locks (the case), then
the lanes by id.
"""

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.utils.module_loading import import_string

from helpdesk.outbox import clock, schedule
from helpdesk.outbox.kinds import JobKind, Outcome, kind_of
from helpdesk.outbox.models import Attempt, Job, Lane, State
from helpdesk.outbox.services import endpoints, turns
from helpdesk.outbox.services.turns import Held, Try, Turn

log = logging.getLogger(__name__)
R = TypeVar("R")
Next = dict[uuid.UUID, Turn]  # {token of the turn that ended: the next turn of its worker}

FRESH = ("state", "attempts", "refusals", "due_at", "lane__lease_token")
DECIDED = ("state", "attempts", "refusals", "starts", "done_at", "last_error")
AGAIN = (*DECIDED, "due_at")


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
    kept = _kept(tries)
    return _next_turns(kept, closed=_report(kind, kept))


def _kept(tries: list[Try]) -> list[Try]:
    """Those whose lane is still ours, with their jobs as they are now: one may have been cancelled while we waited.

    Jobs and lanes are locked. By values and not by rows, since it happens so often.
    """
    rows = Job.objects.filter(pk__in=[each.turn.job.pk for each in tries]).order_by("lane_id")
    fresh = {row[0]: row[1:] for row in rows.select_for_update(no_key=True).values_list("pk", *FRESH)}
    kept = []
    for each in tries:
        job = each.turn.job
        job.state, job.attempts, job.refusals, job.due_at, token = fresh[job.pk]
        if token == each.turn.token:
            kept.append(each)
    return kept


def _report(kind: JobKind, tries: Sequence[Try]) -> set[str]:
    """Writes jobs and attempts, and tells the kind. Gives the groups to which nothing may leave now."""
    now = clock.now()
    told: list[tuple[Job, Outcome]] = []
    attempts: list[Attempt] = []
    for each in tries:
        job = each.turn.job
        cancelled = job.state != State.WAITING
        outcome = decide(job, each.outcome, now)
        attempts.append(_attempt(each, outcome))
        if outcome.ok or not cancelled:
            told.append((job, outcome))
    Attempt.objects.bulk_create(attempts)
    closed = endpoints.tell([(each.turn.group, each.outcome) for each in tries], now)
    _save(Job, {job.pk: _of(job, DECIDED) for job, _ in told if job.state != State.WAITING}, DECIDED)
    _save(Job, {job.pk: _of(job, AGAIN) for job, _ in told if job.state == State.WAITING}, AGAIN)
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


def _attempt(each: Try, outcome: Outcome) -> Attempt:
    job = each.turn.job
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


def _next_turns(tries: Sequence[Try], *, closed: set[str]) -> Next:
    """Each lane goes on with its next job, or is given back and its worker gets one that waits in the same group.

    Looking and giving back are one step: whoever adds a job needs the lane's lock and comes before or after it.
    """
    now = clock.now()
    heads = turns.heads(each.turn.lane_id for each in tries)
    places: dict[int, tuple[datetime | None, datetime | None]] = {}
    going: dict[uuid.UUID, tuple[Held, Job]] = {}
    free: list[Try] = []
    for each in tries:
        turn, head = each.turn, heads.get(each.turn.lane_id)
        able = each.go_on and turn.group not in closed
        stays = able and head is not None and head.due_at <= now
        # A lane that goes on is due from now on, whatever became of it: one UPDATE does for all of them.
        lease = now + timedelta(seconds=schedule.lease()) if stays else None
        places[turn.lane_id] = (max(head.due_at, now) if head else None, lease)
        if stays and head is not None:
            going[turn.token] = (Held(turn.lane_id, turn.group, turn.token), head)
        elif able:
            free.append(each)
    _save(Lane, places, ("due_at", "lease_until"))
    going |= _heirs(free, now)
    return dict(zip(going, turns.begin([*going.values()]), strict=True))


def _heirs(tries: Sequence[Try], now: datetime) -> dict[uuid.UUID, tuple[Held, Job]]:
    """For workers whose lane has ended: the next lane of the same group, under the lease that was given back."""
    pairs: dict[int, Try] = {}
    lanes: list[Lane] = []
    for group, ended in groupby(sorted(tries, key=_group), key=_group):
        if not group:
            continue
        workers = list(ended)
        waiting = Lane.objects.due(now).free(now).filter(group=group).order_by("due_at", "pk")
        found = list(waiting.select_for_update(skip_locked=True, no_key=True)[: len(workers)])
        pairs |= {lane.pk: each for each, lane in zip(workers, found, strict=False)}
        lanes += found
    won = turns.lease(lanes, now)
    heads = turns.heads(held.lane_id for held in won) if won else {}
    return {pairs[held.lane_id].turn.token: (held, heads[held.lane_id]) for held in won if held.lane_id in heads}


def _group(each: Try) -> str:
    return each.turn.group


def _of(row: Any, fields: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in fields)


def _save(model: type[models.Model], rows: Mapping[int, tuple[Any, ...]], fields: Sequence[str]) -> None:
    """Writes these fields: one UPDATE for all rows with the same values, which most have. rows: {id: values}"""
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for pk, values in rows.items():
        alike[values].append(pk)
    for values, ids in alike.items():
        model._base_manager.filter(pk__in=ids).update(**dict(zip(fields, values, strict=True)))
