"""The agent's button beside a case: ask the company's user database again."""

from django.http import HttpRequest

from helpdesk.cases.models import Case
from helpdesk.inbox.views.verbs import verb
from helpdesk.users.models import Agent
from identification.services import look_ups


@verb
def refresh(request: HttpRequest, agent: Agent, case: Case) -> None:
    """Each account of the person that a look-up asks for is asked for now."""
    for one in look_ups.standings(case.profile.person_id):
        look_ups.refresh(one.profile, by=agent)
