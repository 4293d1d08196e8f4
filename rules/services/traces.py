"""What a pass saw: packed small, told in words."""

import datetime
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.lib.fields import FIELDS, KINDS, Field, Operator
from helpdesk.lib.fields.choices import find
from helpdesk.lib.fields.controls import UNITS
from helpdesk.lib.registry import UnknownKey
from rules import drafts, limits
from rules.evaluator import NONE_OF_ANY
from rules.models import Firing, Rule, RuleVersion, Run

# One line of a trace: [rule, version, "fired" | "failed" | "paused" | "invalid"], or
# [rule, version, index of the first condition that failed, what it saw].
Entry = list[Any]
CUT = "…"
# Stands for a rule in the line that says how many microseconds a pass took.
TOOK = -1
# How two values are entered between which something lies.
PAIRS = frozenset({"range", "dates", "times"})


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


_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def _packed(entries: list[Entry]) -> bytes:
    return zlib.compress(_encode(entries).encode(), 1)


def _cut(entry: Entry, size: int) -> Entry:
    if len(entry) < 4:
        return entry
    seen = entry[3]
    if type(seen) is str and len(seen) <= size:  # most are: nothing to do
        return entry
    seen = plain(seen)
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
    """What one rule did in a pass, for people. outcome: fired, failed, paused, invalid, or missed.

    version: the one that was asked. changed: the rule is another one by now.
    """

    title: str
    outcome: str
    why: str = ""
    rule_id: int = 0
    version: int = 0
    changed: bool = False


def explain(run: Run) -> list[Line]:
    """A pass in words: each rule, and why it fired or did not."""
    entries = [entry for entry in unpack(run.trace) if entry[0] != TOOK]
    rows = {row.pk: row for row in Rule.objects.filter(pk__in=[e[0] for e in entries]).with_parts()}
    before = _earlier(entries, rows)
    fields = FIELDS.now() if rows else {}
    return [_line(entry, rows.get(entry[0]), before, fields) for entry in entries]


def took(run: Run) -> float | None:
    """Milliseconds of a pass, from the first question to the last action; None where that was not kept."""
    found = next((entry[1] for entry in unpack(run.trace) if entry[0] == TOOK), None)
    return None if found is None else found / 1000


Earlier = Mapping[tuple[int, int], drafts.Draft]


def _earlier(entries: list[Entry], rows: Mapping[int, Rule]) -> Earlier:
    """{(rule, version): what it was then} of the rules that were changed since. One query, if there are any."""
    changed = {(e[0], e[1]) for e in entries if e[0] in rows and rows[e[0]].version != e[1]}
    if not changed:
        return {}
    found = RuleVersion.objects.filter(rule__in={pk for pk, _n in changed}, number__in={n for _pk, n in changed})
    return {(row.rule_id, row.number): drafts.read(row.body)[0] for row in found}


def _line(entry: Entry, row: Rule | None, before: Earlier, fields: Mapping[str, Field]) -> Line:
    number, version, outcome = entry[:3]
    if number == 0:
        return Line(_("… and others"), "missed", _("There were too many rules to keep all reasons."))
    if row is None:
        why = "" if outcome in OUTCOMES else _("A condition did not hold; what it was is gone with the rule.")
        title = _("a deleted rule (#%d)") % number
        return Line(title, outcome if outcome in OUTCOMES else "missed", why, number, version, True)
    changed = row.version != version
    if outcome in OUTCOMES:
        return Line(row.title, outcome, row.problem if outcome == "invalid" else "", number, version, changed)
    draft = before.get((number, version)) if changed else drafts.of(row)
    why = _reason(entry, draft, fields) if draft else _("A condition did not hold.")
    if changed:
        why += " " + _("This was version %(version)d; the rule has been changed since.") % {"version": version}
    return Line(row.title, "missed", why, number, version, changed)


def _reason(entry: Entry, draft: drafts.Draft, fields: Mapping[str, Field]) -> str:
    if entry[2] == NONE_OF_ANY:
        return _("None of the “any” conditions held.")
    terms = draft.all
    if entry[2] >= len(terms) or (field := fields.get(terms[entry[2]].field)) is None:
        return _("A condition did not hold.")
    seen = _seen(field, entry[3] if len(entry) > 3 else None)
    return _("“%(condition)s” did not hold: it %(seen)s.") % {"condition": _named(terms[entry[2]], field), "seen": seen}


def _named(term: drafts.Term, field: Field) -> str:
    """A condition in words, also one that could not be written like this any more."""
    try:
        return sentence(term, field)
    except UnknownKey:
        return str(field.label)


def _seen(field: Field, value: Any) -> str:
    """What a field was, as the end of a sentence that begins with "it"."""
    return word_of(field, value) or _("was %(value)s") % {"value": in_words(field, value)}


def word_of(field: Field, value: Any) -> str:
    """The operator that a value stands for, as "is identified"; empty where it stands for none."""
    key = ("no", "yes")[value] if isinstance(value, bool) else value
    # A kind of a field's own may see operators; what customers write may only look like one.
    if (isinstance(value, bool) or field.kind not in KINDS) and key in field.kind.operators:
        return str(field.word(field.kind.operators[key]))
    return ""


def sentence(term: drafts.Term, field: Field) -> str:
    """A condition as people read it."""
    operator = field.operator(term.operator)
    word, value = str(field.word(operator)), _compared(field, operator, term.value)
    said = word.replace(CUT, value) if CUT in word else f"{word} {value}"
    return f"{field.label} {said}".strip()


def _compared(field: Field, operator: Operator, value: Any) -> str:
    """What a condition compares with, as people read it."""
    if operator.control == "none":
        return ""
    if operator.control in PAIRS and isinstance(value, list) and len(value) == 2:
        first, last = (in_words(field, one) for one in value)
        return _("%(first)s and %(last)s") % {"first": first, "last": last}
    return in_words(field, value)


def in_words(field: Field, value: Any) -> str:
    """A value as people read it: choices by their labels."""
    if value is None or value == "":
        return _("empty")
    if isinstance(value, dict):
        return _span(field, value)
    if isinstance(value, list):
        return ", ".join(in_words(field, one) for one in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    parts = str(value).split(", ") if field.choices else [str(value)]
    found = [find(field.choices, part) for part in parts] if field.choices else [None]
    return ", ".join(str(choice.label) if choice else part for choice, part in zip(found, parts, strict=True))


def _span(field: Field, value: Mapping[str, Any]) -> str:
    """ "2 hours", "2 hours of “Support”": counted in those business hours only."""
    span = f"{value['amount']} {UNITS[value['unit']]}"
    if "schedule" not in value:
        return span
    found = find(field.choices, value["schedule"]) if field.choices else None
    return _("%(span)s of “%(hours)s”") % {"span": span, "hours": found.label if found else f"{value['schedule']} ?"}


def forget_old() -> int:
    """Deletes traces that were kept long enough, some at a time; gives how many."""
    late = timezone.now() - limits.TRACE_KEPT
    return sum(_forget(rows.filter(at__lt=late)) for rows in (Run.objects.all(), Firing.objects.all()))


def _forget(rows: QuerySet[Any]) -> int:
    ids: Iterable[int] = list(rows.order_by("at").values_list("pk", flat=True)[: limits.TRACE_SWEEP])
    return rows.model._base_manager.filter(pk__in=ids).delete()[0] if ids else 0
