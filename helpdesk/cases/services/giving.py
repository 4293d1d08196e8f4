"""Giving cases out: to the next agent in turn, or to the one with the least to do."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count

from helpdesk.cases.models import Case, Turn
from helpdesk.cases.services import holding, reading
from helpdesk.cases.services.lifecycle import take_chat
from helpdesk.cases.services.properties import assign
from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Agent
from helpdesk.users.models.agents import Team


@dataclass(frozen=True)
class Pool:
    """Among whom a case is given out: ids. Without roles: whatever the role; without groups: in any group or none.

    Of these, only who is available and may see the case.
    """

    roles: Collection[int] = ()
    groups: Collection[int] = ()
    without: Collection[int] = ()

    @property
    def key(self) -> str:
        """Whose turns these are: all that give out among the same agents share them."""
        named = (("role", self.roles), ("group", self.groups))
        parts = [f"{name}:{'+'.join(map(str, sorted(ids)))}" for name, ids in named if ids]
        return " ".join(parts)[:90] or "all"

    def of(self, case: Case) -> list[Agent]:
        """The agents in it who are there now and may see the case, by name."""
        agents: Team = reading.who_sees(case).available().exclude(pk__in=self.without)
        if self.roles:
            agents = agents.filter(role__in=self.roles)
        if self.groups:
            members = Agent.groups.through.objects.filter(group__in=self.groups)
            agents = agents.filter(pk__in=members.values("agent"))
        return sorted(agents, key=_place)


@occasion
def assign_in_turn(case: Case, pool: Pool, *, by: Actor | None) -> Case:
    """To the next one after whoever got the last case, by name. Nobody available: nothing changes, and it is said."""
    case = holding.hold(case.pk)
    agent = _next(case, pool)
    return assign(case, agent, by=by) if agent else _nobody(case, by)


@occasion
def assign_least_loaded(case: Case, pool: Pool, *, by: Actor | None) -> Case:
    """To the one with the fewest open cases; among equals, in turn. Nobody available: nothing changes."""
    case = holding.hold(case.pk)
    agent = _next(case, pool, least=True)
    return assign(case, agent, by=by) if agent else _nobody(case, by)


@occasion
def fix_chat(case: Case, agent: Agent, *, by: Actor | None) -> Case:
    """The chat stands in this agent's own list. Where no chat is under way nothing changes, and it is said."""
    case = holding.hold(case.pk)
    if not case.active_chat:
        record("chat.none_to_fix", by=by, case=case)
        return case
    if not reading.who_sees(case).filter(pk=agent.pk).exists():
        return _nobody(case, by)
    return take_chat(case, agent, by=by)


@occasion
def fix_chat_in_turn(case: Case, pool: Pool, *, by: Actor | None) -> Case:
    """The same to the next one in turn; chats and cases have turns of their own."""
    case = holding.hold(case.pk)
    if not case.active_chat:
        record("chat.none_to_fix", by=by, case=case)
        return case
    agent = _next(case, pool, kind="chat")
    return take_chat(case, agent, by=by) if agent else _nobody(case, by)


def _nobody(case: Case, by: Actor | None) -> Case:
    record("case.nobody_available", by=by, case=case)
    return case


def _next(case: Case, pool: Pool, *, least: bool = False, kind: str = "case") -> Agent | None:
    """Whose turn it is, written down. The turn is locked before anybody is counted, so that many at once spread."""
    if not pool.of(case):
        return None  # nobody has to wait for a turn that cannot be taken
    turn = _hold(f"{kind} {pool.key}")
    there = pool.of(case)
    if least:
        there = _least(there, case)
    agent = _after(turn.last, there)
    if agent is not None and turn.last != agent:
        turn.last = agent
        turn.save(update_fields=["last"])
    return agent


def _hold(key: str) -> Turn:
    """The turn, locked: after the case and before the lanes, until the occasion ends.

    Read without its agent: PostgreSQL, when it has waited for a row, joins it with what it had found before.
    """
    made = Turn.objects.get_or_create(key=key)[0]
    return current().lock("turn", Turn.objects.all(), [made.pk])[0]


def _least(agents: list[Agent], case: Case) -> list[Agent]:
    """Those with the fewest open cases, this one not counted."""
    cases = Case.objects.whole().open().exclude(pk=case.pk).filter(assignee__in=[agent.pk for agent in agents])
    loads = dict(cases.order_by().values_list("assignee").annotate(number=Count("pk")))
    fewest = min((loads.get(agent.pk, 0) for agent in agents), default=0)
    return [agent for agent in agents if loads.get(agent.pk, 0) == fewest]


def _after(last: Agent | None, agents: list[Agent]) -> Agent | None:
    """The first whose name comes after that of the last; behind the end, the first of all."""
    later = (agent for agent in agents if last is not None and _place(agent) > _place(last))
    return next(later, agents[0] if agents else None)


def _place(agent: Agent) -> tuple[str, int]:
    return agent.name.casefold(), agent.pk
