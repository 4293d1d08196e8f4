"""What will have happened: the body of a plan, the same for pages and programs."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.users.models import Agent, Company, CustomField, FieldLevel, Profile, Value
from helpdesk.users.models.fields import FieldKind, Source
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import metadata, values
from helpdesk.users.services.scenes import MOST_COUNTED, Scene

# A person that does not exist yet.
NEW = 0
# Agents and accounts that a plan names; of the others it says how many there are.
MOST_NAMED = 20
TITLES = {
    "name": gettext_lazy("Name"),
    "position": gettext_lazy("Position"),
    "language": gettext_lazy("Language"),
    "note": gettext_lazy("Note"),
    "company": gettext_lazy("Company"),
    "claimed_email": gettext_lazy("E-mail (claimed)"),
    "claimed_phone": gettext_lazy("Phone (claimed)"),
}


class Outlook:
    """A scene, and whose its profiles will be. kind: merge, split or link; whose: {profile id: person id, or NEW}."""

    def __init__(self, kind: str, scene: Scene, whose: Mapping[int, int]) -> None:
        self.kind = kind
        self.scene = scene
        self.whose = dict(whose)
        self.tallies = {person: scene.cases(person) for person in scene.people}
        self.was = {person: {one.pk for one in scene.of(person)} for person in scene.people}
        self.will: dict[int, set[int]] = {person: set() for person in scene.people}
        for profile, person in self.whose.items():
            self.will.setdefault(person, set()).add(profile)

    @property
    def moving(self) -> list[Profile]:
        return [one for one in self.scene.profiles.values() if self.whose[one.pk] != one.person_id]

    def body(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "before": [self._side(person, self.was[person], after=False) for person in sorted(self.was)],
            "after": [self._side(person, ids, after=True) for person, ids in self.after()],
            "profiles": [self._profile(one) for one in self.scene.profiles.values()],
            "fields": list(self._fields()),
            "history": self.history,
        }

    def after(self) -> list[tuple[int, set[int]]]:
        """Those that exist, the new one last."""
        return sorted(((who, ids) for who, ids in self.will.items() if ids), key=lambda side: (side[0] == NEW, side[0]))

    def blocked(self, person: int) -> bool:
        """Whether this person will be: a block goes along with a merge and with a split, not with a single profile."""
        if person == NEW or self.kind == "merge":
            return any(one.blocked for one in self.scene.people.values())
        return self.scene.people[person].blocked

    def _side(self, person: int, ids: set[int], *, after: bool) -> dict[str, Any]:
        mine = [self.scene.profiles[pk] for pk in sorted(ids)]
        name = self._shown(ids).get("name") if after else None
        count = sum(self.tallies[one.person_id].seen.get(one.pk, 0) for one in mine)
        more = any(self.tallies[one.person_id].more for one in mine)
        return {
            "person_id": person or None,
            "name": str((name.value if name else "") or "") if after else self.scene.people[person].name,
            "blocked": self.blocked(person) if after else self.scene.people[person].blocked,
            "user_ids": [one.pk for one in mine],
            "external_ids": [one.address for one in mine if one.kind == ProfileKind.EXTERNAL],
            "cases": {"count": min(count, MOST_COUNTED), "more": more},
        }

    def _profile(self, profile: Profile) -> dict[str, Any]:
        to = self.whose[profile.pk]
        return {
            "user_id": profile.pk,
            "type": profile.kind,
            "address": profile.address,
            "channel": profile.channel.api_key if profile.channel else None,
            "place": profile.channel.title if profile.channel else str(profile.get_kind_display()),
            "level": profile.level,
            "identified": profile.is_identified,
            "from_person_id": profile.person_id,
            "to_person_id": to or None,
            "moves": to != profile.person_id,
        }

    def _shown(self, ids: set[int]) -> dict[str, Value]:
        """What is shown of a person with these profiles, by key."""
        return values.best(said for said in self.scene.said if said.profile_id in ids)

    def _fields(self) -> Iterator[dict[str, Any]]:
        """What becomes of each value that is shown now, or will be. See `_outcome`."""
        shown = {person: self._shown(ids) for person, ids in self.was.items()}
        for person, ids in self.after():
            will, before = self._shown(ids), shown.get(person, {})
            here = [said for now in shown.values() for said in now.values() if said.profile_id in ids]
            gone = [said for key, said in before.items() if key not in will]
            words = {said.pk: said for said in (*here, *will.values(), *gone) if said.value is not None}
            for said in sorted(words.values(), key=lambda one: (one.key != "name", one.key, one.pk)):
                yield self._field(person, said, self._outcome(person, said, will, shown))

    def _outcome(
        self, person: int, said: Value, will: Mapping[str, Value], shown: Mapping[int, Mapping[str, Value]]
    ) -> str:
        """kept: shown as before; adopted: shown from now on; shadowed: kept, but another is shown; lost: goes away."""
        winner = will.get(said.key)
        if winner is None:
            return "lost"
        if winner.pk != said.pk:
            return "shadowed"
        owner = self.scene.profiles[said.profile_id].person_id
        there = shown[owner].get(said.key)
        return "kept" if there and there.pk == said.pk and (owner == person or person == NEW) else "adopted"

    def _field(self, person: int, said: Value, outcome: str) -> dict[str, Any]:
        title, text = self._named(said)
        return {
            "key": said.key.removeprefix(values.CUSTOM).replace(metadata.PREFIX, f"{metadata.NAME}."),
            "title": title,
            "text": text,
            "outcome": outcome,
            "source": said.source,
            "source_text": str(Source(said.source).label),
            "said_at": said.at.isoformat(),
            "user_id": said.profile_id,
            "from_person_id": self.scene.profiles[said.profile_id].person_id,
            "to_person_id": person or None,
        }

    def _named(self, said: Value) -> tuple[str, str]:
        """(title, value) for people."""
        if said.key == "company":
            return str(TITLES["company"]), self._companies.get(said.value or 0, "")
        field = self._custom.get(said.key.removeprefix(values.CUSTOM)) if said.key.startswith(values.CUSTOM) else None
        if field and field.kind == FieldKind.DROPDOWN:
            return field.title, field.title_of(said.value)
        title = field.title if field else str(TITLES.get(said.key, said.key.split(":", 1)[-1]))
        return title, (_("yes") if said.value else _("no")) if isinstance(said.value, bool) else str(said.value)

    @cached_property
    def _custom(self) -> dict[str, CustomField]:
        return {field.key: field for field in CustomField.objects.filter(level=FieldLevel.USER)}

    @cached_property
    def _companies(self) -> dict[int, str]:
        wanted = {said.value for said in self.scene.said if said.key == "company" and said.value}
        return dict(Company.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}

    @cached_property
    def history(self) -> dict[str, Any]:
        """Who will read conversations that they do not read now, and who no longer will: agents, and widgets' users."""
        now, then = (self._readers(groups) for groups in (self.was, self.will))
        agents_gain = [self._agents[pk] for pk in self._agents if then[pk] - now[pk]]
        agents_lose = [self._agents[pk] for pk in self._agents if now[pk] - then[pk]]
        users = [one for one in self.scene.profiles.values() if one.kind == ProfileKind.VISITOR and one.is_identified]
        groups = {one.pk: (self.was[one.person_id], self.will[self.whose[one.pk]]) for one in users}
        return {
            **_some("agents_gain", agents_gain),
            **_some("agents_lose", agents_lose),
            **_some("users_gain", [pk for pk, (before, after) in groups.items() if after - before]),
            **_some("users_lose", [pk for pk, (before, after) in groups.items() if before - after]),
        }

    def _readers(self, groups: Mapping[int, set[int]]) -> dict[int, set[int]]:
        """{agent: the profiles that they see, where people are grouped so}"""
        places = {who: set[int]().union(*(self._places[pk] for pk in ids)) for who, ids in groups.items()}
        return {
            agent: set[int]().union(*(groups[who] for who in groups if places[who] & channels))
            for agent, channels in self._access.items()
        }

    @cached_property
    def _places(self) -> dict[int, set[int]]:
        """{profile: the channels whose agents see its person}"""
        own = {pk: {one.channel_id} if one.channel_id else set() for pk, one in self.scene.profiles.items()}
        cases = {pk: self.tallies[one.person_id].channels.get(pk, set()) for pk, one in self.scene.profiles.items()}
        return {pk: own[pk] | cases[pk] for pk in own}

    @cached_property
    def _access(self) -> dict[int, set[int]]:
        """{agent: the channels of these that they see}. Administrators, who see all, are not in it."""
        channels = set[int]().union(*self._places.values())
        rows = Agent.channels.through.objects.filter(channel__in=channels, agent__in=self._agents)
        access: dict[int, set[int]] = {pk: set() for pk in self._agents}
        for agent, channel in rows.values_list("agent", "channel"):
            access[agent].add(channel)
        return access

    @cached_property
    def _agents(self) -> dict[int, dict[str, Any]]:
        agents = Agent.objects.filter(is_active=True, is_admin=False).only("pk", "name", "email").order_by("name", "pk")
        return {one.pk: {"staff_id": one.pk, "name": str(one)} for one in agents}


def _some(name: str, found: list[Any]) -> dict[str, Any]:
    return {name: found[:MOST_NAMED], f"{name}_count": len(found)}
