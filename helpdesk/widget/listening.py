"""Visitors at the other end of a stream: told of their own conversations, by the session in their hand."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from helpdesk.cases import feed
from helpdesk.cases.listening import News
from helpdesk.lib.errors import Refusal
from helpdesk.widget import origins
from helpdesk.widget.models import Session
from helpdesk.widget.services import chats, sessions


@dataclass(frozen=True)
class Visitor:
    """known: whether all profiles of the person are theirs to read, or the one only."""

    session: int
    profile: int
    person: int
    known: bool

    def chunk(self, news: News) -> bytes | None:
        """`{"conversation": 12, "kinds": ["message.added"]}`. Cases.of_customer gives the same answer."""
        if not news.told or not any(self._is_mine(place.profile, place.person) for place in news.places):
            return None
        data = json.dumps({"conversation": news.case, "kinds": news.told}, separators=(",", ":"))
        return f"id: {feed.write(news.position)}\ndata: {data}\n\n".encode()

    def _is_mine(self, profile: int, person: int) -> bool:
        return profile == self.profile or (self.known and person == self.person)


class Visitors:
    """The visitors' `Listeners`."""

    listener = Visitor
    changes = frozenset({"session.ended", "session.identified"})

    def ask(self, request: HttpRequest, name: str) -> Visitor | None:
        """name: the widget's public id."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            chat = chats.named(name)
            if not origins.may_use(chat.widget, request):
                return None
            return _visitor(sessions.resume(chat, token.strip()))
        except Refusal:
            return None

    def renewed(self, known: Iterable[Visitor]) -> dict[Visitor, Visitor | None]:
        """Who still listens was also seen: their days are counted from now on."""
        listening = set(known)
        rows = Session.objects.alive().filter(pk__in={one.session for one in listening}, widget__active=True)
        rows = rows.filter(profile__person__blocked=False).select_related("profile", "account", "widget__chat")
        there = {row.pk: _visitor(row) for row in rows}
        now = timezone.now()
        for days in {row.widget.chat.days for row in rows}:
            stale = [row.pk for row in rows if row.widget.chat.days == days and now - row.seen_at > sessions.SEEN_EVERY]
            if stale:
                Session.objects.filter(pk__in=stale).update(seen_at=now, expires_at=now + timedelta(days=days))
        return {one: there.get(one.session) for one in listening}


def _visitor(session: Session) -> Visitor:
    profile = session.profile
    return Visitor(session.pk, profile.pk, profile.person_id, session.signed_in and profile.is_identified)


VISITORS = Visitors()
