"""Naming colleagues in a note: an @ before a full name, an e-mail address, or the title of a group."""

from collections import defaultdict
from collections.abc import Mapping, Set

from helpdesk.cases.models import Case, Mention, Message, Reason
from helpdesk.cases.services import reading
from helpdesk.cases.services.notifying import notify
from helpdesk.lib.text import excerpt, fold
from helpdesk.users.models import Agent, Group

# Signs @ that are looked at in one note. Nobody names more people; a pasted log may hold thousands.
MOST = 200
# Characters of the note in what the named are told.
SHOWN = 200

Names = Mapping[str, Set[int]]


def mention(case: Case, message: Message, *, by: Agent) -> list[Agent]:
    """Keeps whom this note names, of those who may see the case, and tells them, except the writer."""
    if "@" not in message.text:
        return []
    there = {agent.pk: agent for agent in reading.who_sees(case)}
    ids = sorted(named(message.text, names_of(there)))
    Mention.objects.bulk_create(Mention(message=message, agent_id=pk) for pk in ids)
    others = [there[pk] for pk in ids if pk != by.pk]
    if others:
        notify(case, others, f"{by}: {excerpt(message.text, SHOWN)}", kind=Reason.MENTION, message=message, by=by)
    return [there[pk] for pk in ids]


def names_of(agents: Mapping[int, Agent]) -> Names:
    """{folded name: agents}: full names, addresses, and titles of groups for all of these who are in them."""
    names: dict[str, set[int]] = defaultdict(set)
    for pk, agent in agents.items():
        for name in (agent.name, agent.email):
            names[fold(name).strip()].add(pk)
    members = Agent.groups.through.objects.filter(agent__in=agents, group__active=True)
    for title, pk in members.values_list("group__title", "agent"):
        names[fold(title).strip()].add(pk)
    names.pop("", None)
    return names


def titles_for(case: Case) -> list[tuple[str, str]]:
    """What can follow an @ in a note about this case: (name, kind), kind agent or group, by name.

    Where two have the same name, their addresses.
    """
    agents = list(reading.who_sees(case))
    alike: dict[str, int] = defaultdict(int)
    for agent in agents:
        alike[fold(agent.name)] += 1
    people = [(agent.name if agent.name and alike[fold(agent.name)] == 1 else agent.email) for agent in agents]
    groups = Group.objects.filter(active=True, agents__in=agents).distinct().values_list("title", flat=True)
    found = [(name, "agent") for name in people] + [(title, "group") for title in groups]
    return sorted(found, key=lambda one: fold(one[0]))


def named(text: str, names: Names) -> set[int]:
    """Whom a text names: after each @ that begins a word, the longest name that ends there as a word, too."""
    text = fold(text)
    lengths = sorted({len(name) for name in names}, reverse=True)
    found: set[int] = set()
    at = -1
    for _number in range(MOST):
        at = text.find("@", at + 1)
        if at < 0:
            break
        if at and _in_a_word(text[at - 1]):
            continue
        ends = (at + 1 + length for length in lengths)
        whole = (text[at + 1 : end] for end in ends if not _in_a_word(text[end : end + 1]))
        found |= next((names[name] for name in whole if name in names), set())
    return found


def _in_a_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
