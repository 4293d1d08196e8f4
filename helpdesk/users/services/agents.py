"""Agents: who they are and what they may see."""

from collections.abc import Iterable
from typing import Any

from helpdesk.channels.models import Channel
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Agent, Group


@occasion
def make(email: str, *, name: str, password: str | None = None, is_admin: bool = False, by: Actor | None) -> Agent:
    """A new agent. password None: signs in by a one-time link first."""
    agent = Agent.objects.create_user(email, password, name=name, is_admin=is_admin)
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
