"""Active chats and how they end; open, pending, closed. Ended is not closed; only closed makes a new case."""

from django.utils import timezone

from helpdesk.cases.errors import NotAChat
from helpdesk.cases.models import Case, Status
from helpdesk.cases.services import holding
from helpdesk.events.occasion import occasion, via
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Agent

# Chats ended by one look of the timer.
BATCH = 200


@occasion
def change_status(case: Case, status: str, *, by: Actor | None) -> Case:
    """Sets open, pending or closed. Closing a chat that is under way ends it."""
    case = holding.hold(case.pk)
    if case.active_chat and status == Status.CLOSED:
        return end_chat(case, status, by=by)
    if case.status != status:
        _set(case, status, by)
    return case


def _set(case: Case, status: str, by: Actor | None) -> None:
    old, now = case.status, timezone.now()
    case.status, case.status_at = status, now
    case.closed_at = now if status == Status.CLOSED else None
    case.active = status != Status.CLOSED and case.merged_into_id is None
    changed = ["status", "status_at", "closed_at", "active"]
    if status == Status.CLOSED and case.snoozed_until is not None:
        # What is closed waits for nothing.
        case.snoozed_until = None
        changed.append("snoozed_until")
    if old == Status.CLOSED:
        case.reopened += 1
        changed.append("reopened")
    case.save(update_fields=changed)
    record("case.status_changed", by=by, case=case, old=old, new=status)


@occasion
def end_chat(case: Case, status: str, *, by: Actor | None, why: str = "") -> Case:
    """Ends the chat that is under way, with this status. Raises NotAChat."""
    case = holding.hold(case.pk)
    if not case.active_chat:
        raise NotAChat
    case.active_chat, case.chat_ends_at, case.chat_agent = False, None, None
    case.save(update_fields=["active_chat", "chat_ends_at", "chat_agent"])
    record("chat.ended", by=by, case=case, status=status, why=why)
    if case.status != status:
        _set(case, status, by)
    return case


@occasion
def take_chat(case: Case, agent: Agent, *, by: Actor | None) -> Case:
    """The chat stands in this agent's own list from now on. Raises NotAChat."""
    case = holding.hold(case.pk)
    if not case.active_chat:
        raise NotAChat
    if case.chat_agent_id != agent.pk:
        case.chat_agent = agent
        case.save(update_fields=["chat_agent"])
        if by is not None and by.actor == agent.actor:
            record("chat.taken", by=by, case=case, agent=agent.pk)
        else:
            record("chat.fixed", by=by, case=case, agent=agent.pk, name=str(agent))
    return case


def end_silent_chats() -> int:
    """Ends the chats in which nobody wrote for the channel's time; gives how many.

    Open if the customer spoke last, pending otherwise; never closed by itself.
    """
    due = Case.objects.filter(active_chat=True, chat_ends_at__lte=timezone.now()).order_by("chat_ends_at")
    with via("timer"):
        return sum(_end_silent(case_id) for case_id in due.values_list("pk", flat=True)[:BATCH])


@occasion
def _end_silent(case_id: int) -> bool:
    case = holding.hold(case_id)
    # Somebody may have written, or ended it, since we looked.
    if not case.active_chat or case.chat_ends_at is None or case.chat_ends_at > timezone.now():
        return False
    status = Status.OPEN if case.last_message_by == "profile" else Status.PENDING
    end_chat(case, status, by=None, why="silence")
    return True
