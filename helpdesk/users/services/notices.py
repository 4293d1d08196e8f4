"""Mail from the desk to those who run it."""

from helpdesk.outbox import services as outbox
from helpdesk.users.models import Agent


def tell_admins(subject: str, text: str) -> None:
    """A mail to each active administrator, when the transaction of the caller commits."""
    for agent in Agent.objects.filter(is_active=True, is_admin=True).order_by("pk"):
        tell(agent, subject, text)


def tell(agent: Agent, subject: str, text: str) -> None:
    """A mail to one agent."""
    body = {"agent": agent.pk, "subject": subject, "text": text}
    outbox.enqueue("notice", lane=f"notice:{agent.pk}", group="mail", body=body)
