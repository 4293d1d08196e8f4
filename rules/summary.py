"""A rule in one line, for lists."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.cases.actions import ACTIONS
from helpdesk.lib.fields import Field, Input
from helpdesk.lib.fields.choices import find
from helpdesk.lib.fields.controls import UNITS
from helpdesk.lib.registry import UnknownKey
from rules.drafts import Draft, Step, Term
from rules.services.traces import sentence


def conditions(draft: Draft, fields: Mapping[str, Field]) -> str:
    """ "User is not identified, Tariff is empty"."""
    every = ", ".join(term(one, fields) for one in draft.all)
    some = _(" or ").join(term(one, fields) for one in draft.any)
    if every and some:
        return _("%(every)s, and: %(some)s") % {"every": every, "some": some}
    return every or some or _("always")


def actions(draft: Draft) -> str:
    """ "Send a message to the user, End the chat as pending"."""
    return ", ".join(step(one) for one in draft.actions)


def term(given: Term, fields: Mapping[str, Field]) -> str:
    """One condition in words; a question mark stands for what there is no more."""
    field = fields.get(given.field)
    try:
        return sentence(given, field) if field else f"{given.field} ?"
    except UnknownKey:
        return f"{field.label} ?" if field else "?"


def step(given: Step) -> str:
    """One action in words."""
    if given.kind not in ACTIONS:
        return f"{given.kind} ?"
    kind = ACTIONS.get(given.kind)
    told = (one for one in kind.inputs if (one.lead or one.choices) and not _unsaid(one, given.values))
    return " ".join([str(kind.label), *(f"{one.lead} {_value(one, given.values)}".strip() for one in told)])


def _unsaid(one: Input, values: Mapping[str, Any]) -> bool:
    """Whether it was left empty, and that means nothing worth a word."""
    return one.optional and not one.none and values.get(one.name) in (None, "", [])


def _value(one: Input, values: Mapping[str, Any]) -> str:
    """What was entered, as people read it."""
    value = values.get(one.name)
    if value in (None, ""):
        return str(one.none) or _("empty")
    if one.control == "span" and isinstance(value, Mapping) and value.get("unit") in UNITS:
        return f"{value.get('amount')} {UNITS[value['unit']]}"
    if one.choices is None:
        return str(one.to_names(value, values))
    given = value if isinstance(value, list) else [value]
    found = ((find(one.choices, each), each) for each in given)
    return ", ".join(str(choice.label) if choice else f"{each} ?" for choice, each in found)
