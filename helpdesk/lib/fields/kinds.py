"""The kinds of fields and what can be asked of each. Dates and clocks: dates.py."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields.asking import column, nothing
from helpdesk.lib.fields.controls import compiled
from helpdesk.lib.fields.operators import Operator, Test, kind, negation
from helpdesk.lib.text import fold

# Hundreds of conditions look at the same message: it is folded once.
folded = lru_cache(maxsize=64)(fold)


# — text —


def text_test(matches: Callable[[str, list[str]], bool]) -> Callable[[Any], Test]:
    """Compares without regard to case and width; missing text is never a match."""

    def prepare(value: Any) -> Test:
        parts = [fold(part).strip() for part in value]
        return lambda seen: bool(seen) and matches(folded(seen), parts)

    return prepare


def naming_any(value: Any) -> Test:
    """The most asked of all tests, so in one loop: through `any()` and a second call it took three times as long."""
    parts = [fold(part).strip() for part in value]

    def test(seen: Any) -> bool:
        text = folded(seen) if seen else ""
        for part in parts:  # noqa: SIM110
            if part in text:
                return True
        return False

    return test


def matching(source: str) -> Test:
    search = compiled(source).search
    return lambda seen: bool(seen) and search(seen) is not None


contains_any = Operator("contains_any", _("contains any of"), "words", naming_any)
contains_all = Operator("contains_all", _("contains all of"), "words", text_test(lambda s, ps: all(p in s for p in ps)))
is_text = Operator("is", _("is"), "words", text_test(lambda s, ps: s.strip() in ps))
starts = Operator("starts", _("starts with"), "words", text_test(lambda s, ps: s.lstrip().startswith(tuple(ps))))
matches = Operator("matches", _("matches the pattern"), "pattern", matching)
no_text = Operator(
    "empty",
    _("is empty"),
    "none",
    lambda value: lambda seen: not seen or not seen.strip(),
    nothing,
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
    nothing,
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

no_number = Operator("empty", _("is empty"), "none", lambda value: lambda seen: seen is None, nothing)

NUMBER = kind(
    "number",
    _("number"),
    equals,
    negation("equals_not", _("≠"), equals),
    more,
    less,
    within,
    missing=(no_number, negation("not_empty", _("is not empty"), no_number)),
)

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
