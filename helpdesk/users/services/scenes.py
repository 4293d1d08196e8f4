"""People as they are at one moment: all that a merge, split or link of them depends on."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from helpdesk.users.models import Agent, Apart, Conflict, Link, Person, Profile, Value
from helpdesk.users.services import reading

# Cases that are counted of one person; beyond it stands "1000+".
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Tally:
    """Cases of one person that the agent may see, by profile, and the channels they came by. more: there are more."""

    seen: dict[int, int]
    channels: dict[int, set[int]]
    more: bool


class Scene:
    """Some people, with all their profiles. The number of queries does not depend on how much there is of them."""

    def __init__(self, person_ids: Iterable[int], agent: Agent) -> None:
        """Raises Person.DoesNotExist where there is no such person, or none that the agent may see."""
        wanted = set(person_ids)
        rows = reading.seen_by(agent).filter(person__in=wanted).select_related("channel", "person").order_by("pk")
        self.agent = agent
        self.profiles: dict[int, Profile] = {profile.pk: profile for profile in rows}
        self.people: dict[int, Person] = {one.person_id: one.person for one in self.profiles.values()}
        if wanted - set(self.people):
            raise Person.DoesNotExist

    def of(self, person_id: int) -> list[Profile]:
        return [profile for profile in self.profiles.values() if profile.person_id == person_id]

    @cached_property
    def links(self) -> dict[int, Link]:
        """{profile: its open link}"""
        return {link.profile_id: link for link in Link.objects.filter(profile__person__in=self.people, until=None)}

    @cached_property
    def said(self) -> list[Value]:
        return list(Value.objects.filter(profile__person__in=self.people).order_by("pk"))

    @cached_property
    def apart(self) -> list[Apart]:
        """“Not the same person”, said of two of these profiles."""
        edges = Apart.objects.filter(one__person__in=self.people, other__person__in=self.people, lifted_at=None)
        return list(edges.order_by("pk"))

    @cached_property
    def conflicts(self) -> list[Conflict]:
        """Those between two of these profiles that nobody has decided."""
        both = Conflict.objects.filter(profile__person__in=self.people, account__person__in=self.people)
        return list(both.filter(state=Conflict.State.OPEN).order_by("pk"))

    def cases(self, person_id: int) -> Tally:
        """The cases of a person, of which a thousand are looked at."""
        found = Profile.objects.filter(person=person_id, cases__isnull=False, cases__merged_into=None)
        wanted = found.values_list("pk", "cases__channel", "cases__group", "cases__assignee")
        rows = list(wanted[: MOST_COUNTED + 1])
        tally = Tally({}, {}, len(rows) > MOST_COUNTED)
        for profile, channel, group, assignee in rows[:MOST_COUNTED]:
            tally.channels.setdefault(profile, set()).add(channel)
            tally.seen[profile] = tally.seen.get(profile, 0) + self._sees(channel, group, assignee)
        return tally

    def _sees(self, channel: int, group: int | None, assignee: int | None) -> bool:
        if self.agent.is_admin:
            return True
        mine = group is None or group in self._groups or assignee == self.agent.pk
        return mine and channel in self._channels

    @cached_property
    def _channels(self) -> set[int]:
        return set(self.agent.channels.values_list("pk", flat=True))

    @cached_property
    def _groups(self) -> set[int]:
        return set(self.agent.groups.values_list("pk", flat=True))

    def print(self, kind: str, asked: dict[str, Any]) -> str:
        """The hash of a question of this agent and of all that its answer depends on."""
        people = (self.people[pk] for pk in sorted(self.people))
        state = {
            "people": [[one.pk, one.blocked, one.deleted_at, one.tokens_void_before] for one in people],
            "profiles": [[one.pk, one.person_id, one.level, one.identified_at] for one in self.profiles.values()],
            "links": sorted(link.pk for link in self.links.values()),
            "said": [[one.pk, one.source, one.at, one.value] for one in self.said],
            "apart": [edge.pk for edge in self.apart],
            "conflicts": [conflict.pk for conflict in self.conflicts],
        }
        told = json.dumps([kind, asked, self.agent.pk, state], sort_keys=True, default=str)
        return hashlib.sha256(told.encode()).hexdigest()
