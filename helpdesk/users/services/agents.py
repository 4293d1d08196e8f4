"""Agents: who they are and what they may see."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from helpdesk.channels.models import Channel
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Agent, AgentStatus, Group, Role

# How often a sign of life is written down, at most.
SIGN_OF_LIFE = timedelta(minutes=1)


@occasion
def make(email: str, *, name: str, password: str | None = None, is_admin: bool = False, by: Actor | None) -> Agent:
    """A new agent, with the first status that is available. password None: signs in by a one-time link first."""
    status = AgentStatus.objects.filter(available=True).first()
    agent = Agent.objects.create_user(email, password, name=name, is_admin=is_admin, status=status)
    record("agent.changed", by=by, agent=agent.pk, what="made")
    return agent


@occasion
def give_access(
    agent: Agent, *, channels: Iterable[Channel] = (), groups: Iterable[Group] = (), by: Actor | None
) -> None:
    """Lets the agent see these channels and groups too."""
    agent.channels.add(*channels)
    agent.groups.add(*groups)
    changed(agent, "access", by=by)


@occasion
def changed(agent: Agent, what: str, *, by: Actor | None, **data: Any) -> None:
    """Tells that an agent's account or rights changed: open streams of that agent are ended."""
    record("agent.changed", by=by, agent=agent.pk, what=what, **data)


@occasion
def give_group(group: Group, members: Iterable[Agent], *, by: Actor | None) -> None:
    """Puts exactly these agents into the group. Those who are switched off stay what they were."""
    before = set(group.agents.filter(is_active=True))
    after = set(members)
    group.agents.remove(*(before - after))
    group.agents.add(*(after - before))
    for agent in sorted(before ^ after, key=lambda agent: agent.pk):
        changed(agent, "groups", by=by)


@occasion
def set_status(agent: Agent, status: AgentStatus | None, *, by: Actor | None) -> None:
    """What the agent says about being there; rules give cases out by it."""
    if agent.status_id == (status.pk if status else None):
        return
    old, agent.status, agent.status_at = agent.status_id, status, timezone.now()
    agent.save(update_fields=["status", "status_at"])
    new, title = (status.pk, status.title) if status else (None, "")
    record("agent.status_changed", by=by, agent=agent.pk, old=old, new=new, status=title)


@occasion
def set_role(agent: Agent, role: Role | None, *, by: Actor | None) -> None:
    """What the agent does. It gives no rights, so that nobody's stream ends."""
    if agent.role_id == (role.pk if role else None):
        return
    old, agent.role = agent.role_id, role
    agent.save(update_fields=["role"])
    new, title = (role.pk, role.title) if role else (None, "")
    record("agent.role_changed", by=by, agent=agent.pk, old=old, new=new, role=title)


def seen(*agent_ids: int) -> int:
    """Open inboxes give a sign of life: written down once a minute, and told to nobody. How many were written."""
    now = timezone.now()
    stale = Q(seen_at=None) | Q(seen_at__lt=now - SIGN_OF_LIFE)
    return Agent.objects.filter(stale, pk__in=set(agent_ids)).update(seen_at=now)


def gone(agent: Agent) -> None:
    """The agent signed out. Another inbox of theirs that is still open is heard of within a minute."""
    Agent.objects.filter(pk=agent.pk).update(seen_at=None)
