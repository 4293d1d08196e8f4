"""A turn: one worker's right to do the first job of one lane once. How it is taken, used, and given back.

The outcomes of several lanes may be written in one occasion. Order of locks: what the kind locks (the case),
then lanes by id. Lanes are claimed with SKIP LOCKED, so a claim waits for nobody who waits for it.
"""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F
from django.utils.module_loading import import_string

from helpdesk.outbox import clock, schedule
from helpdesk.outbox.jobs import JOBS, JobKind, Outcome
from helpdesk.outbox.models import Attempt, Job, Lane, State

log = logging.getLogger(__name__)
R = TypeVar("R")

CAP = 2  # lanes of one group that are worked on at a time, by all processes together


@dataclass(frozen=True)
class Turn:
    """until: by our own monotonic clock; after it the lease is lost and nothing may be sent."""

    lane_id: int
    group: str
    token: uuid.UUID
    job: Job
    until: float

    @property
    def poisoned(self) -> bool:
        """Several processes in a row died with this job in their hands."""
        return self.job.starts - self.job.attempts >= schedule.STARTS


@dataclass(frozen=True)
class Try:
    """What a worker brings back. seconds: how long it took. go_on: the worker wants the next one."""

    turn: Turn
    outcome: Outcome
    started_at: datetime
    seconds: float
    worker: str = ""
    go_on: bool = True


def claim(lane_id: int) -> Turn | None:
    """Takes the lane if it is due, free, and its group has room."""
    with transaction.atomic():
        now = clock.now()
        lanes = Lane.objects.due(now).free(now).filter(pk=lane_id)
        lane = lanes.select_for_update(skip_locked=True, no_key=True).first()
        if lane is None or not _room(lane.group, now):
            return None
        return _taken([lane], now).get(lane.pk)


def _room(group: str, now: datetime) -> bool:
    """Whether the group may have another lane leased. On PostgreSQL claims of one group go one after the other."""
    if not group:
        return True
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"outbox:{group}"])
    return Lane.objects.leased(now).filter(group=group).count() < CAP


def _taken(lanes: Sequence[Lane], now: datetime) -> dict[int, Turn]:
    """Leases these locked lanes and writes the start of each first job: {lane id: turn}."""
    won = [lane for lane in lanes if _leased(lane, now)]
    heads = _heads([lane.pk for lane in won])
    return {turn.lane_id: turn for turn in _begun([(lane, heads[lane.pk]) for lane in won if lane.pk in heads])}


def _leased(lane: Lane, now: datetime) -> bool:
    lane.lease_token, lane.lease_until = uuid.uuid4(), now + timedelta(seconds=schedule.lease())
    # A plain UPDATE and its row count: a filter that needs a subquery let two workers win on PostgreSQL.
    same = Lane.objects.filter(pk=lane.pk, due_at=lane.due_at).free(now)
    return same.update(lease_token=lane.lease_token, lease_until=lane.lease_until) == 1


def _heads(lane_ids: Sequence[int]) -> dict[int, Job]:
    """The lowest unfinished job of each lane; never another one, whatever is due."""
    first = Job.objects.filter(lane=models.OuterRef("pk"), state=State.WAITING).order_by("pk").values("pk")[:1]
    lanes = Lane.objects.filter(pk__in=lane_ids).annotate(head=models.Subquery(first))
    return {job.lane_id: job for job in Job.objects.filter(pk__in=lanes.values("head"))}


def _begun(pairs: Sequence[tuple[Lane, Job]]) -> list[Turn]:
    if pairs:
        Job.objects.filter(pk__in=[job.pk for _, job in pairs]).update(starts=F("starts") + 1)
    until = time.monotonic() + schedule.lease()
    return [Turn(lane.pk, lane.group, cast(uuid.UUID, lane.lease_token), job, until) for lane, job in pairs]


def use(turn: Turn, worker: str = "") -> Try | None:
    """Does the job, with no transaction open. None if this process slept past its lease: nothing was sent."""
    started_at, began = clock.now(), time.monotonic()
    if began >= turn.until:
        return None
    outcome = _outcome(turn)
    return Try(turn, outcome, started_at, time.monotonic() - began, worker)


def _outcome(turn: Turn) -> Outcome:
    if turn.poisoned:
        return Outcome(ok=False, error="poison", final="failed")
    try:
        return JOBS.get(turn.job.kind).run(turn.job)
    except Exception as error:  # the one place where a kind's mistakes end: a failed try, not a dead worker
        log.exception("the job %s failed", turn.job)
        return Outcome(ok=False, error=type(error).__name__)


def settle(tries: Sequence[Try]) -> list[Turn | None]:
    """Writes what came of these tries and gives each worker its next turn, or None.

    Nothing is written for a try whose lane was taken by somebody else meanwhile.
    """
    next_turns: dict[uuid.UUID, Turn] = {}
    for key, group in groupby(sorted(tries, key=_kind_key), key=_kind_key):
        next_turns |= _settled(JOBS.get(key) if key in JOBS else JobKind(), list(group))
    return [next_turns.get(each.turn.token) for each in tries]


def _kind_key(each: Try) -> str:
    return each.turn.job.kind


def _settled(kind: JobKind, tries: list[Try]) -> dict[uuid.UUID, Turn]:
    """{token of the turn that ended: the next turn}"""
    if len(tries) == 1 or kind.batched:
        try:
            return _unit(partial(_written, kind, tries))
        except Exception:  # one bad report must undo neither the others nor the worker
            if len(tries) == 1:
                log.exception("the outcome of %s could not be written", tries[0].turn.job)
                _give_up(tries[0])
                return {}
    return {token: turn for each in tries for token, turn in _settled(kind, [each]).items()}


def _unit(work: Callable[[], R]) -> R:
    """Does the work in one transaction, again after a deadlock; the app above says how."""
    made: R = import_string(settings.OUTBOX_UNIT)(work)()
    return made


def _give_up(each: Try) -> None:
    """A poisoned job whose kind cannot even be told: parked without a word to it. Others are tried again later."""
    if each.turn.poisoned:
        with transaction.atomic():
            _written(JobKind(), [each])


def _written(kind: JobKind, tries: list[Try]) -> dict[uuid.UUID, Turn]:
    kind.lock_all([each.turn.job for each in tries])
    held = Lane.objects.filter(pk__in=[each.turn.lane_id for each in tries]).order_by("pk")
    lanes = {lane.pk: lane for lane in held.select_for_update(no_key=True)}
    kept = [each for each in tries if lanes[each.turn.lane_id].lease_token == each.turn.token]
    _report(kind, kept)
    return _next_turns({each.turn.token: lanes[each.turn.lane_id] for each in kept}, kept)


def _report(kind: JobKind, tries: list[Try]) -> None:
    """Writes jobs and attempts, and tells the kind."""
    jobs = Job.objects.in_bulk([each.turn.job.pk for each in tries])
    now = clock.now()
    decided: list[tuple[Job, Outcome]] = []
    attempts: list[Attempt] = []
    for each in tries:
        job = jobs[each.turn.job.pk]
        cancelled = job.state != State.WAITING
        outcome = decide(job, each.outcome, now)
        attempts.append(_attempt(job, each, outcome))
        if outcome.ok or not cancelled:
            decided.append((job, outcome))
    Attempt.objects.bulk_create(attempts)
    _save([job for job, _ in decided], DECIDED)
    for job, outcome in decided:
        kind.done(job, outcome)


DECIDED = ("state", "attempts", "refusals", "starts", "due_at", "done_at", "last_error")


def decide(job: Job, outcome: Outcome, now: datetime) -> Outcome:
    """Sets the job's fields by the outcome of a try, and gives the outcome with `final` filled in."""
    job.attempts += 1
    job.starts = job.attempts
    job.refusals += outcome.refused
    job.last_error = "" if outcome.ok else (outcome.error or str(outcome.status or ""))[:200]
    if outcome.ok:
        job.state, job.done_at = State.DONE, now
        return outcome
    final, seconds = outcome.final, schedule.wait(job.attempts, outcome.retry_after)
    if outcome.refused and job.refusals >= schedule.REFUSALS:
        final = final or "refused"
    if seconds is None:
        final = final or "failed"
    if final:
        job.state, job.done_at = State.PARKED, now
    else:
        job.due_at = now + timedelta(seconds=seconds or 0)
    return replace(outcome, final=final)


def _attempt(job: Job, each: Try, outcome: Outcome) -> Attempt:
    return Attempt(
        job=job,
        number=job.attempts,
        started_at=each.started_at,
        seconds=each.seconds,
        ok=outcome.ok,
        status=outcome.status,
        error=job.last_error,
        head=outcome.head,
        worker=each.worker[:80],
    )


def _next_turns(lanes: dict[uuid.UUID, Lane], tries: list[Try]) -> dict[uuid.UUID, Turn]:
    """Each lane goes on with its next job, or is given back and its worker gets one that waits in the same
    group.

    Looking and giving back are one step: whoever adds a job needs the lane's lock and comes before or after
    it.
    """
    now = clock.now()
    heads = _heads([lane.pk for lane in lanes.values()])
    staying: list[Try] = []
    leaving: list[Try] = []
    for each in tries:
        lane, head = lanes[each.turn.token], heads.get(each.turn.lane_id)
        lane.due_at = head.due_at if head else None
        stays = each.go_on and head is not None and head.due_at <= now
        lane.lease_until = now + timedelta(seconds=schedule.lease()) if stays else None
        lane.lease_token = each.turn.token if stays else None
        (staying if stays else leaving).append(each)
    _save(list(lanes.values()), ("due_at", "lease_until", "lease_token"))
    begun = _begun([(lanes[each.turn.token], heads[each.turn.lane_id]) for each in staying])
    return {turn.token: turn for turn in begun} | _heirs([each for each in leaving if each.go_on], now)


def _heirs(tries: list[Try], now: datetime) -> dict[uuid.UUID, Turn]:
    """For workers whose lane has ended: the next lane of the same group, under the lease that was given back."""
    heirs: dict[uuid.UUID, Turn] = {}
    tries = [each for each in tries if each.turn.group]
    for group, ended in groupby(sorted(tries, key=lambda t: t.turn.group), key=lambda t: t.turn.group):
        workers = list(ended)
        lanes = Lane.objects.due(now).free(now).filter(group=group).order_by("due_at", "pk")
        found = list(lanes.select_for_update(skip_locked=True, no_key=True)[: len(workers)])
        turns = _taken(found, now).values() if found else ()
        heirs |= {worker.turn.token: turn for worker, turn in zip(workers, turns, strict=False)}
    return heirs


def _save(rows: Sequence[Any], fields: Sequence[str]) -> None:
    if len(rows) == 1:
        rows[0].save(update_fields=fields)
    elif rows:
        type(rows[0]).objects.bulk_update(rows, fields)
