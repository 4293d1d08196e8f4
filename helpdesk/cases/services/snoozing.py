"""Snoozing: a case leaves the lists of what is at hand until its time, or until its customer writes."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from helpdesk.cases.errors import CannotSnooze
from helpdesk.cases.models import Case, Status
from helpdesk.cases.services import holding
from helpdesk.events.occasion import occasion, via
from helpdesk.events.services import Actor, record

# Cases woken by one look of the timer.
BATCH = 200
LONGEST = timedelta(days=3660)


@occasion
def snooze(case: Case, until: datetime, *, by: Actor | None) -> Case:
    """Out of the lists of what is at hand until then (aware). Raises CannotSnooze: it is closed, or the time past."""
    if until <= timezone.now() or until > timezone.now() + LONGEST:
        raise CannotSnooze(CannotSnooze.when, fields={"until": [str(CannotSnooze.when)]})
    case = holding.hold(case.pk)
    if case.status == Status.CLOSED or case.merged_into_id is not None:
        raise CannotSnooze
    if case.snoozed_until != until:
        case.snoozed_until = until
        case.save(update_fields=["snoozed_until"])
        record("case.snoozed", by=by, case=case, until=until.isoformat(), told=_told(until))
    return case


@occasion
def wake(case: Case, *, by: Actor | None, why: str = "") -> Case:
    """At hand again. why: time, message, or empty where somebody asked for it. Nothing where it was not snoozed."""
    case = holding.hold(case.pk)
    if case.snoozed_until is not None:
        # It comes up again in the lists, which are in order of what happened last.
        case.snoozed_until, case.last_activity_at = None, timezone.now()
        case.save(update_fields=["snoozed_until", "last_activity_at"])
        record("case.woken", by=by, case=case, why=why)
    return case


def wake_due() -> int:
    """Wakes the cases whose time has come; gives how many."""
    due = Case.objects.filter(snoozed_until__lte=timezone.now()).order_by("snoozed_until")
    with via("timer"):
        return sum(_wake_due(case_id) for case_id in due.values_list("pk", flat=True)[:BATCH])


@occasion
def _wake_due(case_id: int) -> bool:
    case = holding.hold(case_id)
    # Somebody may have woken it, or snoozed it for longer, since we looked.
    if case.snoozed_until is None or case.snoozed_until > timezone.now():
        return False
    wake(case, by=None, why="time")
    return True


def _told(until: datetime) -> str:
    """The same on every clock that reads it: by the desk's."""
    return timezone.localtime(until, ZoneInfo(settings.DESK_TIME_ZONE)).strftime("%Y-%m-%d %H:%M")
