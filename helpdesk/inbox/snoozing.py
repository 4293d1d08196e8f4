"""Until when a case can be put off: what the menu offers, and a time that was typed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.errors import CannotSnooze

# When a day of work begins, for "tomorrow" and "Monday".
MORNING = 9
MONDAY = 0

Moment = Callable[[datetime], datetime]


def _morning(day: datetime) -> datetime:
    # Without its offset first: the clock may be changed in between.
    return timezone.make_aware(day.replace(hour=MORNING, minute=0, second=0, microsecond=0, tzinfo=None))


PRESETS: dict[str, tuple[Any, Moment]] = {
    "hours": (_("for 3 hours"), lambda now: now + timedelta(hours=3)),
    "tomorrow": (_("until tomorrow, 9:00"), lambda now: _morning(now + timedelta(days=1))),
    "monday": (_("until Monday, 9:00"), lambda now: _morning(now + timedelta(days=(MONDAY - now.weekday()) % 7 or 7))),
}


def choices() -> list[tuple[str, Any]]:
    return [(key, title) for key, (title, _moment) in PRESETS.items()]


def until(preset: str, typed: str) -> datetime:
    """The moment that was chosen, or typed as `2024-04-08T09:00` by the clock of whoever reads the page.

    Raises CannotSnooze.
    """
    if preset in PRESETS:
        return PRESETS[preset][1](timezone.localtime())
    try:
        moment = parse_datetime(typed)
    except ValueError:
        moment = None
    if moment is None:
        raise CannotSnooze(CannotSnooze.when)
    try:
        return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
    except OverflowError:
        raise CannotSnooze(CannotSnooze.when) from None
