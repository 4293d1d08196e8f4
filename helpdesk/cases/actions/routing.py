"""Where a case goes: status, priority, group, assignee."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.cases import services as cases
from helpdesk.cases.actions.base import AGENTS, GROUPS, PRIORITY, STATUS, ActionKind, action
from helpdesk.cases.models import Case
from helpdesk.events.services import Actor
from helpdesk.lib.fields import Input
from helpdesk.users.models import Agent, Group


@action
class SetStatus(ActionKind):
    key = "set_status"
    label = _("Set the status")
    inputs = (Input("status", _("Status"), "choice", STATUS, lead=_("to")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.set_status(case, values["status"], by=by)


@action
class SetPriority(ActionKind):
    key = "set_priority"
    label = _("Set the priority")
    inputs = (Input("priority", _("Priority"), "choice", PRIORITY, lead=_("to")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.set_priority(case, values["priority"], by=by)


@action
class SetGroup(ActionKind):
    key = "set_group"
    label = _("Set the group")
    inputs = (Input("group", _("Group"), "choice", GROUPS, optional=True, none=_("none"), lead=_("to")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        group = Group.objects.get(pk=values["group"]) if values["group"] else None
        cases.set_group(case, group, by=by)


@action
class Assign(ActionKind):
    key = "assign"
    label = _("Assign")
    inputs = (Input("agent", _("Agent"), "choice", AGENTS, optional=True, none=_("nobody"), lead=_("to")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        agent = Agent.objects.get(pk=values["agent"]) if values["agent"] else None
        cases.assign(case, agent, by=by)
