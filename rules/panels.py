"""What rules did with a case, for the panel beside it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk.cases.models import Case
from helpdesk.users.models import Agent
from rules import services
from rules.models import Run
from rules.services import Line

PASSES = 5


@dataclass(frozen=True)
class Pass:
    """One pass. fired: rules that did something, or should have; others: those that did not match."""

    at: datetime
    rules: str
    fired: list[Line]
    others: list[Line]


def runs(case: Case, agent: Agent) -> tuple[str, dict[str, Any]] | None:
    """The last passes over this case: which rules fired, and why the others did not."""
    rows = list(Run.objects.filter(case=case)[:PASSES])
    if not rows:
        return None
    return "rules/panel.html", {"passes": [_pass(row) for row in rows], "may_edit": agent.is_admin}


def _pass(row: Run) -> Pass:
    lines = services.explain(row)
    return Pass(
        at=row.at,
        rules=row.get_list_display(),
        fired=[line for line in lines if line.outcome != "missed"],
        others=[line for line in lines if line.outcome == "missed"],
    )
