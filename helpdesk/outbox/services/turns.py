"""A turn: one worker's right to do the first job of one lane once. How it is taken and used.

Lanes are claimed with SKIP LOCKED, so a claim waits for nobody who waits for it.
"""

import logging
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery

from helpdesk.outbox import clock, quarantine, schedule
from helpdesk.outbox.kinds import Outcome, kind_of, perform
from helpdesk.outbox.models import Job, Lane, State
from helpdesk.outbox.services import endpoints

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    """until: by our own monotonic clock; after it the lease is lost and nothing may be sent.

    lost: how many processes in a row died with this job in their hands; maybe by it, maybe by their own trouble.
    """

    lane_id: int
    group: str
    token: uuid.UUID
    job: Job
    until: float
    lost: int = 0


@dataclass(frozen=True)
class Try:
    """What a worker brings back. seconds: how long it took. go_on: the worker wants the next one."""

    turn: Turn
    outcome: Outcome
    started_at: datetime
    seconds: float
    worker: str = ""
    go_on: bool = True


class Held(NamedTuple):
    """A lane that is leased."""

    lane_id: int
    group: str
    token: uuid.UUID


def claim(lane_id: int) -> Turn | None:
    """Takes the lane if it is due, free, and its group has room."""
    with transaction.atomic():
        now = clock.now()
        lanes = Lane.objects.due(now).free(now).filter(pk=lane_id)
        lane = lanes.select_for_update(skip_locked=True, no_key=True).first()
        if lane is None or not _room(lane.group, now):
            return None
        taken = take([lane], now)
    prepare(taken)
    return taken[0] if taken else None


def _room(group: str, now: datetime) -> bool:
    """Whether the group may have another lane leased. On PostgreSQL claims of one group go one after the other."""
    if not group:
        return True
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"outbox:{group}"])
    return Lane.objects.leased(now).filter(group=group).count() < endpoints.of(group).room(now)


def take(lanes: Sequence[Lane], now: datetime) -> list[Turn]:
    """Leases these locked lanes and writes the start of each first job."""
    won = lease(lanes, now)
    first = heads(held.lane_id for held in won)
    return begin([(held, first[held.lane_id]) for held in won if held.lane_id in first])


def lease(lanes: Sequence[Lane], now: datetime) -> list[Held]:
    """Those of these locked lanes that are ours from now on."""
    leases = ((lane, Held(lane.pk, lane.group, uuid.uuid4())) for lane in lanes)
    return [held for lane, held in leases if _leased(lane, held.token, now)]


def _leased(lane: Lane, token: uuid.UUID, now: datetime) -> bool:
    # A plain UPDATE and its row count: a filter that needs a subquery let two workers win on PostgreSQL.
    same = Lane.objects.filter(pk=lane.pk, due_at=lane.due_at).free(now)
    return same.update(lease_token=token, lease_until=now + timedelta(seconds=schedule.lease())) == 1


def heads(lane_ids: Iterable[int]) -> dict[int, Job]:
    """The lowest unfinished job of each lane; never another one, whatever is due. {lane id: job}"""
    first = Job.objects.filter(lane=OuterRef("pk"), state=State.WAITING).order_by("pk").values("pk")[:1]
    lanes = Lane.objects.filter(pk__in=list(lane_ids)).annotate(head=Subquery(first))
    return {job.lane_id: job for job in Job.objects.filter(pk__in=lanes.values("head"))}


def begin(pairs: Sequence[tuple[Held, Job]]) -> list[Turn]:
    """Writes that these jobs of leased lanes are started, before they are."""
    if pairs:
        Job.objects.filter(pk__in=[job.pk for _, job in pairs]).update(starts=F("starts") + 1)
        for key, jobs in _by_kind(job for _, job in pairs):
            kind_of(key).begun(jobs)
    until = time.monotonic() + schedule.lease()
    return [Turn(*held, job, until, job.starts - job.attempts) for held, job in pairs]


def prepare(turns: Iterable[Turn]) -> None:
    """Lets the kinds read what they will need, for all of these jobs at once."""
    for key, jobs in _by_kind(turn.job for turn in turns):
        try:
            kind_of(key).prepare(jobs)
        except Exception:  # a try that is not prepared reads for itself, and fails by itself
            log.exception("jobs of the kind %s could not be prepared", key)


def _by_kind(jobs: Iterable[Job]) -> list[tuple[str, list[Job]]]:
    ordered = sorted(jobs, key=lambda job: job.kind)
    return [(key, list(those)) for key, those in groupby(ordered, key=lambda job: job.kind)]


def use(turn: Turn, worker: str = "") -> Try | None:
    """Does the job, with no transaction open. None if this process slept past its lease: nothing was sent."""
    started_at, began = clock.now(), time.monotonic()
    if began >= turn.until:
        return None
    outcome = _outcome(turn)
    return Try(turn, outcome, started_at, time.monotonic() - began, worker)


def _outcome(turn: Turn) -> Outcome:
    if turn.lost >= schedule.HOPELESS:
        return quarantine.POISON
    if turn.lost >= schedule.STARTS - 1:
        return quarantine.perform(turn.job)
    return perform(turn.job)
