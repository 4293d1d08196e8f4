"""Brakes: what fails too often has to wait. Counted in the database, so that all processes count together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.errors import Refusal
from identification.models import Brake


@dataclass(frozen=True)
class Limit:
    """`most` counts within `window` lock a key for `wait`; each further lock twice as long, to `longest`."""

    most: int
    window: timedelta
    wait: timedelta
    longest: timedelta


# Wrong codes in one conversation: 1, 2, 4 … 60 minutes.
CONVERSATION = Limit(5, timedelta(hours=1), timedelta(minutes=1), timedelta(hours=1))
# Wrong codes in the whole desk: with a hundred codes alive, a year of this finds one with 0.01 %.
DESK = Limit(60, timedelta(minutes=1), timedelta(minutes=1), timedelta(minutes=1))
# Wrong codes of one person without a right one between them: until an agent lifts it. The window has no end.
PERSON = Limit(100, timedelta(days=36_500), timedelta(days=36_500), timedelta(days=36_500))
# Mails about the desk's brake.
ALARM = Limit(1, timedelta(hours=1), timedelta(hours=1), timedelta(hours=1))
# Locks get longer only while they follow each other; after a quiet day the first is short again.
FORGIVEN_AFTER = timedelta(days=1)


class TooOften(Refusal):
    """wait: seconds until it is worth trying again."""

    code = "too_often"
    status = 429
    sentence = _("That was too often. Wait a little.")

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


def pass_by(key: str, limit: Limit) -> None:
    """Counts one that is neither right nor wrong. Raises TooOften while the key is locked."""
    until = locked(key).get(key)
    if until:
        raise TooOften(max(1, round((until - timezone.now()).total_seconds())))
    count(key, limit)


def pass_all(limits: Mapping[str, Limit]) -> None:
    """The same for several keys: where one is locked, none is counted."""
    until = max(locked(*limits).values(), default=None)
    if until:
        raise TooOften(max(1, round((until - timezone.now()).total_seconds())))
    with transaction.atomic():
        for key in sorted(limits):
            count(key, limits[key])


def locked(*keys: str) -> dict[str, datetime]:
    """Which of these keys are locked, and until when."""
    rows = Brake.objects.filter(key__in=keys, locked_until__gt=timezone.now())
    return {row.key: row.locked_until for row in rows if row.locked_until}


def count(key: str, limit: Limit) -> datetime | None:
    """Counts one. Gives the end of the lock if this one has set it.

    The UPDATE takes the row before anything is read, so no two processes count from the same number.
    """
    now = timezone.now()
    with transaction.atomic(savepoint=False):
        if not _add(key, limit, now):
            Brake.objects.get_or_create(key=key, defaults={"window_started_at": now})
            _add(key, limit, now)
        brake = Brake.objects.get(key=key)
        return _lock(brake, limit, now) if brake.failures >= limit.most else None


def forget(*keys: str) -> bool:
    """Forgets all counts and the locks of these keys; whether there were any."""
    return bool(Brake.objects.filter(key__in=keys).delete()[0])


def _add(key: str, limit: Limit, now: datetime) -> int:
    """One more in the window, or the first of a new one; 0 where nothing was ever counted for this key."""
    stale = now - limit.window
    return Brake.objects.filter(key=key).update(
        failures=Case(When(window_started_at__lte=stale, then=Value(1)), default=F("failures") + 1),
        window_started_at=Case(When(window_started_at__lte=stale, then=Value(now)), default=F("window_started_at")),
    )


def _lock(brake: Brake, limit: Limit, now: datetime) -> datetime:
    quiet = brake.locked_until is None or brake.locked_until < now - FORGIVEN_AFTER
    # The exponent is capped: the wait has reached its longest long before.
    brake.locks = 1 if quiet else min(brake.locks + 1, 32)
    brake.locked_until = now + min(limit.wait * 2 ** (brake.locks - 1), limit.longest)
    brake.failures, brake.window_started_at = 0, now
    brake.save(update_fields=["locks", "locked_until", "failures", "window_started_at"])
    return brake.locked_until
