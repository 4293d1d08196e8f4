"""Macros: several actions with one click, or as one action of a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from helpdesk.cases import services as cases
from helpdesk.cases.actions.base import ACTIONS, ActionKind, action
from helpdesk.cases.models import Case, Macro
from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.errors import Refusal
from helpdesk.lib.fields import Input, Rows, WrongValue, WrongValues

MACROS = Rows("cases.Macro", only=(("owner", None),))
# What makes sense in a rule only.
NOT_IN_MACROS = frozenset({"run_macro", "stop_processing"})
MOST_STEPS = 50

Errors = dict[str, str]
Steps = list[dict[str, Any]]


class BrokenMacro(Refusal):
    code = "broken_macro"
    sentence = _("This macro cannot be used.")


def check(steps: Any) -> tuple[Steps, Errors]:
    """[{"kind", "values"}] in the spelling that is kept, and what is wrong, by path ("0.text"), in sentences."""
    if not isinstance(steps, list) or not steps or len(steps) > MOST_STEPS:
        return [], {"": _now("A macro has between 1 and %(most)d actions.") % {"most": MOST_STEPS}}
    clean: Steps = []
    errors: Errors = {}
    for index, step in enumerate(steps):
        try:
            clean.append(_checked(step))
        except WrongValue as error:
            errors[str(index)] = str(error)
        except WrongValues as error:
            errors |= {f"{index}.{name}": sentence for name, sentence in error.errors.items()}
    return clean, errors


def _checked(step: Any) -> dict[str, Any]:
    """Raises WrongValue and WrongValues."""
    if not isinstance(step, Mapping) or set(step) - {"kind", "values"}:
        raise WrongValue(_now("An action has a kind and values."))
    kind = step.get("kind")
    if not isinstance(kind, str) or kind not in ACTIONS:
        raise WrongValue(_now("There is no such action."))
    if kind in NOT_IN_MACROS:
        raise WrongValue(_now("“%(action)s” cannot stand in a macro.") % {"action": ACTIONS.get(kind).label})
    return {"kind": kind, "values": ACTIONS.get(kind).parse(step.get("values") or {})}


def problem(macro: Macro) -> str:
    """Why it cannot be used, in a sentence; empty if it can."""
    errors = check(macro.actions)[1]
    return next((_placed(path, sentence) for path, sentence in errors.items()), "")


def _placed(path: str, sentence: str) -> str:
    number = path.partition(".")[0]
    if not number:
        return sentence
    return _now("Action %(number)d: %(sentence)s") % {"number": int(number) + 1, "sentence": sentence}


@occasion
def run_macro(case: Case, macro: Macro, *, by: Actor) -> Case:
    """Does its actions in order, all or none. Raises BrokenMacro, and what a verb raises."""
    steps, errors = check(macro.actions)
    if errors:
        raise BrokenMacro(_now("This macro cannot be used. %(why)s") % {"why": problem(macro)})
    case = cases.hold(case.pk)
    with current().all_or_none():
        record("case.macro_run", by=by, case=case, macro=macro.pk, title=macro.title)
        for step in steps:
            ACTIONS.get(step["kind"]).run(case, step["values"], by=by)
    return case


@dataclass(frozen=True)
class MacroInput(Input):
    """A macro of everybody's that can be used: a rule with one that cannot is invalid, and says so."""

    def parse(self, value: Any, others: Mapping[str, Any]) -> Any:
        chosen = super().parse(value, others)
        if why := problem(Macro.objects.get(pk=chosen)):
            raise WrongValue(_now("This macro cannot be used. %(why)s") % {"why": why})
        return chosen


@action
class RunMacro(ActionKind):
    """It may write to the customer, so the rate is limited as if it did."""

    key = "run_macro"
    label = _("Run a macro")
    inputs = (MacroInput("macro", _("Macro"), "choice", MACROS),)
    answers = True

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        run_macro(case, Macro.objects.get(pk=values["macro"]), by=by)


@occasion
def save(macro: Macro, *, by: Actor | None) -> Macro:
    """Keeps a macro whose steps `check` has found right."""
    macro.save()
    record("macro.saved", by=by, macro=macro.pk, title=macro.title)
    return macro


@occasion
def delete(macro: Macro, *, by: Actor | None) -> None:
    record("macro.deleted", by=by, macro=macro.pk, title=macro.title)
    macro.delete()
