"""docs/rules.md, written from the tables that the evaluator reads.

After a change: `manage.py shell -c "from rules import docs; docs.write()"`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.utils import translation

from helpdesk.cases import texts
from helpdesk.cases.actions import ACTIONS, ActionKind
from helpdesk.lib.fields import FIELDS, KINDS, Family, Field, Kind
from helpdesk.users.fields import KINDS as CUSTOM_KINDS
from helpdesk.users.models.fields import FieldKind
from rules import limits, schema
from rules.models import RuleList

PATH: Path = settings.BASE_DIR / "docs" / "rules.md"

CONTROLS = {
    "none": "`null`",
    "text": '`"text"`',
    "words": '`["one", "or more"]`',
    "pattern": "a pattern of [RE2](https://github.com/google/re2/wiki/Syntax)",
    "choice": "one of the choices",
    "choices": "a list of choices",
    "number": "`7`",
    "range": "`[1, 7]`, both included",
    "date": '`"2024-04-08"`',
    "dates": '`["2024-04-01", "2024-04-08"]`, both included',
    "span": '`{"amount": 2, "unit": "hours"}` (minutes, hours, days)',
    "texts": '`{"en": "…", "de": "…"}`, with variables',
    "long_text": "a text, with variables",
    "user_value": "a value of that field; `null` empties it",
    "case_value": "a value of that field; `null` empties it",
}

INTRODUCTION = """# Rules

<!-- Written by rules/docs.py from the tables in the code. Do not edit. -->

A rule has conditions and actions. It matches when **all** conditions of its first block hold and, if its second block
has any, at least **one** of those. Then its actions happen in order, all or none.

There are three lists, each run from top to bottom:

| list | runs |
|---|---|
| new cases | once when a case is made |
| updated cases | once for each thing that happens to a case: a message, a note, a changed property, a sign-in |
| time | when a clock has run out, to the minute, once for each start of the clock; all conditions are checked then |

- After a rule has fired, the next one sees the changed case. “Stop after this rule” ends the pass.
- What rules do starts no other pass, so rules cannot run in circles. Receipts, read marks and typing run no rules.
- A rule whose action fails does nothing at all; a red event says why, and the other rules go on.
- A rule that names something deleted cannot be used: it says so in its list, and is not skipped in silence.
- A rule that answers the same customer {answers} times within {window} minutes is paused for that customer for
  {pause} minutes, and says so.
- Negative comparisons are the exact opposite of the positive ones, also where nothing is known: where no group is
  set, *Group is not VIP* holds.
- Texts are compared without regard to upper and lower case. Dates are days in the desk's time zone: *after 8 April*
  begins with 9 April.
- *User* is the profile of the case; custom fields are those of the person behind it.
- Each pass keeps for {kept} days what it saw: *What rules did* beside a case tells which rule fired, and of each
  other one the condition that did not hold.

`manage.py export_config` writes rules as JSON, with names in place of numbers; `import_config` reads it.
"""


def page() -> str:
    """The whole page, in English."""
    with translation.override("en"):
        parts = [_introduction(), _fields(), _kinds(), _actions(), _variables()]
        return "\n".join(part.rstrip() + "\n" for part in parts)


def write() -> None:
    PATH.write_text(page(), encoding="utf-8")


def _introduction() -> str:
    return INTRODUCTION.format(
        answers=limits.ANSWERS,
        window=round(limits.ANSWERS_WINDOW.total_seconds() / 60),
        pause=round(limits.ANSWERS_PAUSE.total_seconds() / 60),
        kept=limits.TRACE_KEPT.days,
    )


def _table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    names = head.split(", ")
    return "\n".join([f"| {' | '.join(names)} |", "|" + "---|" * len(names), *lines]) + "\n"


def _fields() -> str:
    kinds = dict(FieldKind.choices)
    custom = ", ".join(f"{kinds[key]}: {kind.label}" for key, kind in CUSTOM_KINDS.items())
    rows = [*(_field(field) for field in FIELDS), *(_family(family) for family in FIELDS.families)]
    return (
        "## Conditions\n\n"
        + _table("section, field, key, sort, lists", rows)
        + "\nEvery custom field is one more, in all lists: `user.cf.<key>` or `case.cf.<key>`, by its type\n"
        + f"({custom}).\n\n"
        + "A key of the user's metadata is typed where the condition is written. The comparison decides what it is: a\n"
        + "text that is a number can be compared as one, a number as text, and nothing but `true` is true.\n"
    )


def _field(field: Field) -> tuple[str, ...]:
    lists = [str(label) for key, label in RuleList.choices if field.stands_in(key)]
    names = "all" if len(lists) == len(RuleList) else ", ".join(lists)
    return schema.section(field.key), str(field.label), f"`{field.key}`", str(field.kind.label), names


def _family(family: Family) -> tuple[str, ...]:
    section = schema.section(family.prefix)
    return section, str(family.label), f"`{family.prefix}<key>`", str(family.kind.label), "all"


def _kinds() -> str:
    own = [field.kind for field in FIELDS if field.kind not in KINDS]
    head = "## Comparisons\n\n*Is empty* and *is not empty* are offered where a value may be missing.\n\n"
    return head + "\n".join(_kind(kind) for kind in (*KINDS, *own))


def _kind(kind: Kind) -> str:
    rows = [(str(one.label), f"`{one.key}`", CONTROLS[one.control]) for one in kind.operators.values()]
    other = [f"{field.label} {word}" for field in FIELDS if field.kind is kind for word in field.words.values()]
    said = f"\nSome fields have words of their own: {'; '.join(other)}.\n" if other else ""
    return f"### {str(kind.label).capitalize()}\n\n" + _table("comparison, key, value", rows) + said


def _actions() -> str:
    return "## Actions\n\n" + _table("action, key, values", [_action(kind) for kind in ACTIONS])


def _action(kind: ActionKind) -> tuple[str, ...]:
    return str(kind.label), f"`{kind.key}`", "; ".join(_inputs(kind))


def _inputs(kind: ActionKind) -> Iterator[str]:
    for one in kind.inputs:
        none = f", or `null`: {one.none}" if one.optional else ""
        yield f"`{one.name}`: {CONTROLS[one.control]}{none}"


def _variables() -> str:
    rows = [(f"`{{{{ {one.name} }}}}`", f"`[{one.alias}]`", str(one.label)) for one in texts.VARIABLES]
    return (
        "## Variables in texts\n\n"
        + _table("in braces, in brackets, stands for", rows)
        + "\nCustom fields are `{{ user.cf.<key> }}` and `{{ case.cf.<key> }}`. What follows a bar stands where\n"
        "nothing is known: `Hello {{ user.name | there }}`. Nothing else in a text is read as a command.\n"
    )
