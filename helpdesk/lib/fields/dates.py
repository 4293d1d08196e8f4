"""The kinds of fields that tell a moment: dates, and clocks that run since then."""

import datetime
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields.asking import nothing
from helpdesk.lib.fields.controls import length
from helpdesk.lib.fields.hours import Due, runs_out, started_by
from helpdesk.lib.fields.operators import Operator, Test, kind, negation

# — dates: whole days in the desk's time zone —


def zone() -> ZoneInfo:
    return ZoneInfo(settings.DESK_TIME_ZONE)


def day(seen: datetime.date) -> datetime.date:
    """The day of a moment, as the desk's calendar has it."""
    return timezone.localtime(seen, zone()).date() if isinstance(seen, datetime.datetime) else seen


def midnight(date: datetime.date) -> datetime.datetime:
    """The moment at which a day begins at the desk."""
    return datetime.datetime.combine(date, datetime.time.min, tzinfo=zone())


def moment(seen: datetime.date) -> datetime.datetime:
    return seen if isinstance(seen, datetime.datetime) else midnight(seen)


def date_test(holds: Callable[[datetime.date, datetime.date, datetime.date], bool]) -> Callable[[Any], Test]:
    """Compares the day seen with one day, or with the first and the last of two."""

    def prepare(value: Any) -> Test:
        first, last = ends(value)
        return lambda seen: seen is not None and holds(day(seen), first, last)

    return prepare


def ends(value: Any) -> tuple[datetime.date, datetime.date]:
    first, last = (value, value) if isinstance(value, str) else value
    return datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)


def in_days(rows: Any, path: str, value: Any) -> Q:
    first, last = ends(value)
    return Q(**{f"{path}__gte": midnight(first), f"{path}__lt": midnight(last + datetime.timedelta(days=1))})


def later(rows: Any, path: str, value: Any) -> Q:
    return Q(**{f"{path}__gte": midnight(ends(value)[0] + datetime.timedelta(days=1))})


def earlier(rows: Any, path: str, value: Any) -> Q:
    return Q(**{f"{path}__lt": midnight(ends(value)[0])})


def at_least_ago(value: Any) -> Test:
    due = ends_of(value)

    def test(seen: Any) -> bool:
        then = None if seen is None else due(moment(seen))
        return then is not None and then <= timezone.now()

    return test


def less_ago(value: Any) -> Test:
    long_enough = at_least_ago(value)
    return lambda seen: seen is not None and not long_enough(seen)


def ends_of(value: Any) -> Due:
    """A parsed span → when it has passed since a moment."""
    return runs_out(length(value), value.get("schedule"))


def before_span(rows: Any, path: str, value: Any) -> Q:
    latest = started_by(length(value), value.get("schedule"))(timezone.now())
    return Q(pk__in=()) if latest is None else Q(**{f"{path}__lte": latest})


def after_span(rows: Any, path: str, value: Any) -> Q:
    latest = started_by(length(value), value.get("schedule"))(timezone.now())
    return Q(**{f"{path}__isnull": False}) if latest is None else Q(**{f"{path}__gt": latest})


after = Operator("after", _("after"), "date", date_test(lambda seen, first, last: seen > last), later)
before = Operator("before", _("before"), "date", date_test(lambda seen, first, last: seen < first), earlier)
on = Operator("on", _("on"), "date", date_test(lambda seen, first, last: seen == first), in_days)
between = Operator(
    "between", _("between"), "dates", date_test(lambda seen, first, last: first <= seen <= last), in_days
)
long_ago = Operator("ago_more", _("at least … ago"), "span", at_least_ago, before_span)
just_now = Operator("ago_less", _("less than … ago"), "span", less_ago, after_span)
no_date = Operator(
    "empty",
    _("is empty"),
    "none",
    lambda value: lambda seen: seen is None,
    nothing,
)

DATE = kind(
    "date",
    _("date"),
    after,
    before,
    on,
    between,
    long_ago,
    just_now,
    missing=(no_date, negation("not_empty", _("is not empty"), no_date)),
)

# — clocks: how long ago something happened last; missing: it never did, the clock does not run —

at_least = Operator("at_least", _("is at least"), "clock", at_least_ago, before_span)
less_than = Operator("less_than", _("is less than"), "clock", less_ago, after_span)

AGE = kind("age", _("time since"), at_least, less_than)
