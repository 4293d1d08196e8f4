"""The tables of fields, comparisons and actions, as pages of the docs show them."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps

from helpdesk.cases.actions import ACTIONS, ActionKind
from helpdesk.lib.fields import FIELDS, KINDS, Column, Family, Field, Fixed, Input, Kind, Rows
from helpdesk.users.fields import KINDS as CUSTOM_KINDS
from helpdesk.users.models.fields import FieldKind
from rules import schema
from rules.drafts import Term
from rules.models import RuleList
from rules.services.traces import sentence

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
    "clock": '`{"amount": 2, "unit": "hours"}`, in business hours `{…, "schedule": 1}` (minutes, hours)',
    "times": '`["09:00", "17:00"]`, the second not included, over midnight where it is the earlier one',
    "texts": '`{"en": "…", "de": "…"}`, with variables',
    "long_text": "a text, with variables",
    "user_value": "a value of that field; `null` empties it",
    "case_value": "a value of that field; `null` empties it",
}

# A condition of each section, as files and the API write it: (field, comparison, value).
EXAMPLES: tuple[tuple[str, str, Any], ...] = (
    ("user.level", "at_least", 2),
    ("user.wrote_before", "ago_more", {"amount": 30, "unit": "days"}),
    ("case.status", "is_any", ["open", "pending"]),
    ("case.rating", "less", 3),
    ("message.text", "contains_any", ["invoice", "receipt"]),
    ("identification.code", "valid", None),
    ("event.what", "has_any", ["labels", "priority"]),
    ("event.new_status", "is", "closed"),
    ("time.clock", "between", ["09:00", "17:00"]),
    ("clock.customer", "at_least", {"amount": 2, "unit": "hours"}),
)


def table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    names = head.split(", ")
    return "\n".join([f"| {' | '.join(names)} |", "|" + "---|" * len(names), *lines]) + "\n"


def conditions() -> str:
    """All fields by section, each section with examples."""
    parts = [CONDITIONS]
    for section in dict.fromkeys(map(str, schema.SECTIONS.values())):
        rows = [_field(field) for field in FIELDS if schema.section(field.key) == section]
        rows += [_family(family) for family in FIELDS.families if schema.section(family.prefix) == section]
        parts += [f"### {section}\n", table("field, key, comparisons, choices, lists", rows), *_examples(section)]
    kinds = dict(FieldKind.choices)
    custom = ", ".join(f"{kinds[key]}: {_link(kind)}" for key, kind in CUSTOM_KINDS.items())
    return "\n".join([*parts, CUSTOM.format(custom=custom)])


CONDITIONS = """## Conditions

*Choices* are what can be chosen: the words in code are what files and the API write. Rows of a table are written by
their id in the API, and in files by the column that is named. Where a value may be missing, *is empty* and *is not
empty* are offered, too; all others but the negative ones are false there.

Conditions under *What happened* look at the one thing that made the rules run, by a customer, an agent, a program or
the desk itself. What rules did is never part of it, since that starts no pass. *Old* and *new* are missing where
nothing changed: *Old status was not closed* holds there, *Old status was open* does not.
"""

CUSTOM = """### Custom fields

Every custom field is one more, in all lists: `user.cf.<key>`, `company.cf.<key>` (of the user's company) or
`case.cf.<key>`, by its type ({custom}).

A key of the user's metadata is typed where the condition is written. The comparison decides what it is: a
text that is a number can be compared as one, a number as text, and nothing but `true` is true.
"""


def _field(field: Field) -> tuple[str, ...]:
    lists = [str(label) for key, label in RuleList.choices if field.stands_in(key)]
    names = "all" if len(lists) == len(RuleList) else ", ".join(lists)
    return str(field.label), f"`{field.key}`", _comparisons(field), _choices(field), names


def _family(family: Family) -> tuple[str, ...]:
    return str(family.label), f"`{family.prefix}<key>`", f"{_link(family.kind)}, may be missing", "", "all"


def _comparisons(field: Field) -> str:
    """The kind, and how this field words its comparisons."""
    own = [f"`{one.key}` {field.words[one.key]}" for one in field.operators if one.key in field.words]
    missing = field.optional and any(one.key in field.kind.missing for one in field.operators)
    said = [_link(field.kind), "may be missing"] if missing else [_link(field.kind)]
    return ", ".join(said) + (f": {'; '.join(own)}" if own else "")


def _link(kind: Kind) -> str:
    return f"[{kind.label}](#{str(kind.label).replace(',', '').replace(' ', '-')})"


def _choices(field: Field | Input) -> str:
    if isinstance(field.choices, Rows):
        row = apps.get_model(field.choices.model)._meta.verbose_name
        none = f"; `0`, in files `(none)`: {field.choices.none}" if field.choices.none else ""
        return f"{row}, in files by its {field.choices.name}{none}"
    if isinstance(field.choices, Fixed | Column):
        return ", ".join(_choice(one.value, str(one.label)) for one in field.choices.all())
    return ""


def _choice(value: Any, label: str) -> str:
    return f"`{value}`" if str(value) == label else f"`{value}` {label}"


def _examples(section: str) -> Iterator[str]:
    """Each as a sentence, and as files and the API write it."""
    by_key = {field.key: field for field in FIELDS}
    for key, operator, value in EXAMPLES:
        if schema.section(key) == section:
            written = json.dumps({"field": key, "operator": operator, "value": value})
            yield f"*{sentence(Term(key, operator, value), by_key[key])}*: `{written}`\n"


def comparisons() -> str:
    every = {kind.key: kind for kind in (*KINDS, *(field.kind for field in FIELDS))}
    return "## Comparisons\n\n" + "\n".join(map(_kind, every.values()))


def _kind(kind: Kind) -> str:
    rows = [
        (f"{one.label}{' (where it may be missing)' if one.key in kind.missing else ''}", f"`{one.key}`", _value(one))
        for one in kind.operators.values()
    ]
    return f"### {str(kind.label).capitalize()}\n\n" + table("comparison, key, value", rows)


def _value(one: Any) -> str:
    return CONTROLS[one.control]


def actions() -> str:
    rows = [_action(kind) for kind in ACTIONS]
    return ACTIONS_HEAD + table("action, key, values", rows)


ACTIONS_HEAD = """## Actions

They happen in order, all or none. Macros use the same ones. What writes to the customer (✉) counts against the limit
of answers above.

"""


def _action(kind: ActionKind) -> tuple[str, ...]:
    mail = " ✉" if kind.answers else ""
    return f"{kind.label}{mail}", f"`{kind.key}`", "<br>".join(_input(one) for one in kind.inputs) or "none"


def _input(one: Input) -> str:
    none = f", or `null`{f': {one.none}' if one.none else ''}" if one.optional else ""
    choices = f" ({_choices(one)})" if one.choices else ""
    return f"`{one.name}` {one.label}: {CONTROLS[one.control]}{choices}{none}"
