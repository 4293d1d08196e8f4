"""Values whose kind nobody declared: the comparison decides whether text, a number, or yes and no is meant."""

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import kinds
from helpdesk.lib.fields.operators import Operator, Test, kind, negation

NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
# Whole numbers up to here are told as such, whether they came as 7 or as 7.0.
EXACT = 10**15


def as_text(seen: Any) -> str | None:
    """true and false as JSON spells them, a number as people do."""
    if seen is None or isinstance(seen, str):
        return seen
    if isinstance(seen, bool):
        return "true" if seen else "false"
    if isinstance(seen, float) and seen.is_integer() and abs(seen) < EXACT:
        return str(int(seen))
    return str(seen)


def as_number(seen: Any) -> int | float | None:
    """A number, also one that came as text; true and false are none."""
    if isinstance(seen, str) and NUMBER.fullmatch(seen.strip()):
        return float(seen)
    return seen if isinstance(seen, int | float) and not isinstance(seen, bool) else None


def seen_as(view: Callable[[Any], Any], operator: Operator) -> Operator:
    """The operator of a declared kind, for a value that is first seen so."""

    def prepare(value: Any) -> Test:
        test = operator.prepare(value)
        return lambda seen: test(view(seen))

    return Operator(operator.key, operator.label, operator.control, prepare)


is_text = seen_as(as_text, kinds.is_text)
contains_any = seen_as(as_text, kinds.contains_any)
starts = seen_as(as_text, kinds.starts)
equals = seen_as(as_number, kinds.equals)
more = seen_as(as_number, kinds.more)
less = seen_as(as_number, kinds.less)
within = seen_as(as_number, kinds.within)
unknown = seen_as(as_text, kinds.no_text)
yes = Operator("yes", _("is true"), "none", lambda value: lambda seen: seen is True)

LOOSE = kind(
    "loose",
    _("text, number, or yes and no"),
    is_text,
    negation("is_not", _("is not"), is_text),
    contains_any,
    negation("contains_none", _("contains none of"), contains_any),
    starts,
    negation("starts_not", _("does not start with"), starts),
    equals,
    negation("equals_not", _("≠"), equals),
    more,
    less,
    within,
    yes,
    negation("no", _("is not true"), yes),
    missing=(unknown, negation("not_empty", _("is not empty"), unknown)),
)
