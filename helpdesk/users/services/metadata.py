"""Facts about a person that no field was made for: flat names with a text, a number, true or false.

What a server sends may be nested: `{"plan": {"name": "Pro"}}` becomes `plan.name`; a list becomes its JSON as text.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.lib.errors import Refusal
from helpdesk.lib.text import check_text, one_line
from helpdesk.users.errors import BadValue

PREFIX = "md:"
NAME = "metadata"
MOST = 50  # keys that one source says of one profile
LONGEST_KEY = 100  # characters
LONGEST = 1024  # bytes of a text
DEEPEST = 5  # names in a key; what lies deeper is kept as its JSON
LARGEST = 2**53  # beyond it programs disagree about a number (RFC 8259, section 6)


def read(told: Any) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(what can be kept, {key: why not}). None empties a key.

    Raises BadValue where it is no object, or has more than MOST keys.
    """
    if not isinstance(told, dict):
        raise BadValue(fields={NAME: [_("This has to be an object of names and values.")]})
    kept: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for number, (path, value) in enumerate(_flat(told)):
        if number >= MOST:
            raise BadValue(fields={NAME: [_("At most %(most)d keys.") % {"most": MOST}]})
        key = ".".join(path)
        try:
            name = _key(key)
            if name in kept:
                raise BadValue(_("This key is there twice."))
            kept[name] = _value(value)
        except Refusal as refusal:
            wrong[f"{NAME}.{_shown(key)}"] = [str(refusal)]
    return kept, wrong


def check(told: Any) -> dict[str, Any]:
    """What is to be kept, by key. Raises BadValue with each key that is wrong."""
    kept, wrong = read(told)
    if wrong:
        raise BadValue(fields=wrong)
    return kept


def _flat(told: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in told.items():
        path = (*above, str(key))
        if isinstance(value, dict) and value and len(path) < DEEPEST:
            yield from _flat(value, path)
        else:
            yield path, value


def _key(key: str) -> str:
    name = one_line(check_text(key, limit=LONGEST_KEY))
    if not name.strip("."):
        raise BadValue(_("A key needs a name."))
    return name


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if value in ([], {}):
        return None
    if isinstance(value, int | float):
        return _number(value)
    text = value if isinstance(value, str) else _json(value)
    if len(check_text(text, limit=LONGEST).encode()) > LONGEST:
        raise BadValue(_("This text is longer than %(most)d bytes.") % {"most": LONGEST})
    return text or None


def _number(value: int | float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValue(_("This is not a number that can be stored."))
    if abs(value) > LARGEST:
        raise BadValue(_("This number is too large to stay exact; send it as text."))
    return value


def _json(value: Any) -> str:
    """A list, or an object too deep for a key of its own."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError) as error:
        raise BadValue(_("This value cannot be kept.")) from error


def _shown(key: str) -> str:
    """A key that may be anything, for a message."""
    return one_line(key.encode(errors="replace").decode()[:LONGEST_KEY]) or "?"
