"""Telling agents to look at a case: a line in their inbox, a mail, or both."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from helpdesk.cases.models import Case, Message, Notification, Reason
from helpdesk.cases.services import holding, reading
from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.text import excerpt
from helpdesk.users.models import Agent

# Characters of a notification.
LIMIT = 500
# Mails to one agent about one case; a customer who writes without end must not fill a mailbox. The inbox shows all.
MOST_MAILS, WINDOW = 5, timedelta(minutes=10)
KINDS = {Reason.MENTION: "case.mentioned", Reason.RULE: "case.notified"}
INBOX, MAIL, BOTH = "inbox", "mail", "both"


@occasion
def notify(
    case: Case,
    agents: Iterable[Agent],
    text: str,
    *,
    kind: str = Reason.RULE,
    how: str = INBOX,
    message: Message | None = None,
    by: Actor | None,
) -> list[Agent]:
    """Tells those of these agents who may see the case, each once; gives them. how: inbox, mail or both.

    Nobody to tell: that is said in the timeline. Mail leaves through the outbox when the occasion ends. Told by mail
    alone, it stands among what the agent has read.
    """
    case = holding.hold(case.pk)
    told = list(reading.who_sees(case).filter(pk__in={agent.pk for agent in agents}).order_by("pk"))
    if not told:
        record("case.nobody_notified", by=by, case=case)
        return []
    ids, names = [agent.pk for agent in told], [str(agent) for agent in told]
    about = {"agents": ids, "names": names, "mail": how != INBOX}
    event = record(KINDS[Reason(kind)], by=by, case=case, message=message, **about)
    read_at = timezone.now() if how == MAIL else None
    text = excerpt(text, LIMIT)
    Notification.objects.bulk_create(
        Notification(agent=agent, case=case, kind=kind, text=text, event_id=event.pk, read_at=read_at) for agent in told
    )
    return told


def floods(row: Notification) -> bool:
    """Whether this agent was told of this case so often lately that one more mail says nothing new."""
    lately = Notification.objects.filter(agent=row.agent_id, case=row.case_id, pk__lt=row.pk)
    return lately.filter(created_at__gt=row.created_at - WINDOW).count() >= MOST_MAILS


def mentioned(case: Case) -> list[Agent]:
    """Whom the last note of this occasion names; nobody where there is none."""
    notes = [one for one in current().of("message.added") if one.case_id == case.pk and one.get("note")]
    return list(Agent.objects.filter(mentions__message=notes[-1].message_id)) if notes else []


def read_one(agent: Agent, notification_id: int) -> Notification:
    """The agent has seen it. Raises Notification.DoesNotExist also where it is somebody else's."""
    found = Notification.objects.visible_to(agent).select_related("case").get(pk=notification_id)
    _read(agent, [found.pk])
    return found


def read_all(agent: Agent) -> int:
    """The agent has seen everything; gives how many were new."""
    return _read(agent, None)


def _read(agent: Agent, ids: list[int] | None) -> int:
    rows = Notification.objects.filter(agent=agent, read_at=None)
    return (rows if ids is None else rows.filter(pk__in=ids)).update(read_at=timezone.now())
