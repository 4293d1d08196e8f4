"""What a visitor does in a conversation: says, reads, types."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.core.files.base import File
from django.db.models import Q
from django.utils import timezone

from helpdesk.cases import files
from helpdesk.cases import services as cases
from helpdesk.cases.errors import CaseClosed
from helpdesk.cases.models import Case, Delivery
from helpdesk.events.occasion import occasion
from helpdesk.widget.models import Chat, Session
from helpdesk.widget.services import history, limits

TYPING_EVERY = timedelta(seconds=3)


@dataclass(frozen=True)
class Words:
    """What is said. client_id: the browser's own id of it; the same again is the same message.

    conversation: in which; None: in the one under way, and where there may be several, in a new one.
    """

    text: str
    client_id: str
    conversation: Case | None = None
    uploads: tuple[File, ...] = ()


def say(chat: Chat, session: Session, words: Words) -> cases.Receipt:
    """Keeps what the visitor says. Raises EmptyMessage, BadText, Blocked; and CaseClosed where it names a
    conversation that is closed and there may be several.
    """
    before = cases.received(session.profile, words.client_id)
    if before:
        return before
    case = words.conversation or (history.under_way(chat, session) if chat.is_single else None)
    stored = _stored(words.uploads)
    kept = False
    try:
        got = _say(chat, session, words, case, stored)
        kept = got.created
        return got
    finally:
        if not kept:
            files.discard(stored)


def _stored(uploads: Iterable[File]) -> tuple[files.Stored, ...]:
    """Written before any transaction. Raises FileRefused, and then none is left lying about."""
    found: list[files.Stored] = []
    try:
        found += (files.store(upload) for upload in uploads)
    except files.FileRefused:
        files.discard(found)
        raise
    return tuple(found)


def _say(
    chat: Chat, session: Session, words: Words, case: Case | None, stored: tuple[files.Stored, ...]
) -> cases.Receipt:
    try:
        return _receive(chat, session, words, case, stored)
    except CaseClosed:
        if not chat.is_single:
            raise
        return _receive(chat, session, words, None, stored)


def _receive(
    chat: Chat, session: Session, words: Words, case: Case | None, stored: tuple[files.Stored, ...]
) -> cases.Receipt:
    draft = cases.Draft(
        text=words.text,
        external_id=words.client_id,
        case_id=case.pk if case else None,
        apart=case is None and not chat.is_single,
        stored=stored,
    )
    return cases.receive(session.profile, chat.channel, draft)


def may_say(session: Session, *, visitor: str, files: int = 0) -> None:
    """Counts one message; stands before its files are stored. Raises a Refusal with `wait`."""
    limits.says(session, visitor, files=files)


def read(session: Session, case: Case, up_to: int) -> int:
    """The visitor has seen the answers up to this message; gives how many are news."""
    answers = history.messages(session, case).filter(~Q(delivery=Delivery.READ), pk__lte=up_to, profile=None)
    reports = [cases.Report(pk, Delivery.READ, case_id=where) for pk, where in answers.values_list("pk", "case_id")]
    if reports:
        cases.report(reports)
    return len(reports)


@occasion
def typing(session: Session, case: Case) -> None:
    """Told to agents every three seconds at most."""
    now = timezone.now()
    lately = Q(typed_at=None) | Q(typed_at__lt=now - TYPING_EVERY)
    if Session.objects.filter(lately, pk=session.pk).update(typed_at=now):
        cases.typing(case, by=session.profile)
