"""A rule as plain data: what the editor sends, files carry, and the evaluator prepares."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.cases.actions import ACTIONS
from helpdesk.lib.fields import AGE, FIELDS, Field, WrongValue, WrongValues
from helpdesk.lib.registry import UnknownKey
from rules import limits
from rules.models import Block, Rule, RuleList

TITLE_LIMIT = 200
Errors = dict[str, str]


@dataclass(frozen=True)
class Term:
    """One condition: keys of a field and of one of its operators, and that operator's value."""

    field: str
    operator: str
    value: Any = None


@dataclass(frozen=True)
class Step:
    """One action: the key of its kind, and its values."""

    kind: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """It matches when all of `all` hold and, if there are any, one of `any`; then `actions` are done."""

    list: str
    title: str
    active: bool = True
    stop: bool = False
    all: tuple[Term, ...] = ()
    any: tuple[Term, ...] = ()
    actions: tuple[Step, ...] = ()


def of(rule: Rule) -> Draft:
    """The draft of a stored rule."""
    terms: dict[str, list[Term]] = {Block.ALL: [], Block.ANY: []}
    for row in rule.conditions.all():
        terms[row.block].append(Term(row.field, row.operator, row.value))
    steps = tuple(Step(row.kind, row.values) for row in rule.actions.all())
    return Draft(rule.list, rule.title, rule.active, rule.stop, tuple(terms[Block.ALL]), tuple(terms[Block.ANY]), steps)


def rows(sent: str) -> dict[str, Any]:
    """What the editor sent, as an object; empty where it is none."""
    try:
        found = json.loads(sent or "{}")
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}


def read(data: Any) -> tuple[Draft, Errors]:
    """JSON → draft. What has the wrong shape is left out and named in the errors, by path ("all.0")."""
    if not isinstance(data, Mapping):
        return Draft("", ""), {"": _("A rule has to be an object.")}
    errors: Errors = {str(name): _("There is no such part of a rule.") for name in data if name not in PARTS}
    draft = Draft(
        list=str(data.get("list", "")),
        title=str(data.get("title", "")).strip(),
        active=data.get("active", True) is True,
        stop=data.get("stop", False) is True,
        all=tuple(_term(row, path, errors) for path, row in _rows(data, "all", errors)),
        any=tuple(_term(row, path, errors) for path, row in _rows(data, "any", errors)),
        actions=tuple(_step(row, path, errors) for path, row in _rows(data, "actions", errors)),
    )
    return draft, errors


PARTS = frozenset({"list", "title", "active", "stop", "all", "any", "actions"})


def _rows(data: Mapping[str, Any], name: str, errors: Errors) -> list[tuple[str, Mapping[str, Any]]]:
    rows = data.get(name) or []
    if not isinstance(rows, list):
        errors[name] = _("This has to be a list.")
        return []
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping):
            errors[f"{name}.{index}"] = _("This has to be an object.")
    return [(f"{name}.{index}", row if isinstance(row, Mapping) else {}) for index, row in enumerate(rows)]


def _term(row: Mapping[str, Any], path: str, errors: Errors) -> Term:
    if strange := set(row) - {"field", "operator", "value"}:
        errors[path] = _("There is no such part of a condition: %(names)s.") % {"names": ", ".join(sorted(strange))}
    return Term(str(row.get("field", "")), str(row.get("operator", "")), row.get("value"))


def _step(row: Mapping[str, Any], path: str, errors: Errors) -> Step:
    values = row.get("values") or {}
    if set(row) - {"kind", "values"} or not isinstance(values, dict):
        errors[path] = _("An action has a kind and values.")
        values = {}
    return Step(str(row.get("kind", "")), values)


def write(draft: Draft) -> dict[str, Any]:
    """Draft → JSON."""
    return {
        "list": draft.list,
        "title": draft.title,
        "active": draft.active,
        "stop": draft.stop,
        "all": [{"field": t.field, "operator": t.operator, "value": t.value} for t in draft.all],
        "any": [{"field": t.field, "operator": t.operator, "value": t.value} for t in draft.any],
        "actions": [{"kind": step.kind, "values": step.values} for step in draft.actions],
    }


def check(draft: Draft, fields: Mapping[str, Field]) -> tuple[Draft, Errors]:
    """The draft with its values in the spelling that is kept; what is wrong, by path, in sentences."""
    errors: Errors = {}
    if not draft.title or len(draft.title) > TITLE_LIMIT:
        errors["title"] = _("Enter a title of at most %(limit)d characters.") % {"limit": TITLE_LIMIT}
    if draft.list not in RuleList.values:
        errors["list"] = _("There is no such list of rules.")
    _count(draft, errors)
    clean = replace(
        draft,
        all=_terms(draft, "all", draft.all[: limits.CONDITIONS], fields, errors),
        any=_terms(draft, "any", draft.any[: limits.CONDITIONS], fields, errors),
        actions=_steps(draft.actions[: limits.ACTIONS], errors),
    )
    if draft.list == RuleList.TIME and not errors and not any(is_clock(term, fields) for term in clean.all):
        errors["all"] = _("A time rule needs a clock here: a “Time since …” that “is at least” something.")
    return clean, errors


def is_clock(term: Term, fields: Mapping[str, Field]) -> bool:
    """Whether this condition says when a time rule rings."""
    return fields[term.field].kind is AGE and term.operator == "at_least"


def _count(draft: Draft, errors: Errors) -> None:
    if len(draft.all) + len(draft.any) > limits.CONDITIONS:
        errors["all"] = _("A rule has at most %(limit)d conditions.") % {"limit": limits.CONDITIONS}
    if len(draft.actions) > limits.ACTIONS:
        errors["actions"] = _("A rule has at most %(limit)d actions.") % {"limit": limits.ACTIONS}
    if not draft.actions:
        errors["actions"] = _("Add at least one action.")


def _terms(
    draft: Draft, block: str, terms: tuple[Term, ...], fields: Mapping[str, Field], errors: Errors
) -> tuple[Term, ...]:
    clean = []
    for index, term in enumerate(terms):
        try:
            clean.append(_parsed(term, draft.list, fields))
        except WrongValue as error:
            errors[f"{block}.{index}"] = str(error)
            clean.append(term)
    return tuple(clean)


def _parsed(term: Term, name: str, fields: Mapping[str, Field]) -> Term:
    """Raises WrongValue."""
    looked_at = fields.get(term.field)
    if looked_at is None and (family := FIELDS.family_of(term.field)):
        raise WrongValue(_("“%(field)s” needs a key, such as plan.") % {"field": family.label})
    if looked_at is None:
        raise WrongValue(_("There is no field “%(key)s” (any more).") % {"key": term.field})
    if not looked_at.stands_in(name):
        raise WrongValue(_("“%(field)s” cannot stand in this list.") % {"field": looked_at.label})
    try:
        return Term(term.field, term.operator, looked_at.parse(term.operator, term.value))
    except UnknownKey:
        raise WrongValue(_("“%(field)s” cannot be compared like this.") % {"field": looked_at.label}) from None


def _steps(steps: tuple[Step, ...], errors: Errors) -> tuple[Step, ...]:
    clean = []
    for index, step in enumerate(steps):
        clean.append(step)
        if step.kind not in ACTIONS:
            errors[f"actions.{index}"] = _("There is no such action.")
            continue
        try:
            clean[-1] = Step(step.kind, ACTIONS.get(step.kind).parse(step.values))
        except WrongValues as error:
            errors.update({f"actions.{index}.{name}": sentence for name, sentence in error.errors.items()})
    return tuple(clean)
