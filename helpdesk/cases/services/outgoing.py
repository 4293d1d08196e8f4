"""The desk writes: answers and notes of agents, rules and the desk itself."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from helpdesk.cases import files
from helpdesk.cases.errors import EmptyMessage, NewerMessage, NoTransport
from helpdesk.cases.models import Author, Case, Message, Status
from helpdesk.cases.services import holding
from helpdesk.cases.services.lifecycle import change_status
from helpdesk.cases.services.writing import Body, body, wrote
from helpdesk.channels.models import Channel
from helpdesk.channels.transports import transport_of
from helpdesk.events.occasion import edge, occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Agent, Profile


def reply(
    case: Case,
    text: str = "",
    *,
    html: str = "",
    by: Actor | None,
    stored: tuple[files.Stored, ...] = (),
    if_last_message_id: int | None = None,
) -> Message:
    """An answer to the customer, which leaves by the channel of the customer's last message, and by that one only.

    Raises EmptyMessage, BadText, NoTransport, and NewerMessage where the last message is another than the one
    the writer had read.
    """
    clean = body(text, html)
    if not clean.text and not stored:
        raise EmptyMessage
    return _reply(case.pk, clean, by, stored, if_last_message_id)


@occasion
def _reply(
    case_id: int, clean: Body, by: Actor | None, stored: tuple[files.Stored, ...], if_last_message_id: int | None
) -> Message:
    case = holding.hold(case_id)
    if if_last_message_id is not None and case.last_message_id != if_last_message_id:
        raise NewerMessage(last_message_id=case.last_message_id)
    channel, profile = _where(case)
    transport = transport_of(channel)
    if transport is None or not transport.can_send(channel):
        raise NoTransport
    message = _write(case, channel, clean, by, to=profile)
    files.attach(message, stored)
    agent = by if isinstance(by, Agent) else None
    wrote(case, message, chat=channel.sync and (agent is not None or case.active_chat), by=message.author)
    record("message.added", by=by, case=case, message=message, profile=profile, author=message.author, note=False)
    if agent:
        _answered(case, agent, channel)
    return message


@occasion
def note(case: Case, text: str, *, by: Actor | None, stored: tuple[files.Stored, ...] = ()) -> Message:
    """A word among agents; it never leaves. Raises EmptyMessage, BadText."""
    clean = body(text)
    if not clean.text and not stored:
        raise EmptyMessage
    case = holding.hold(case.pk)
    message = _write(case, case.channel, clean, by, is_note=True)
    files.attach(message, stored)
    case.last_activity_at = message.created_at
    case.save(update_fields=["last_activity_at"])
    record("message.added", by=by, case=case, message=message, author=message.author, note=True)
    return message


def _write(
    case: Case, channel: Channel, clean: Body, by: Actor | None, *, to: Profile | None = None, is_note: bool = False
) -> Message:
    kind, number = by.actor if by is not None else ("desk", None)
    author = {"agent": Author.AGENT, "rule": Author.RULE}.get(kind, Author.DESK)
    return Message.objects.create(
        case=case,
        channel=channel,
        author=author,
        agent_id=number if author == Author.AGENT else None,
        rule_id=number if author == Author.RULE else None,
        to=to,
        text=clean.text,
        html=clean.html,
        note=is_note,
        from_api=edge() == "api",
    )


def _where(case: Case) -> tuple[Channel, Profile]:
    """Where the customer wrote last, and as whom."""
    here = Q(case=case) | Q(case__merged_into=case)
    messages = Message.objects.filter(here, author=Author.PROFILE).select_related("channel", "profile")
    last = messages.order_by("-pk").first()
    if last is None or last.profile is None:
        return case.channel, case.profile
    return last.channel, last.profile


def _answered(case: Case, agent: Agent, channel: Channel) -> None:
    """An agent's answer takes the chat; by mail, the case waits for the customer now."""
    if not channel.sync:
        change_status(case, Status.PENDING, by=agent)
        return
    if case.chat_agent_id is None:
        case.chat_agent = agent
        case.save(update_fields=["chat_agent"])
        record("chat.taken", by=agent, case=case)
    if case.status == Status.CLOSED:
        change_status(case, Status.OPEN, by=agent)
    case.chat_ends_at = timezone.now() + timedelta(minutes=channel.silence)
    case.save(update_fields=["chat_ends_at"])
