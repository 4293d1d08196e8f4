"""The rules of the desk, prepared and kept in memory for as long as nothing they depend on changes."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from helpdesk.lib.fields import FIELDS, Field, remembered
from rules import drafts
from rules.evaluator import Checks, Prepared, prepare
from rules.grid import Grid
from rules.models import Revision, Rule, RuleList

# The one row of the table.
ROW = 1


NONE = Grid(())


@dataclass(frozen=True)
class RuleSet:
    """All active rules in order, by list, as they were when `token` was read."""

    token: Any
    lists: Mapping[str, Grid]

    def of(self, name: str) -> Grid:
        return self.lists.get(name, NONE)

    def get(self, rule_id: int) -> Prepared | None:
        return next((rule for rules in self.lists.values() for rule in rules if rule.id == rule_id), None)


_kept = RuleSet(None, {})


def now() -> RuleSet:
    """The rules as they are at this moment. One small query; read and prepared anew only after a change."""
    global _kept
    token = _token()
    if token is None or token != _kept.token:
        _kept = _read(token)
    return _kept


def revise() -> None:
    """Says to all processes that rules, or something they name, have changed in this transaction."""
    Revision.objects.update_or_create(pk=ROW, defaults={"token": uuid.uuid4()})


def _token() -> Any:
    """As the database spells it, to be compared. Plain SQL, for it is asked before each pass: a tenth of the time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM rules_revision WHERE id = %s", [ROW])
        found = cursor.fetchone()
    return found[0] if found else None


def _read(token: Any) -> RuleSet:
    while True:
        with remembered():
            rules = RuleSet(token, _prepared(Rule.objects.running().with_parts()))
        # Three queries are no snapshot: a change in between would mix old conditions with new actions.
        again = _token()
        if again == token:
            return rules
        token = again


def _prepared(rows: Iterable[Rule]) -> dict[str, Grid]:
    fields = FIELDS.now()
    checks: Checks = {}
    lists: dict[str, list[Prepared]] = {name: [] for name in RuleList.values}
    for row in rows:
        lists[row.list].append(of(row, fields, checks))
    return {name: Grid(rules) for name, rules in lists.items()}


def of(row: Rule, fields: Mapping[str, Field], checks: Checks | None = None) -> Prepared:
    """A stored rule, prepared; one that makes no sense any more keeps only the reason."""
    clean, errors = drafts.check(drafts.of(row), fields)
    if errors:
        path, sentence = next(iter(errors.items()))
        problem = f"{place(path)}: {sentence}"[:300]
        return Prepared(row.pk, row.version, row.title, problem=problem)
    return prepare(clean, fields, id=row.pk, version=row.version, checks=checks)


def place(path: str) -> str:
    """An error's path in words: "all.0" → "Condition 1"."""
    part, _dot, rest = path.partition(".")
    number = rest.partition(".")[0]
    names = {"all": _("Condition %s"), "any": _("Condition %s of “any”"), "actions": _("Action %s")}
    if part in names and number.isdecimal():
        return names[part] % (int(number) + 1)
    return {"all": _("Conditions"), "any": _("Conditions"), "actions": _("Actions")}.get(part, _("The rule"))
