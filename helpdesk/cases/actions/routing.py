"""Where a case goes: status, priority, group, assignee, whose chat it is."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.cases import services as cases
from helpdesk.cases.actions.base import AGENTS, GROUPS, PRIORITY, ROLES, STATUS, ActionKind, action
from helpdesk.cases.models import Case
from helpdesk.events.services import Actor
from helpdesk.lib.fields import Input
from helpdesk.users.models import Agent, Group

# Among whom something is given out; all of them may be left empty.
POOL = (
    Input("roles", _("Only with these roles"), "choices", ROLES, optional=True, lead=_("among")),
    Input("groups", _("Only of these groups"), "choices", GROUPS, optional=True, lead=_("in")),
    Input("without", _("Never to"), "choices", AGENTS, optional=True, lead=_("but not to")),
)


def pool(values: dict[str, Any]) -> cases.Pool:
    return cases.Pool(*(tuple(values.get(one.name) or ()) for one in POOL))


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


@action
class AssignInTurn(ActionKind):
    """Only to agents who are there and may see the case. Where nobody is, nothing changes, and the timeline says so."""

    key = "assign_in_turn"
    label = _("Assign to any available agent, in turn")
    inputs = POOL

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.assign_in_turn(case, pool(values), by=by)


@action
class AssignLeastLoaded(ActionKind):
    key = "assign_least_loaded"
    label = _("Assign to the available agent with the fewest open cases")
    inputs = POOL

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.assign_least_loaded(case, pool(values), by=by)


@action
class FixChat(ActionKind):
    """The chat stands in that agent's own list; where none is under way, nothing happens."""

    key = "fix_chat"
    label = _("Fix the chat to an agent")
    inputs = (Input("agent", _("Agent"), "choice", AGENTS, lead=_("who is")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.fix_chat(case, Agent.objects.get(pk=values["agent"]), by=by)


@action
class FixChatInTurn(ActionKind):
    key = "fix_chat_in_turn"
    label = _("Fix the chat to any available agent, in turn")
    inputs = POOL

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.fix_chat_in_turn(case, pool(values), by=by)
