"""The desk's configuration as one JSON file, without secrets: to read, to keep, to carry to another desk."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db import transaction

from helpdesk.events.services import Actor
from helpdesk.ops.exchange.look_ups import LookUps
from helpdesk.ops.exchange.rule_groups import RuleGroups
from helpdesk.ops.exchange.schedules import Schedules
from helpdesk.ops.exchange.section import Section
from helpdesk.ops.exchange.sections import SECTIONS as PLAIN
from helpdesk.ops.exchange.steps import Mistakes, Step
from rules import exchange as rules

__all__ = ("Mistakes", "Step", "export", "load")

FORMAT = "helpdesk-config"
VERSION = 2
# Since 2, rules name their groups. Older files say less, and are read as well.
READ = (1, 2)
RULES = "rules"
# Look-ups name widgets, channels and fields, which stand before them.
SECTIONS: tuple[Section, ...] = (Schedules(), *PLAIN, LookUps(), RuleGroups())
KNOWN = {"format", "version", RULES, *(section.key for section in SECTIONS)}


def export() -> dict[str, Any]:
    """Everything that an import takes."""
    rows = {section.key: [section.dump(row) for row in section.rows()] for section in SECTIONS}
    return {"format": FORMAT, "version": VERSION, **rows, RULES: rules.export()}


def load(data: Any, *, keep: bool, by: Actor | None = None) -> list[Step]:
    """Imports a configuration and says what was done; with keep=False nothing stays, and this is the plan.

    What is there already is found by its key or title, changed where it differs, and never deleted. by: who saves
    the rules. All or nothing: raises Mistakes with all that is wrong, each at its place.
    """
    _check(data)
    steps: list[Step] = []
    wrong: list[str] = []
    with transaction.atomic():
        for work in _works(data, by):
            try:
                with transaction.atomic():
                    steps += work()
            except Mistakes as mistakes:
                wrong += mistakes.lines
        transaction.set_rollback(bool(wrong) or not keep)
    if wrong:
        raise Mistakes(wrong)
    return steps


def _check(data: Any) -> None:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise Mistakes([f'format: this is no configuration file; one begins with {{"format": "{FORMAT}"}}'])
    if data.get("version") not in READ:
        raise Mistakes([f"version: this desk reads versions {min(READ)} to {max(READ)}"])
    wrong = [f"{name}: there is no such part" for name in data if name not in KNOWN]
    parts = [section.key for section in SECTIONS]
    wrong += [f"{key}: this has to be a list" for key in parts if not isinstance(data.get(key, []), list)]
    if wrong:
        raise Mistakes(wrong)


def _works(data: dict[str, Any], by: Actor | None) -> Iterator[Callable[[], list[Step]]]:
    """One piece of work for each row, in the order in which they may name each other."""
    for section in SECTIONS:
        for index, item in enumerate(data.get(section.key, [])):
            yield partial(section.load, item, f"{section.key}[{index}]")
    if RULES in data:
        yield partial(_load_rules, data[RULES], by)


def _load_rules(items: Any, by: Actor | None) -> list[Step]:
    try:
        done = rules.load(items, by=by)
    except rules.WrongRules as error:
        raise Mistakes(error.lines) from error
    return [Step(RULES, change.title, change.verb, change.changes) for change in done]
