"""Who reads a stream, and what that agent may see: asked once at the start, and again every few seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from helpdesk.cases import listening
from helpdesk.cases.listening import Listener
from helpdesk.users.models import Agent


class Place(NamedTuple):
    """Where a case stands, and whose it is: by this alone it is decided who sees it. Ids."""

    channel: int
    group: int | None
    assignee: int | None
    profile: int = 0
    person: int = 0


@dataclass(frozen=True)
class Reader:
    """An agent behind a session, and the rights by which facts are chosen.

    stamp: changes with the password, so that a changed password ends the stream like it ends the session.
    """

    agent: int
    session: str
    is_admin: bool
    channels: frozenset[int]
    groups: frozenset[int]
    stamp: str

    def sees(self, place: Place) -> bool:
        """The same answer as `Case.objects.visible_to`, for one case in memory; a test holds the two together."""
        if self.is_admin:
            return True
        if place.channel not in self.channels:
            return False
        return place.group is None or place.group in self.groups or place.assignee == self.agent

    def chunk(self, fact: Any) -> bytes | None:
        """The fact as an event, if it is about what this agent sees and not meant for others only."""
        if fact.only is not None and self.agent not in fact.only:
            return None
        chunk: bytes = fact.chunk
        return chunk if any(self.sees(place) for place in fact.places) else None


def ask(request: HttpRequest) -> Reader | None:
    """Who asks; None for a stranger."""
    agent, session = request.user, request.session.session_key
    if not isinstance(agent, Agent) or not agent.is_active or session is None:
        return None
    return _reader(agent, session)


def everybody(there: Iterable[Listener]) -> dict[Listener, Listener | None]:
    """What these are now, agents and others: another one where rights have changed, None where there is nobody."""
    known = set(there)
    now: dict[Any, Any] = renewed({one for one in known if isinstance(one, Reader)})
    for sort in listening.everybody():
        theirs = {one for one in known if isinstance(one, sort.listener)}
        now |= sort.renewed(theirs) if theirs else {}
    return now


def renewed(readers: Iterable[Reader]) -> dict[Reader, Reader | None]:
    """What these readers are now: changed rights make another reader; signed out or deactivated: None."""
    known = set(readers)
    sessions = Session.objects.filter(session_key__in={one.session for one in known}, expire_date__gt=timezone.now())
    alive = set(sessions.values_list("session_key", flat=True))
    agents = Agent.objects.filter(pk__in={one.agent for one in known}, is_active=True)
    there = {agent.pk: agent for agent in agents.prefetch_related("channels", "groups")}
    return {
        one: _reader(there[one.agent], one.session) if one.session in alive and one.agent in there else None
        for one in known
    }


def _reader(agent: Agent, session: str) -> Reader:
    return Reader(
        agent=agent.pk,
        session=session,
        is_admin=agent.is_admin,
        channels=frozenset(channel.pk for channel in agent.channels.all()),
        groups=frozenset(group.pk for group in agent.groups.all()),
        stamp=agent.get_session_auth_hash(),
    )
