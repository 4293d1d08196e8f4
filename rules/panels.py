"""What rules did with a case, for the panel beside it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.users.models import Agent
from rules import services
from rules.models import Run
from rules.services import Line

PASSES = 5
# What a rule says about itself.
OWN = frozenset({"rule.fired", "rule.failed", "rule.paused"})


@dataclass(frozen=True)
class Pass:
    """One pass. fired: rules that did something, or should have; others: those that did not match."""

    pk: int
    at: datetime
    rules: str
    fired: list[Line]
    others: list[Line]


def runs(case: Case, agent: Agent) -> tuple[str, dict[str, Any]]:
    """The last passes over this case: which rules fired, and why the others did not. No query more where none did."""
    rows = list(Run.objects.filter(case=case)[:PASSES])
    return "rules/panel.html", {"case": case, "passes": [_pass(row) for row in rows], "may_edit": agent.is_admin}


def why(case_number: str, event: Event) -> str:
    """The page that says why a rule caused this event; "" for what no rule did. Asked by the timeline."""
    theirs = event.actor_kind == "rule" or event.kind in OWN
    return reverse("case_run_of", args=[case_number, event.pk]) if theirs else ""


def _pass(row: Run) -> Pass:
    lines = services.explain(row)
    return Pass(
        pk=row.pk,
        at=row.at,
        rules=row.get_list_display(),
        fired=[line for line in lines if line.outcome != "missed"],
        others=[line for line in lines if line.outcome == "missed"],
    )
