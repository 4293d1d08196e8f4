"""Recipes: rules for what most desks want, with all that they need, as configuration files that come with the product.

Each has a page in docs/recipes, of which a part is written from the file (recipe_docs).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.fields import FIELDS, Field, remembered
from helpdesk.ops import exchange
from helpdesk.users.models import Agent
from rules import drafts, summary
from rules.models import Rule, RuleList

FOLDER = Path(__file__).parent / "examples"


class NoSuchRecipe(LookupError):
    """No recipe has this key."""


@dataclass(frozen=True)
class Recipe:
    """key: the name of its file and of its page. summary: what it is good for, in a sentence."""

    key: str
    title: Any
    summary: Any

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.key}.json"

    def read(self) -> dict[str, Any]:
        """The file, as an import takes it."""
        data: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return data


RECIPES = (
    Recipe(
        "identification",
        _("Identification by tariff"),
        _("Strangers are asked for a code; who shows one goes to the right group, VIP customers first."),
    ),
    Recipe(
        "out_of_hours",
        _("Answer out of hours"),
        _("Who writes while nobody is there is told so, once a night."),
    ),
    Recipe(
        "round_robin",
        _("Round robin"),
        _("New cases go in turn to the agents who are there; where nobody is, their group is told."),
    ),
    Recipe(
        "auto_close",
        _("Auto-close with a warning"),
        _("A customer who does not answer for three days is warned, and two days later the case is closed."),
    ),
    Recipe(
        "vip_escalation",
        _("VIP escalation"),
        _("Identified VIP customers come first; after 15 minutes without an answer those in charge are told."),
    ),
    Recipe(
        "language_routing",
        _("Language routing"),
        _("A group for each language, found by what is known of the customer or by what they write."),
    ),
)


def find(key: str) -> Recipe:
    """Raises NoSuchRecipe."""
    for recipe in RECIPES:
        if recipe.key == key:
            return recipe
    raise NoSuchRecipe(key)


@dataclass(frozen=True)
class Line:
    """One rule in words. texts: what the customer reads, by language."""

    list: str
    title: str
    when: str
    then: str
    texts: dict[str, str]


@dataclass(frozen=True)
class Plan:
    """What a recipe would do. lines: its rules, each with whether the desk lacks it; others: what they need."""

    lines: list[tuple[Line, bool]]
    others: list[exchange.Step]

    @property
    def adds(self) -> bool:
        """Whether the desk lacks anything of it."""
        return any(new for _line, new in self.lines) or any(step.verb == "new" for step in self.others)


def plan(data: dict[str, Any]) -> Plan:
    """What a configuration with rules would add, in its order. Nothing stays. Raises exchange.Mistakes."""
    wanted = [(rule["list"], rule["title"]) for rule in data["rules"]]
    with transaction.atomic():
        steps = exchange.load(data, keep=True)
        with remembered():
            fields = FIELDS.now()
            rows = Rule.objects.filter(title__in=[title for _list, title in wanted]).with_parts()
            found = {(row.list, row.title): _line(drafts.of(row), fields) for row in rows}
        transaction.set_rollback(True)
    new = [step.verb == "new" for step in steps if step.section == exchange.RULES]
    others = [step for step in steps if step.section != exchange.RULES]
    return Plan(list(zip((found[one] for one in wanted), new, strict=True)), others)


def _line(draft: drafts.Draft, fields: Mapping[str, Field]) -> Line:
    said = (step.values.get("texts") or {} for step in draft.actions)
    texts = {language: text for each in said for language, text in each.items()}
    title_of_list = str(RuleList(draft.list).label)
    return Line(title_of_list, draft.title, summary.conditions(draft, fields), summary.actions(draft), texts)


def lacking(data: dict[str, Any]) -> dict[str, Any]:
    """The part of a configuration that the desk does not have yet: what is there by key or title stays as it is.

    Raises exchange.Mistakes.
    """
    steps = exchange.load(data, keep=False)
    by_part: dict[str, list[bool]] = {}
    for step in steps:
        by_part.setdefault(step.section, []).append(step.verb == "new")
    return {part: _new(rows, by_part.get(part, [])) if isinstance(rows, list) else rows for part, rows in data.items()}


def add(key: str, *, by: Agent) -> list[exchange.Step]:
    """Adds what the desk lacks of a recipe, its rules switched off; gives what was made. Raises exchange.Mistakes."""
    data = lacking(find(key).read())
    data["rules"] = [{**rule, "active": False} for rule in data["rules"]]
    return exchange.load(data, keep=True, by=by)


def _new(rows: list[Any], new: list[bool]) -> list[Any]:
    return [row for row, is_new in zip(rows, new, strict=True) if is_new]
