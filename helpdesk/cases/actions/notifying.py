"""Who is to look at a case."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from helpdesk.cases import services as cases
from helpdesk.cases import texts
from helpdesk.cases.actions.base import AGENTS, GROUPS, ROLES, ActionKind, Text, action
from helpdesk.cases.models import Case
from helpdesk.cases.services import notifying
from helpdesk.events.services import Actor
from helpdesk.lib.fields import Fixed, Input, WrongValues
from helpdesk.users.models import Agent

ASSIGNEE, MENTIONED = "assignee", "mentioned"
BY_CASE = Fixed(((ASSIGNEE, _("the assignee")), (MENTIONED, _("whom the note mentions"))))
HOW = Fixed(
    (
        (notifying.INBOX, _("in the inbox")),
        (notifying.MAIL, _("by e-mail")),
        (notifying.BOTH, _("in the inbox and by e-mail")),
    )
)
WHOM = ("who", "agents", "groups", "roles")


@action
class Notify(ActionKind):
    """All who are named in one way or another, each once, as far as they may see the case."""

    key = "notify"
    label = _("Notify agents")
    inputs = (
        Input("who", _("Whom"), "choices", BY_CASE, optional=True),
        Input("agents", _("These agents"), "choices", AGENTS, optional=True),
        Input("groups", _("All of these groups"), "choices", GROUPS, optional=True),
        Input("roles", _("All with these roles"), "choices", ROLES, optional=True),
        Input("how", _("How"), "choice", HOW),
        Text("text", _("Text"), "long_text"),
    )

    def parse(self, values: Mapping[str, Any]) -> dict[str, Any]:
        parsed = super().parse(values)
        if not any(parsed[name] for name in WHOM):
            raise WrongValues({"who": _now("Choose whom to notify, here or in one of the next three.")})
        return parsed

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        text = texts.render(values["text"], case, to=texts.AGENTS)
        cases.notify(case, self._agents(case, values), text, how=values["how"], by=by)

    def _agents(self, case: Case, values: dict[str, Any]) -> list[Agent]:
        given = {name: values.get(name) or [] for name in WHOM}
        rows = Agent.objects.filter(
            Q(pk__in=given["agents"]) | Q(groups__in=given["groups"]) | Q(role__in=given["roles"])
        ).distinct()
        found = list(rows)
        if ASSIGNEE in given["who"] and case.assignee:
            found.append(case.assignee)
        return found + (notifying.mentioned(case) if MENTIONED in given["who"] else [])
