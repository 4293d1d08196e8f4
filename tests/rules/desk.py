"""Rules for tests, written as a file writes them."""

import json
from pathlib import Path
from typing import Any

from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from rules import drafts, services
from rules.models import Rule

EXAMPLE = Path(__file__).resolve().parents[2] / "helpdesk/ops/examples/identification.json"


def ten_rules() -> list[dict[str, Any]]:
    """The rules of the identification story."""
    rules: list[dict[str, Any]] = json.loads(EXAMPLE.read_text())["rules"]
    return rules


def when(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def do(kind: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "values": values}


def rule(title: str = "A rule", *, list: str = "updated", rule: Rule | None = None, **parts: Any) -> Rule:
    """A saved rule. parts: all, any, actions, stop, active."""
    data = {"list": list, "title": title, "actions": [do("set_priority", priority="high")], **parts}
    draft, errors = drafts.read(data)
    assert not errors
    return services.save(draft, rule=rule, by=None)


def fired(case: Case) -> list[str]:
    """The titles of the rules that fired for this case, in order."""
    events = Event.objects.filter(case_id=case.pk, kind="rule.fired").order_by("pk")
    return [event.data["title"] for event in events]


def fresh(case: Case) -> Case:
    return Case.objects.select_related("group", "profile__person").get(pk=case.pk)
