"""Somebody is writing at this moment: told to the other side, and forgotten."""

from helpdesk.cases.models import Case
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Agent


@occasion
def typing(case: Case, *, by: Actor) -> None:
    """Of a customer or an agent. It locks and changes nothing: who calls sees that it is not told too often."""
    kind = "case.agent_typing" if isinstance(by, Agent) else "case.customer_typing"
    record(kind, by=by, case=case)
