"""What a session may read: its own conversations; once somebody signed in, those of all profiles of the person."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from helpdesk.cases.errors import NotTheirs
from helpdesk.cases.models import Attachment, Case, Delivery, Message
from helpdesk.cases.models.case import Cases
from helpdesk.cases.models.message import Messages
from helpdesk.lib.ids import is_id
from helpdesk.widget.errors import BadCall
from helpdesk.widget.models import Chat, Session

PAGE, MOST = 50, 100  # messages in one answer


def conversations(session: Session) -> Cases:
    """The conversations of this session's customer; one that was merged into another of theirs is part of it.

    last_text, last_at, last_author: of the last message that this customer may read; unread: answers not yet read.
    """
    mine = Case.objects.of_customer(session.profile, signed_in=session.signed_in)
    apart = mine.exclude(merged_into__in=mine).select_related("channel", "assignee")
    here = Q(case=OuterRef("pk")) | Q(case__merged_into=OuterRef("pk"))
    said = Message.objects.of_customer(session.profile, signed_in=session.signed_in).filter(here).order_by("-pk")
    unread = said.filter(profile=None).exclude(delivery=Delivery.READ).order_by().annotate(all=F("case_id") * 0)
    number = unread.values("all").annotate(number=Count("pk")).values("number")
    return apart.annotate(
        last_text=Subquery(said.values("text")[:1]),
        last_at=Subquery(said.values("created_at")[:1]),
        last_author=Subquery(said.values("author")[:1]),
        unread=Coalesce(Subquery(number), 0),
    )


def conversation(session: Session, number: str) -> Case:
    """One of them, by its id. Raises NotTheirs."""
    mine = Case.objects.of_customer(session.profile, signed_in=session.signed_in).select_related(
        "channel", "assignee", "merged_into"
    )
    found = mine.filter(pk=int(number)).first() if is_id(number) else None
    if found is None:
        raise NotTheirs
    return found


def under_way(chat: Chat, session: Session) -> Case | None:
    """The conversation that goes on in this chat: the customer's last one that is not closed."""
    return (
        Case.objects.of_customer(session.profile, signed_in=session.signed_in)
        .filter(channel=chat.channel)
        .active()
        .newest()
        .first()
    )


@dataclass(frozen=True)
class Stretch:
    """messages: in order; more: whether others lie beyond, in the direction that was asked for."""

    messages: list[Message]
    more: bool


def stretch(session: Session, case: Case, asked: Mapping[str, str]) -> Stretch:
    """The last messages of a conversation, those `after` a message, or those `before` one; at most `limit`.

    By id: two that were written at the same moment have an order, too. Raises BadCall.
    """
    limit = min(_number(asked, "limit") or PAGE, MOST)
    after, before = _number(asked, "after"), _number(asked, "before")
    rows = shown(messages(session, case))
    if after is not None:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
        return Stretch(found[:limit], len(found) > limit)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: limit + 1])
    return Stretch(found[:limit][::-1], len(found) > limit)


def _number(asked: Mapping[str, str], name: str) -> int | None:
    text = asked.get(name)
    if text is None:
        return None
    if not is_id(text):
        raise BadCall(fields={name: [_("This has to be a number.")]})
    return int(text)


def all_messages(session: Session) -> Messages:
    """What was said by and to this customer, wherever."""
    return Message.objects.of_customer(session.profile, signed_in=session.signed_in)


def messages(session: Session, case: Case) -> Messages:
    """What was said in a conversation by and to this customer: in the case, in those merged into it, and in the one
    that it was merged into itself.
    """
    parts = Q(case=case) | Q(case__merged_into=case)
    if case.merged_into_id:
        parts |= Q(case=case.merged_into_id)
    return Message.objects.of_customer(session.profile, signed_in=session.signed_in).filter(parts)


def shown(rows: Messages) -> Messages:
    return rows.select_related("agent").prefetch_related("attachments")


def files_of(number: int) -> QuerySet[Attachment]:
    """The files that a session may have, as long as it lasts and would be answered."""
    rows = Session.objects.alive().filter(pk=number, widget__active=True, profile__person__blocked=False)
    session = rows.select_related("profile", "account").first()
    if session is None:
        return Attachment.objects.none()
    return Attachment.objects.filter(
        message__in=Message.objects.of_customer(session.profile, signed_in=session.signed_in)
    )
