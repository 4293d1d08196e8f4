"""The kinds of fields and what can be asked of each."""

import datetime
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields.controls import compiled, length
from helpdesk.lib.fields.operators import Ask, Operator, Test, kind, negation
from helpdesk.lib.text import fold

# Hundreds of conditions look at the same message: it is folded once.
folded = lru_cache(maxsize=64)(fold)


def column(lookup: str) -> Ask:
    """The question `path__lookup=value`."""
    return lambda rows, path, value: Q(**{f"{path}__{lookup}" if lookup else path: value})


# — text —


def text_test(matches: Callable[[str, list[str]], bool]) -> Callable[[Any], Test]:
    """Compares without regard to case and width; missing text is never a match."""

    def prepare(value: Any) -> Test:
        parts = [fold(part).strip() for part in value]
        return lambda seen: bool(seen) and matches(folded(seen), parts)

    return prepare


def matching(source: str) -> Test:
    search = compiled(source).search
    return lambda seen: bool(seen) and search(seen) is not None


contains_any = Operator("contains_any", _("contains any of"), "words", text_test(lambda s, ps: any(p in s for p in ps)))
contains_all = Operator("contains_all", _("contains all of"), "words", text_test(lambda s, ps: all(p in s for p in ps)))
is_text = Operator("is", _("is"), "words", text_test(lambda s, ps: s.strip() in ps))
starts = Operator("starts", _("starts with"), "words", text_test(lambda s, ps: s.lstrip().startswith(tuple(ps))))
matches = Operator("matches", _("matches the pattern"), "pattern", matching)
no_text = Operator(
    "empty",
    _("is empty"),
    "none",
    lambda value: lambda seen: not seen or not seen.strip(),
    lambda rows, path, value: Q(**{path: ""}),
)

TEXT = kind(
    "text",
    _("text"),
    contains_any,
    contains_all,
    negation("contains_none", _("contains none of"), contains_any),
    is_text,
    negation("is_not", _("is not"), is_text),
    starts,
    negation("starts_not", _("does not start with"), starts),
    matches,
    negation("matches_not", _("does not match the pattern"), matches),
    missing=(no_text, negation("not_empty", _("is not empty"), no_text)),
)

# — one of several —

is_choice = Operator("is", _("is"), "choice", lambda value: lambda seen: seen == value, column(""))
is_any = Operator("is_any", _("is any of"), "choices", lambda value: frozenset(value).__contains__, column("in"))
no_choice = Operator(
    "empty",
    _("is empty"),
    "none",
    lambda value: lambda seen: seen is None or seen == "",
    lambda rows, path, value: Q(**{f"{path}__isnull": True}),
)

CHOICE = kind(
    "choice",
    _("choice"),
    is_choice,
    negation("is_not", _("is not"), is_choice),
    is_any,
    negation("is_none", _("is none of"), is_any),
    missing=(no_choice, negation("not_empty", _("is not empty"), no_choice)),
)

# — one of several that rise: the value of each is above those before it —

not_below = Operator(
    "at_least",
    _("is at least"),
    "choice",
    lambda value: lambda seen: seen is not None and seen >= value,
    column("gte"),
)

RANK = kind(
    "rank",
    _("step"),
    not_below,
    negation("below", _("is below"), not_below),
    *CHOICE.operators.values(),
    missing=tuple(CHOICE.operators[key] for key in sorted(CHOICE.missing)),
)

# — yes or no —

yes = Operator(
    "yes",
    _("yes"),
    "none",
    lambda value: lambda seen: seen is True,
    lambda rows, path, value: path if isinstance(path, Q) else Q(**{path: True}),
)

FLAG = kind("flag", _("yes or no"), yes, negation("no", _("no"), yes))

# — numbers —


def number_test(holds: Callable[[Any, Any], bool]) -> Callable[[Any], Test]:
    return lambda value: lambda seen: seen is not None and holds(seen, value)


equals = Operator("equals", _("="), "number", number_test(lambda seen, value: seen == value), column(""))
more = Operator("more", _("is more than"), "number", number_test(lambda seen, value: seen > value), column("gt"))
less = Operator("less", _("is less than"), "number", number_test(lambda seen, value: seen < value), column("lt"))
within = Operator(
    "between",
    _("is between"),
    "range",
    number_test(lambda seen, ends: ends[0] <= seen <= ends[1]),
    column("range"),
)

NUMBER = kind("number", _("number"), equals, negation("equals_not", _("≠"), equals), more, less, within)

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
    span = length(value)
    return lambda seen: seen is not None and timezone.now() - moment(seen) >= span


def less_ago(value: Any) -> Test:
    span = length(value)
    return lambda seen: seen is not None and timezone.now() - moment(seen) < span


def before_span(rows: Any, path: str, value: Any) -> Q:
    return Q(**{f"{path}__lte": timezone.now() - length(value)})


def after_span(rows: Any, path: str, value: Any) -> Q:
    return Q(**{f"{path}__gt": timezone.now() - length(value)})


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
    lambda rows, path, value: Q(**{f"{path}__isnull": True}),
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

at_least = Operator("at_least", _("is at least"), "span", at_least_ago, before_span)
less_than = Operator("less_than", _("is less than"), "span", less_ago, after_span)

AGE = kind("age", _("time since"), at_least, less_than)

# — sets of rows —


def owners(rows: Any, path: str, values: list[Any]) -> Q:
    """Rows that have one of these, each once however many it has."""
    return Q(pk__in=rows.filter(**{f"{path}__in": values}).values("pk"))


def every(rows: Any, path: str, values: list[Any]) -> Q:
    found = Q()
    for value in values:
        found &= owners(rows, path, [value])
    return found


has_any = Operator("has_any", _("has any of"), "choices", lambda value: lambda seen: not seen.isdisjoint(value), owners)
has_all = Operator("has_all", _("has all of"), "choices", lambda value: lambda seen: seen.issuperset(value), every)
has_some = Operator(
    "not_empty",
    _("is not empty"),
    "none",
    lambda value: bool,
    lambda rows, path, value: Q(pk__in=rows.filter(**{f"{path}__isnull": False}).values("pk")),
)

SET = kind(
    "set",
    _("several"),
    has_any,
    has_all,
    negation("has_none", _("has none of"), has_any),
    missing=(negation("empty", _("is empty"), has_some), has_some),
)
