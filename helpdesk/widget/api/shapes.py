"""What visitors send and what they are shown. Ids of people, profiles and agents are never among it."""

from typing import Any

from rest_framework import serializers

from helpdesk.cases import files
from helpdesk.cases.models import Attachment, Author, Case, Delivery, Message, Status
from helpdesk.channels.models import Level
from helpdesk.lib.api import Strict
from helpdesk.lib.text import excerpt
from helpdesk.users.api.shapes import Exact, Id, Text
from helpdesk.widget.models import Session
from helpdesk.widget.services import attributes
from helpdesk.widget.services.identifying import Identified

PREVIEW = 160


class NewSession(Strict):
    """attributes: what the form before the chat asked for, and what the page said before there was a session."""

    attributes = serializers.DictField(required=False)
    consent = serializers.BooleanField(required=False)


class SignIn(Strict):
    """One of: token, a JWT that the company's server signed; identifier with identifier_hash; id, without proof."""

    token = Text(required=False, max_length=20_000, trim_whitespace=False)
    identifier = serializers.JSONField(required=False)
    identifier_hash = Text(required=False, max_length=200)
    user_id = serializers.JSONField(required=False)
    user_hash = Text(required=False, max_length=200)
    email = Text(required=False, max_length=320)
    name = Text(required=False, max_length=200, allow_blank=True)
    id = serializers.JSONField(required=False)
    attributes = serializers.DictField(required=False)


class Attributes(Strict):
    attributes = serializers.DictField()


class VisitorMessage(Strict):
    """client_id: of the browser's own making, the same for each try. conversation: where there may be several."""

    text = Text(required=False, allow_blank=True, trim_whitespace=False)
    client_id = Exact()
    conversation = Id(required=False, allow_null=True)


class VisitorForm(VisitorMessage):
    """The same as a form, with files."""

    files = serializers.ListField(child=serializers.FileField(), required=False, max_length=files.MOST)


class ReadUpTo(Strict):
    """message: the newest one that was seen."""

    message = Id()


class Score(Strict):
    """score: 1 (bad) to 5 (very good)."""

    score = serializers.IntegerField(min_value=1, max_value=5)
    comment = Text(required=False, allow_blank=True, max_length=1000)


class Nothing(Strict):
    """An empty object."""


def show_session(session: Session, token: str | None = None, **more: Any) -> dict[str, Any]:
    """token: told once, in the answer that begins a session."""
    told = {
        "level": session.profile.level,
        "verified": session.profile.is_identified,
        "name": attributes.name_of(session),
        "expires_at": session.expires_at.isoformat(),
        **more,
    }
    return {"token": token, **told} if token else told


def show_identified(done: Identified) -> dict[str, Any]:
    facts = {"level": done.level, "verified": done.level >= Level.VOUCHED, "id": done.id}
    return show_session(done.begun.session, done.begun.token) | facts


def show_conversation(case: Case) -> dict[str, Any]:
    """As `history.conversations` gives it."""
    said: Any = case
    return {
        "id": case.pk,
        "number": case.number,
        "subject": case.subject,
        "closed": case.status == Status.CLOSED,
        "under_way": case.active_chat,
        "channel": case.channel.title,
        "agent": case.assignee.name if case.assignee else "",
        "last_text": excerpt(said.last_text or "", PREVIEW),
        "last_at": said.last_at.isoformat() if said.last_at else None,
        "last_author": _author(said.last_author) if said.last_author else None,
        "unread": said.unread,
        "created_at": case.created_at.isoformat(),
    }


def show_message(message: Message, session: Session, conversation: int) -> dict[str, Any]:
    """author: you, agent or desk. client_id: of what this browser, or another of the same customer, has sent."""
    own = message.author == Author.PROFILE
    return {
        "id": message.pk,
        "client_id": message.external_id if own else None,
        "conversation": conversation,
        "author": _author(message.author),
        "name": message.agent.name if message.agent else "",
        "text": message.text,
        "level": message.level if own else None,
        "read": message.delivery == Delivery.READ,
        "at": message.created_at.isoformat(),
        "files": [_show_file(file, session) for file in message.attachments.all()],
    }


def _author(author: str) -> str:
    return {Author.PROFILE: "you", Author.AGENT: "agent"}.get(Author(author), "desk")


def _show_file(file: Attachment, session: Session) -> dict[str, Any]:
    """url: a signed link that ends with the session."""
    return {
        "name": file.name,
        "size": file.size,
        "type": file.mime,
        "inline": file.mime in files.INLINE,
        "ready": file.state == "ready",
        "url": files.link(file, f"visitor:{session.pk}") if file.state == "ready" else None,
    }
