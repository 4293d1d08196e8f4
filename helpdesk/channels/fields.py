"""What rules can ask about the present moment, and the business hours in which clocks may count.

All of these see `facts.now` and nothing else.
"""

import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Weekday
from helpdesk.channels.services import schedules
from helpdesk.channels.services.hours import MIDNIGHT, Calendar, Period
from helpdesk.lib.fields import FIELDS, Field, Fixed, Rows, dates, hours, kinds
from helpdesk.lib.fields.operators import Operator, Test, Turn, kind, negation

SCHEDULES = Rows("channels.Schedule")
hours.provide(schedules.calendars)

# — inside or outside business hours —


def within_hours(value: Any) -> Test:
    found = hours.hours_of(value)
    return lambda now: found is not None and found.is_open(now)


def change_of_hours(value: Any) -> Turn:
    found = hours.hours_of(value)
    return lambda moment: found.next_change(moment) if found else None


inside = Operator("inside", _("now inside"), "choice", within_hours, turns=change_of_hours)
HOURS = kind("hours", _("business hours"), inside, negation("outside", _("now outside"), inside))

# — the day and the time of day, in the desk's time zone —


def here(moment: datetime.datetime) -> datetime.datetime:
    return timezone.localtime(moment, dates.zone())


def midnight(value: Any) -> Turn:
    """The next one."""
    return lambda moment: dates.midnight(here(moment).date() + datetime.timedelta(days=1))


def turning(operator: Operator) -> Operator:
    """The same, for a day that is another one after midnight."""
    return Operator(operator.key, operator.label, operator.control, operator.prepare, turns=midnight)


def daily(value: Any) -> Calendar:
    """Two times of day as the hours of every day, over midnight where the second is the earlier one."""
    first, last = (datetime.time.fromisoformat(one) for one in value)
    parts = [(first, last)] if first < last or last == MIDNIGHT else [(first, MIDNIGHT), (MIDNIGHT, last)]
    return Calendar(dates.zone(), tuple(Period(day, *part) for day in Weekday.values for part in parts))


TODAY = kind(
    "today", _("today"), turning(dates.after), turning(dates.before), turning(dates.on), turning(dates.between)
)
WEEKDAY = kind(
    "weekday",
    _("day of the week"),
    *(turning(one) for key, one in kinds.CHOICE.operators.items() if key not in kinds.CHOICE.missing),
)
between = Operator(
    "between",
    _("is between"),
    "times",
    lambda value: daily(value).is_open,
    turns=lambda value: daily(value).next_change,
)
TIME_OF_DAY = kind("time_of_day", _("time of day"), between, negation("not_between", _("is not between"), between))

TODAYS_WORDS = {"on": _("is"), "after": _("is after"), "before": _("is before"), "between": _("is between")}

ROWS = (
    Field("time.hours", _("Business hours"), HOURS, lambda f: f.now, SCHEDULES),
    Field(
        "time.weekday",
        _("Day of the week"),
        WEEKDAY,
        lambda f: Weekday(here(f.now).weekday()).name.lower(),
        Fixed(tuple((day.name.lower(), day.label) for day in Weekday)),
    ),
    Field("time.date", _("Today"), TODAY, lambda f: f.now, words=TODAYS_WORDS),
    Field("time.clock", _("Time of day"), TIME_OF_DAY, lambda f: f.now),
)

for row in ROWS:
    FIELDS.register(row)
