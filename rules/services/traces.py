"""What a pass saw: packed small, told in words."""

import datetime
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.lib.fields import FIELDS, KINDS, Field
from helpdesk.lib.fields.choices import find
from helpdesk.lib.fields.controls import UNITS
from rules import drafts, limits
from rules.evaluator import NONE_OF_ANY
from rules.models import Rule, Run

# One line of a trace: [rule, version, "fired" | "failed" | "paused" | "invalid"], or
# [rule, version, index of the first condition that failed, what it saw].
Entry = list[Any]
CUT = "…"


def pack(entries: list[Entry]) -> bytes:
    """At most limits.TRACE_BYTES: values are cut shorter first, then lines that say least are left out."""
    for size in (limits.TRACE_VALUE, limits.TRACE_VALUE // 4, 0):
        packed = _packed([_cut(entry, size) for entry in entries])
        if len(packed) <= limits.TRACE_BYTES:
            return packed
    short = [entry[:3] for entry in entries if entry[2] in OUTCOMES]
    while len(packed := _packed([*short, [0, 0, CUT]])) > limits.TRACE_BYTES:
        short = short[: len(short) * 3 // 4]
    return packed


OUTCOMES = frozenset({"fired", "failed", "paused", "invalid"})


def unpack(trace: bytes | memoryview) -> list[Entry]:
    entries: list[Entry] = json.loads(zlib.decompress(bytes(trace))) if trace else []
    return entries


def _packed(entries: list[Entry]) -> bytes:
    return zlib.compress(json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode(), 6)


def _cut(entry: Entry, size: int) -> Entry:
    if len(entry) < 4:
        return entry
    seen = plain(entry[3])
    if isinstance(seen, str) and len(seen) > size:
        seen = seen[: size - 1] + CUT if size else None
    return [*entry[:3], seen] if seen is not None else entry[:3]


def plain(seen: Any) -> Any:
    """What a getter saw, as JSON."""
    if isinstance(seen, frozenset | set | list | tuple):
        return ", ".join(str(one) for one in sorted(seen, key=str))
    if isinstance(seen, datetime.datetime):
        return seen.isoformat(timespec="seconds")
    return seen if seen is None or isinstance(seen, bool | int | str) else str(seen)


@dataclass(frozen=True)
class Line:
    """What one rule did in a pass, for people. outcome: fired, failed, paused, invalid, or missed."""

    title: str
    outcome: str
    why: str = ""
    rule_id: int = 0


def explain(run: Run) -> list[Line]:
    """A pass in words: each rule, and why it fired or did not."""
    entries = unpack(run.trace)
    rows = {row.pk: row for row in Rule.objects.filter(pk__in=[e[0] for e in entries]).with_parts()}
    fields = FIELDS.now() if rows else {}
    return [_line(entry, rows.get(entry[0]), fields) for entry in entries]


def _line(entry: Entry, row: Rule | None, fields: Mapping[str, Field]) -> Line:
    if entry[0] == 0:
        return Line(_("… and others"), "missed", _("There were too many rules to keep all reasons."))
    title = row.title if row else _("a deleted rule (#%d)") % entry[0]
    if entry[2] in OUTCOMES:
        return Line(title, entry[2], row.problem if row and entry[2] == "invalid" else "", entry[0])
    if row is None or row.version != entry[1]:
        return Line(title, "missed", _("A condition did not hold; the rule has been changed since."), entry[0])
    return Line(title, "missed", _reason(entry, row, fields), entry[0])


def _reason(entry: Entry, row: Rule, fields: Mapping[str, Field]) -> str:
    if entry[2] == NONE_OF_ANY:
        return _("None of the “any” conditions held.")
    terms = drafts.of(row).all
    if entry[2] >= len(terms) or (field := fields.get(terms[entry[2]].field)) is None:
        return _("A condition did not hold.")
    said = {"condition": sentence(terms[entry[2]], field), "seen": _seen(field, entry[3] if len(entry) > 3 else None)}
    return _("“%(condition)s” did not hold: it %(seen)s.") % said


def _seen(field: Field, value: Any) -> str:
    """What a field was, as the end of a sentence that begins with "it"."""
    key = ("no", "yes")[value] if isinstance(value, bool) else value
    # A kind of a field's own may see operators; what customers write may only look like one.
    if (isinstance(value, bool) or field.kind not in KINDS) and key in field.kind.operators:
        return str(field.word(field.kind.operators[key]))
    return _("was %(value)s") % {"value": in_words(field, value)}


def sentence(term: drafts.Term, field: Field) -> str:
    """A condition as people read it."""
    operator = field.operator(term.operator)
    value = "" if operator.control == "none" else in_words(field, term.value)
    return f"{field.label} {field.word(operator)} {value}".strip()


def in_words(field: Field, value: Any) -> str:
    """A value as people read it: choices by their labels."""
    if value is None or value == "":
        return _("empty")
    if isinstance(value, dict):
        return f"{value['amount']} {UNITS[value['unit']]}"
    if isinstance(value, list):
        return ", ".join(in_words(field, one) for one in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    parts = str(value).split(", ") if field.choices else [str(value)]
    found = [find(field.choices, part) for part in parts] if field.choices else [None]
    return ", ".join(str(choice.label) if choice else part for choice, part in zip(found, parts, strict=True))


def forget_old() -> int:
    """Deletes traces that were kept long enough, some at a time; gives how many."""
    old = Run.objects.filter(at__lt=timezone.now() - limits.TRACE_KEPT).order_by("at")
    ids: Iterable[int] = list(old.values_list("pk", flat=True)[: limits.TRACE_SWEEP])
    return Run.objects.filter(pk__in=ids).delete()[0] if ids else 0
