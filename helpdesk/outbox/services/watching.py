"""What is done about endpoints by the clock: bringing lanes forward after an outage, telling owners of long ones."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.module_loading import import_string

from helpdesk.outbox import clock, timing
from helpdesk.outbox.kinds import OWNERS
from helpdesk.outbox.models import Endpoint, Job, Lane
from helpdesk.outbox.services import turns

log = logging.getLogger(__name__)

# After how long without a success the owner hears of it; after the last the endpoint is dead. Counted from the first
# failure to the last, so that silence over a weekend is no failure.
STAGES = (timedelta(hours=1), timedelta(days=1), timedelta(days=4), timedelta(days=5))
AT_ONCE = 500  # lanes brought forward in one transaction


@timing.timer("outbox.recover")
def recover() -> None:
    """Brings lanes forward that wait only because their endpoint was away: it is back."""
    for endpoint in Endpoint.objects.filter(recover=True):
        last: int | None = 0
        while last is not None:
            last = _bring_forward(endpoint.key, last)
        Endpoint.objects.filter(pk=endpoint.pk, recovered_at=endpoint.recovered_at).update(recover=False)


@transaction.atomic
def _bring_forward(group: str, after: int) -> int | None:
    """Some lanes after the given id; returns the last of them, None when there are no more.

    Lanes that somebody works on are left out: whoever does writes when they are due.
    """
    now = clock.now()
    later = Lane.objects.free(now).filter(group=group, due_at__gt=now, pk__gt=after).order_by("pk")
    lanes = {lane.pk: lane for lane in later.select_for_update(skip_locked=True, no_key=True)[:AT_ONCE]}
    late = {pk: job for pk, job in turns.heads(lanes).items() if job.attempts and not job.refusals}
    # Due since they were written, so that the oldest is first in the sweep.
    Job.objects.filter(pk__in=[job.pk for job in late.values()]).update(due_at=F("created_at"))
    for pk, job in late.items():
        lanes[pk].due_at = job.created_at
    Lane.objects.bulk_update([lanes[pk] for pk in late], ["due_at"])
    return max(lanes, default=None)


@timing.timer("outbox.watch")
def watch() -> None:
    """Tells the owners of endpoints that have only failed for long, each stage once."""
    for endpoint in Endpoint.objects.filter(failing_since__isnull=False, warned__lt=len(STAGES)):
        stage = _stage(endpoint)
        if stage > endpoint.warned:
            import_string(settings.OUTBOX_UNIT)(_tell)(endpoint, stage)


def _stage(endpoint: Endpoint) -> int:
    since, last = endpoint.failing_since, endpoint.failed_at
    return sum(last - since >= stage for stage in STAGES) if since and last else 0


def _tell(endpoint: Endpoint, stage: int) -> None:
    """The claim is the UPDATE: whoever writes the stage tells the owner, in the same transaction."""
    same = Endpoint.objects.filter(pk=endpoint.pk, warned=endpoint.warned, failing_since=endpoint.failing_since)
    key, since = endpoint.key.split(":", 1)[0], endpoint.failing_since
    if since is None or not same.update(warned=stage) or key not in OWNERS:
        return
    owner = OWNERS.get(key)
    tell = owner.dead if stage == len(STAGES) else owner.failing
    tell(endpoint.key, since)
