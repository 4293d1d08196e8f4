"""How a value is entered, and what it must look like. Values are kept as JSON, in one spelling each.

none      null
text      "a text"
words     ["at least", "one text"]
pattern   "a regular expression of RE2"
choice    a choice's value
choices   [at least one of them]
number    7
range     [from, to], both included
date      "2024-04-08"
dates     ["2024-04-01", "2024-04-08"], both included
span      {"amount": 2, "unit": "hours"}
clock     the same, and in business hours {"amount": 2, "unit": "hours", "schedule": a choice's value}
times     ["09:00", "17:00"], the first included, over midnight where the second is the earlier one
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import re2
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib.fields import hours
from helpdesk.lib.fields.choices import Choices, find
from helpdesk.lib.registry import Registry

# Characters in one text or pattern; entries in one list.
TEXT_LIMIT = 500
LIST_LIMIT = 200
NUMBER_LIMIT = 1_000_000_000
UNITS: dict[str, Any] = {
    "minutes": gettext_lazy("minutes"),
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
}
SPAN_LIMIT = datetime.timedelta(days=3660)
# Of business time, in which a "day" would mean something else to everybody; the hours of about a year.
BUSINESS_UNITS = ("minutes", "hours")
BUSINESS_LIMIT = datetime.timedelta(hours=2000)

Parse = Callable[[Any, Choices | None], Any]


class WrongValue(ValueError):
    """This value cannot stand here; str() is a sentence that says why."""


@dataclass(frozen=True)
class Control:
    """One way of entering a value. parse: the value in the one spelling that is kept; raises WrongValue."""

    key: str
    parse: Parse


CONTROLS: Registry[Control] = Registry("control")


def control(parse: Parse) -> Parse:
    CONTROLS.register(Control(parse.__name__.strip("_"), parse))
    return parse


@control
def none(value: Any, choices: Choices | None) -> None:
    if value not in (None, "", [], {}):
        raise WrongValue(_("No value is needed here."))


@control
def text(value: Any, choices: Choices | None) -> str:
    if not isinstance(value, str) or not value.strip():
        raise WrongValue(_("Enter a text."))
    if len(value) > TEXT_LIMIT or "\0" in value:
        raise WrongValue(_("Enter at most %(limit)d characters.") % {"limit": TEXT_LIMIT})
    return value.strip()


@control
def words(value: Any, choices: Choices | None) -> list[str]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not given or not all(isinstance(word, str) and word.strip() for word in given):
        raise WrongValue(_("Enter at least one word."))
    _short(given)
    return list(dict.fromkeys(text(word, None) for word in given))


@control
def pattern(value: Any, choices: Choices | None) -> str:
    given = text(value, None)
    compiled(given)
    return given


def compiled(source: str) -> Any:
    """The pattern, without regard to case, to be searched in time linear to the text. Raises WrongValue."""
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem = False, False, 1 << 20
    try:
        return re2.compile(source, options)
    except re2.error as error:
        why = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        raise WrongValue(_("This pattern cannot be used: %(why)s.") % {"why": why}) from error


@control
def choice(value: Any, choices: Choices | None) -> Any:
    if value in (None, "", []):
        raise WrongValue(_("Choose something."))
    found = find(choices, value) if choices else None
    if found is None:
        raise WrongValue(_("What was chosen here no longer exists (%(value)s).") % {"value": value})
    return found.value


@control
def choices(value: Any, choices: Choices | None) -> list[Any]:
    given = value if isinstance(value, list) else [value]
    if not given or given in ([None], [""]):
        raise WrongValue(_("Choose at least one."))
    _short(given)
    return list(dict.fromkeys(choice(one, choices) for one in given))


@control
def number(value: Any, choices: Choices | None) -> int:
    try:
        parsed = int(value) if not isinstance(value, bool | float) else None
    except (TypeError, ValueError):
        parsed = None
    if parsed is None or abs(parsed) > NUMBER_LIMIT:
        raise WrongValue(_("Enter a whole number."))
    return parsed


@control
def _range(value: Any, choices: Choices | None) -> list[int]:
    first, last = _pair(value)
    return _in_order([number(first, None), number(last, None)])


@control
def date(value: Any, choices: Choices | None) -> str:
    try:
        return datetime.date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise WrongValue(_("Enter a date such as 2024-04-08.")) from None


@control
def dates(value: Any, choices: Choices | None) -> list[str]:
    first, last = _pair(value)
    return _in_order([date(first, None), date(last, None)])


@control
def span(value: Any, choices: Choices | None) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != {"amount", "unit"} or value["unit"] not in UNITS:
        raise WrongValue(_("Enter a number of minutes, hours or days."))
    parsed = {"amount": number(value["amount"], None), "unit": str(value["unit"])}
    if parsed["amount"] < 1 or parsed["amount"] > SPAN_LIMIT.total_seconds() or length(parsed) > SPAN_LIMIT:
        raise WrongValue(_("Enter a time between one minute and ten years."))
    return parsed


@control
def clock(value: Any, choices: Choices | None) -> dict[str, Any]:
    if not isinstance(value, dict) or "schedule" not in value:
        return span(value, None)
    plain = span({name: part for name, part in value.items() if name != "schedule"}, None)
    if value["schedule"] in (None, ""):
        return plain
    parsed = {**plain, "schedule": choice(value["schedule"], choices)}
    if parsed["unit"] not in BUSINESS_UNITS or length(parsed) > BUSINESS_LIMIT:
        limit = round(BUSINESS_LIMIT.total_seconds() / 3600)
        raise WrongValue(_("Business time is told in minutes or hours, at most %(limit)d hours.") % {"limit": limit})
    if hours.runs_out(length(parsed), parsed["schedule"])(timezone.now()) is None:
        raise WrongValue(_("This clock would never run out: there are no such hours, or too few."))
    return parsed


@control
def times(value: Any, choices: Choices | None) -> list[str]:
    first, last = (_time(one) for one in _pair(value))
    if first == last:
        raise WrongValue(_("The two times have to differ."))
    return [first, last]


def _time(value: Any) -> str:
    try:
        parsed = datetime.time.fromisoformat(value)
    except (TypeError, ValueError):
        parsed = None
    if parsed is None or parsed.tzinfo or parsed.second or parsed.microsecond:
        raise WrongValue(_("Enter a time of day such as 09:00."))
    return parsed.isoformat("minutes")


def length(value: dict[str, Any]) -> datetime.timedelta:
    """How long a parsed span is."""
    return datetime.timedelta(**{value["unit"]: value["amount"]})


def _short(given: list[Any]) -> None:
    if len(given) > LIST_LIMIT:
        raise WrongValue(_("Enter at most %(limit)d.") % {"limit": LIST_LIMIT})


def _pair(value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise WrongValue(_("Enter both ends."))
    return value[0], value[1]


def _in_order(pair: list[Any]) -> list[Any]:
    if pair[0] > pair[1]:
        raise WrongValue(_("The first of the two has to be the smaller one."))
    return pair
