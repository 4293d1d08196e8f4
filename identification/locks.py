"""Beside a case: codes of this person are locked, and an agent may lift that."""

from typing import Any

from django.http import HttpRequest

from helpdesk.cases.models import Case
from helpdesk.inbox.views.verbs import verb
from helpdesk.users.models import Agent
from identification.services import alarms


def panel(case: Case, agent: Agent) -> tuple[str, dict[str, Any]] | None:
    """Only while it is so."""
    return ("identification/lock_panel.html", {}) if alarms.is_locked(case.profile) else None


@verb
def unlock(request: HttpRequest, agent: Agent, case: Case) -> None:
    """Codes of the person are looked at again."""
    alarms.unlock(case.profile, by=agent)
