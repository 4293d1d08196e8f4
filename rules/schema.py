"""The vocabulary of rules as JSON: what the editor offers, from the same tables that the evaluator reads."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.cases import texts
from helpdesk.cases.actions import ACTIONS, ActionKind
from helpdesk.channels.models import Language
from helpdesk.lib.fields import FIELDS, Choice, Family, Field, Input, remembered
from helpdesk.lib.fields.controls import UNITS
from helpdesk.users.models import CustomField

SECTIONS = {
    "case": gettext_lazy("Case"),
    "user": gettext_lazy("User"),
    "company": gettext_lazy("User"),
    "metadata": gettext_lazy("User"),
    "message": gettext_lazy("Message"),
    "note": gettext_lazy("Message"),
    "event": gettext_lazy("What happened"),
    "identification": gettext_lazy("Message"),
    "clock": gettext_lazy("Time"),
    "time": gettext_lazy("Time"),
}
# How a custom field's value is entered, by its type.
CUSTOM_CONTROLS = {"text": "text", "textarea": "text", "select": "choice", "checkbox": "flag", "date": "date"}


def section(key: str) -> str:
    """The heading under which a field stands."""
    return str(SECTIONS.get(key.partition(".")[0], _("Other")))


def in_order(fields: Mapping[str, Field]) -> list[Field]:
    """Section by section, whichever app they come from."""
    order = list(dict.fromkeys(map(str, SECTIONS.values())))
    places = {name: place for place, name in enumerate(order)}
    return sorted(fields.values(), key=lambda field: places.get(section(field.key), len(places)))


def describe(name: str) -> dict[str, Any]:
    """All that can stand in rules of one list."""
    with remembered():
        fields = [field for field in in_order(FIELDS.now()) if field.stands_in(name)]
        return {
            "fields": [*(_field(field) for field in fields), *(_family(family) for family in FIELDS.families)],
            "actions": [_action(kind) for kind in ACTIONS],
            "custom": {level: _custom(level) for level in ("user", "case")},
            "languages": languages(),
            "variables": _variables(),
            "units": [[key, str(label)] for key, label in UNITS.items()],
        }


def _field(field: Field) -> dict[str, Any]:
    return {
        "key": field.key,
        "section": section(field.key),
        "label": str(field.label),
        "operators": [
            {"key": operator.key, "label": str(field.word(operator)), "control": operator.control}
            for operator in field.operators
        ],
        "choices": _pairs(field.choices.all()) if field.choices else [],
    }


def _family(family: Family) -> dict[str, Any]:
    """As a field, whose key goes on with what is typed."""
    field = Field(family.prefix, family.label, family.kind, lambda facts: None, optional=True)
    return {**_field(field), "open": True}


def _pairs(choices: Iterable[Choice]) -> list[list[Any]]:
    return [[choice.value, str(choice.label)] for choice in choices]


def _action(kind: ActionKind) -> dict[str, Any]:
    return {"key": kind.key, "label": str(kind.label), "inputs": [_input(one) for one in kind.inputs]}


def _input(one: Input) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": str(one.label),
        "control": one.control,
        "choices": _pairs(one.choices.all()) if one.choices else [],
        "optional": one.optional,
        "none": str(one.none),
        "lead": str(one.lead),
        "to": getattr(one, "to", ""),
    }


def _custom(level: str) -> Mapping[str, Any]:
    """{custom field key: how its value is entered}."""
    return {
        field.key: {
            "control": CUSTOM_CONTROLS[field.kind],
            "choices": [[str(choice["key"]), str(choice["title"])] for choice in field.choices],
        }
        for field in CustomField.objects.filter(level=level, active=True)
    }


def languages() -> list[list[str]]:
    """[code, title] of the desk's languages, its own first."""
    own = Language.objects.filter(active=True).values_list("code", "title")
    return [[code, title] for code, title in own] or [["en", "English"]]


def _variables() -> list[list[str]]:
    """[what stands in a text, what it means, for which readers only]."""
    fixed = [[f"{{{{ {variable.name} }}}}", str(variable.label), variable.only] for variable in texts.VARIABLES]
    custom = CustomField.objects.filter(level__in=("user", "case"), active=True)
    return fixed + [[f"{{{{ {field.level}.cf.{field.key} }}}}", field.title, ""] for field in custom]


def words() -> dict[str, str]:
    """What the editor itself says."""
    return {
        "all": _("If all of these are true"),
        "any": _("and any of these"),
        "actions": _("Then do this, in order"),
        "condition": _("Condition %s"),
        "action": _("Action %s"),
        "field": _("%s: what to look at"),
        "name": _("%s: its key"),
        "key": _("key, such as plan"),
        "operator": _("%s: how to compare"),
        "value": _("%s: value"),
        "kind": _("%s: what to do"),
        "addCondition": _("Add a condition"),
        "addAction": _("Add an action"),
        "up": _("Move up: %s"),
        "down": _("Move down: %s"),
        "remove": _("Remove: %s"),
        "moved": _("%s is now in place %s"),
        "removed": _("%s was removed"),
        "noValue": _("no value needed"),
        "noCondition": _("No condition here: it holds always."),
        "noAny": _("No condition here: nothing more is asked."),
        "noAction": _("Nothing yet."),
        "choose": _("Choose …"),
        "gone": _("no longer exists"),
        "addWord": _("Type a word or phrase, then Enter"),
        "add": _("Add …"),
        "and": _("and"),
        "yes": _("yes"),
        "no": _("no"),
        "empty": _("empty"),
        "roundTheClock": _("around the clock"),
        "hoursOf": _("%s: in which hours it counts"),
        "insert": _("Insert …"),
        "insertWhat": _("%s: insert a variable"),
    }
