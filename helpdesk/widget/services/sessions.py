"""Sessions of visitors: a token that is told once and kept as a keyed hash, and what ends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from helpdesk.cases.errors import Blocked
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib import crypto
from helpdesk.lib.ids import uuid7
from helpdesk.users.models import Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles
from helpdesk.widget.errors import SessionEnded
from helpdesk.widget.models import Chat, Session
from helpdesk.widget.services import limits

PURPOSE = "visitor-session"
PREFIX = "hv_"
LONGEST = 100  # characters of a token
SEEN_EVERY = timedelta(seconds=30)
# Forgotten sessions are gone; their profiles and cases stay.
KEPT_FOR = timedelta(days=90)
AT_ONCE = 1000


@dataclass(frozen=True)
class Begun:
    """A session, and its token: told in this answer only. token None: the one that the browser has stays good."""

    session: Session
    token: str | None


def begin(chat: Chat, *, visitor: str, consented: bool = False) -> Begun:
    """A session of a new, anonymous visitor. visitor: the network address, counted and not kept.

    consented: the visitor has agreed to the text of consent. Raises TooOften.
    """
    limits.begins(chat, visitor)
    return _begin(chat, timezone.now() if consented else None)


@occasion
def _begin(chat: Chat, consented_at: datetime | None) -> Begun:
    return open_for(chat, newcomer(chat), consented_at=consented_at)


def newcomer(chat: Chat) -> Profile:
    """A profile that nobody has ever written from."""
    return profiles.meet(ProfileKind.VISITOR, uuid7().hex, channel=chat.channel)


def open_for(chat: Chat, profile: Profile, **facts: Any) -> Begun:
    """A session that writes as this profile. In an occasion."""
    token = crypto.token(PREFIX)
    session = Session.objects.create(
        widget=chat.widget,
        profile=profile,
        hash=crypto.digest(PURPOSE, token),
        expires_at=timezone.now() + timedelta(days=chat.days),
        **facts,
    )
    record(
        "session.begun", by=profile, profile=profile, person=profile.person, session=session.pk, widget=chat.widget_id
    )
    return Begun(session, token)


def find(chat: Chat, token: str) -> Session | None:
    """The session behind a token of this chat, while it lasts. One query."""
    if not token.startswith(PREFIX) or len(token) > LONGEST:
        return None
    sessions = Session.objects.alive().select_related("profile__person", "profile__channel", "account__person")
    session = sessions.filter(widget=chat.widget_id, hash__in=crypto.digests(PURPOSE, token)).first()
    return None if session is None or _is_void(session) else session


def resume(chat: Chat, token: str) -> Session:
    """The same, seen now. Raises SessionEnded, Blocked."""
    session = find(chat, token)
    if session is None:
        raise SessionEnded
    if session.profile.person.blocked:
        raise Blocked
    seen(chat, session)
    return session


def seen(chat: Chat, session: Session) -> None:
    """Twice a minute at most: who is there, and from when on the days are counted."""
    now = timezone.now()
    if now - session.seen_at < SEEN_EVERY:
        return
    session.seen_at, session.expires_at = now, now + timedelta(days=chat.days)
    Session.objects.filter(pk=session.pk).update(seen_at=now, expires_at=session.expires_at)


def _is_void(session: Session) -> bool:
    """Whether what was signed for this person then has been revoked since."""
    before = session.account.person.tokens_void_before if session.account else None
    return before is not None and (session.signed_at is None or session.signed_at < before)


@occasion
def end(session: Session, *, by: Actor | None) -> None:
    """Signed out: the token is worth nothing any more. Said and done once."""
    now = timezone.now()
    if Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=now):
        profile = session.profile
        record("session.ended", by=by, profile=profile, person=profile.person, session=session.pk)


def end_others(profile: Profile) -> None:
    """Whoever else holds a token of this profile: from now on it opens more than it did when it was given."""
    Session.objects.filter(profile=profile, ended_at=None).update(ended_at=timezone.now())


def end_of(accounts: Iterable[Profile], *, sids: Iterable[str] | None = None) -> int:
    """Ends what these accounts are signed in with; sids: only what was opened by these sessions of the site.

    Gives how many. In an occasion; the event is the one of who revokes.
    """
    alive = Session.objects.filter(account__in=list(accounts), ended_at=None)
    if sids is not None:
        named = set(sids)
        alive = alive.filter(pk__in=[one.pk for one in alive.only("pk", "sids") if named.intersection(one.sids)])
    return alive.update(ended_at=timezone.now())


def online(chat: Chat) -> int:
    """Visitors whose widget has spoken with us within the last minute."""
    return Session.objects.filter(widget=chat.widget_id).seen_since(timezone.now() - timedelta(minutes=1)).count()


def forget_old() -> int:
    """Deletes sessions that ended long ago; a thousand at a time."""
    old = Session.objects.filter(expires_at__lt=timezone.now() - KEPT_FOR)
    return Session.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])).delete()[0]
