"""The desk writes: answers and notes of agents, rules and the desk itself."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from helpdesk.cases import files
from helpdesk.cases.errors import EmptyMessage, NewerMessage, NoTransport
from helpdesk.cases.models import Author, Case, Message, Status
from helpdesk.cases.services import holding, mentions
from helpdesk.cases.services.lifecycle import change_status
from helpdesk.cases.services.writing import Body, body, wrote
from helpdesk.channels.models import Channel
from helpdesk.channels.transports import transport_of
from helpdesk.events.occasion import edge, occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Agent, Profile


class SaidBefore(Exception):
    """The same external_id came before, from the same agent in the same case. message: what was kept then."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.pk)
        self.message = message


def reply(
    case: Case,
    text: str = "",
    *,
    html: str = "",
    by: Actor | None,
    stored: tuple[files.Stored, ...] = (),
    external_id: str | None = None,
    if_last_message_id: int | None = None,
) -> Message:
    """An answer to the customer, which leaves by the channel of the customer's last message, and by that one only.

    external_id: the writer's own id of it. Raises EmptyMessage, BadText, NoTransport, SaidBefore, and NewerMessage
    where the last message is another than the one the writer had read.
    """
    clean = body(text, html)
    if not clean.text and not stored:
        raise EmptyMessage
    return _reply(case.pk, Words(clean, stored, external_id), by, if_last_message_id)


@dataclass(frozen=True)
class Words:
    """What the desk says: the cleaned text, files already stored, the writer's own id of it."""

    body: Body
    stored: tuple[files.Stored, ...] = ()
    external_id: str | None = None


@occasion
def _reply(case_id: int, words: Words, by: Actor | None, if_last_message_id: int | None) -> Message:
    case = holding.hold(case_id)
    _check_new(case, words, by, is_note=False)
    if if_last_message_id is not None and case.last_message_id != if_last_message_id:
        raise NewerMessage(last_message_id=case.last_message_id)
    channel, profile = _where(case)
    transport = transport_of(channel)
    if transport is None or not transport.can_send(channel):
        raise NoTransport
    message = _write(case, channel, words, by, to=profile)
    agent = by if isinstance(by, Agent) else None
    resumes = {"resumes": True} if agent and channel.sync and not case.active_chat else {}
    wrote(case, message, chat=channel.sync and (agent is not None or case.active_chat), by=message.author)
    about = {"case": case, "message": message, "profile": profile}
    record("message.added", by=by, **about, author=message.author, note=False, **resumes)
    if agent:
        _answered(case, agent, channel)
    return message


@occasion
def note(
    case: Case,
    text: str,
    *,
    by: Actor | None,
    stored: tuple[files.Stored, ...] = (),
    external_id: str | None = None,
) -> Message:
    """A word among agents; it never leaves. Whom an agent names in it with an @ is told.

    Raises EmptyMessage, BadText, SaidBefore.
    """
    words = Words(body(text), stored, external_id)
    if not words.body.text and not stored:
        raise EmptyMessage
    case = holding.hold(case.pk)
    _check_new(case, words, by, is_note=True)
    message = _write(case, case.channel, words, by, is_note=True)
    case.last_activity_at = message.created_at
    case.save(update_fields=["last_activity_at"])
    record("message.added", by=by, case=case, message=message, author=message.author, note=True)
    if isinstance(by, Agent):
        mentions.mention(case, message, by=by)
    return message


def said_before(case: Case, agent: Agent, external_id: str, *, note: bool) -> Message | None:
    """What this agent already said under this id in the case, or in one that is read as part of it."""
    here = Q(case=case) | Q(case__merged_into=case)
    said = Message.objects.filter(here, agent=agent, note=note, external_id=external_id)
    return said.select_related("case").prefetch_related("attachments").first()


def _check_new(case: Case, words: Words, by: Actor | None, *, is_note: bool) -> None:
    if words.external_id is None or not isinstance(by, Agent):
        return
    before = said_before(case, by, words.external_id, note=is_note)
    if before:
        raise SaidBefore(before)


def _write(
    case: Case, channel: Channel, words: Words, by: Actor | None, *, to: Profile | None = None, is_note: bool = False
) -> Message:
    kind, number = by.actor if by is not None else ("desk", None)
    author = {"agent": Author.AGENT, "rule": Author.RULE}.get(kind, Author.DESK)
    message = Message.objects.create(
        case=case,
        channel=channel,
        author=author,
        agent_id=number if author == Author.AGENT else None,
        rule_id=number if author == Author.RULE else None,
        to=to,
        text=words.body.text,
        html=words.body.html,
        note=is_note,
        external_id=words.external_id,
        from_api=edge() == "api",
    )
    files.attach(message, words.stored)
    return message


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
