"""Who reads a stream, and what that agent may see: asked once at the start, and again every few seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from helpdesk.users.models import Agent


class Place(NamedTuple):
    """Where a case stands: by this alone it is decided who sees it. Ids."""

    channel: int
    group: int | None
    assignee: int | None


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


def ask(request: HttpRequest) -> Reader | None:
    """Who asks; None for a stranger."""
    agent, session = request.user, request.session.session_key
    if not isinstance(agent, Agent) or not agent.is_active or session is None:
        return None
    return _reader(agent, session)


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
