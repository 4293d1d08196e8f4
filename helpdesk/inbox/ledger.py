"""A person's ledger in words: when, what, by whom, and what shows it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.channels.models import Level
from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.inbox import sureness, timeline
from helpdesk.inbox.people import Names, icon_of, name_of, place_named
from helpdesk.users.models import Agent, Link, Operation, Person, Profile
from helpdesk.users.services import ledger, reading

SHOWN = 50
# What a link is called that is a part of more.
MOVES = {
    "merge": gettext_lazy("Profile moved by a merge"),
    "split": gettext_lazy("Profile split off"),
    "unlink": gettext_lazy("Profile made a person of its own"),
    "undo": gettext_lazy("Profile put back by an undo"),
}
# Of one download; who has more asks by kind.
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Entry:
    """One line. where: address and channel of the profile it is about. evidence, reason: "" where there is none."""

    id: int
    at: datetime
    title: str
    sentence: str
    by: str
    where: str
    icon: str
    evidence: str
    reason: str
    red: bool
    undone: bool = False


@dataclass(frozen=True)
class Around:
    """What the entries of one page name, by id, as far as its reader sees it. links: by the event that told of them.

    people: whose names may be told; reasons: of operations that moved nobody whom the reader does not see.
    """

    people: set[int]
    profiles: dict[int, Profile]
    agents: dict[int, Agent]
    links: dict[int, Link]
    operations: dict[int, Operation]
    reasons: dict[int, str]
    known: sureness.Known


def entries(events: Iterable[Event], person: Person, agent: Agent) -> list[Entry]:
    """Events as lines of this person's ledger, for this reader. The same few queries however many there are."""
    events = list(events)
    around = _around(events, person, agent)
    return [_entry(event, around) for event in events]


def _around(events: Sequence[Event], person: Person, agent: Agent) -> Around:
    seen = reading.seen_by(agent)
    numbers = {event.profile_id for event in events} | {_actor(event, "profile") for event in events}
    numbers |= {event.data.get("account") for event in events if isinstance(event.data.get("account"), int)}
    profiles = seen.select_related("channel", "person").in_bulk(numbers - {None})
    told = Link.objects.filter(profile__in=profiles, event_id__in=[event.pk for event in events])
    links = {link.event_id: link for link in told.select_related("operation", "profile") if link.event_id}
    operations = {event.data.get("operation") for event in events if isinstance(event.data.get("operation"), int)}
    found = Operation.objects.in_bulk(operations)
    acting = {_actor(event, "agent") for event in events} | {one.actor_id for one in found.values()}
    agents = Agent.objects.in_bulk(acting - {None})
    known = sureness.Known(_addresses(profiles, links, seen), {pk: str(one) for pk, one in agents.items()})
    return Around(_people(events, person, seen), profiles, agents, links, found, _reasons(found, seen), known)


def _people(events: Sequence[Event], person: Person, seen: QuerySet[Profile]) -> set[int]:
    """Of the people whom these events are about: this one, those whom the reader sees, and those who are nobody any
    more, and of whose profiles the reader sees all.
    """
    others = {event.person_id for event in events if event.person_id} - {person.pk}
    theirs = Exists(seen.filter(person=OuterRef("pk")))
    hidden = Exists(Link.objects.filter(person=OuterRef("pk")).exclude(profile__in=seen))
    told = Person.objects.filter(theirs | ~hidden, pk__in=others).values_list("pk", flat=True)
    return {person.pk, *told} if others else {person.pk}


def _reasons(operations: dict[int, Operation], seen: QuerySet[Profile]) -> dict[int, str]:
    """What agents wrote about people: not of operations that moved somebody whom the reader does not see any more."""
    hidden = Link.objects.filter(operation=OuterRef("pk")).exclude(profile__in=seen)
    told = Operation.objects.filter(pk__in=operations).exclude(reason="").exclude(Exists(hidden))
    return dict(told.values_list("pk", "reason")) if operations else {}


def _addresses(profiles: dict[int, Profile], links: dict[int, Link], seen: QuerySet[Profile]) -> dict[int, str]:
    """Of the profiles on the page, and of the accounts whose codes were used."""
    accounts = {link.evidence.get("account") for link in links.values()} - profiles.keys()
    missing = [number for number in accounts if isinstance(number, int)]
    more = seen.filter(pk__in=missing).values_list("pk", "address") if missing else ()
    return {**{pk: profile.address for pk, profile in profiles.items()}, **dict(more)}


def _actor(event: Event, kind: str) -> int | None:
    return event.actor_id if event.actor_kind == kind else None


def _entry(event: Event, around: Around) -> Entry:
    profile = around.profiles.get(event.profile_id or 0)
    operation = around.operations.get(event.data.get("operation") or 0)
    by = _by(event, around)
    return Entry(
        id=event.pk,
        at=event.created_at,
        title=_title(event, operation),
        sentence=timeline.sentence(event, by) if _is_told(event, around) else "",
        by=by,
        where=f"{profile.address} · {place_named(profile)}" if profile else "",
        icon=icon_of(profile) if profile else "user-round",
        evidence=_evidence(event, around),
        reason=around.reasons.get(operation.pk, "") if operation and not _is_hidden(event, around) else "",
        red=event.red,
        undone=bool(operation and operation.undone_by_id),
    )


def _is_told(event: Event, around: Around) -> bool:
    """Whether the sentence may stand there. One about somebody whom the reader does not see may hold no free text."""
    if not _is_hidden(event, around):
        return True
    kind = EVENTS.get(event.kind)
    places = {name for _text, name, _spec, _conversion in Formatter().parse(str(kind.sentence)) if name}
    return places <= {"actor", *kind.words}


def _is_hidden(event: Event, around: Around) -> bool:
    """Whether it is about a profile or a person whom the reader does not see."""
    if event.profile_id and event.profile_id not in around.profiles:
        return True
    return bool(event.person_id) and event.person_id not in around.people


def _title(event: Event, operation: Operation | None) -> str:
    """A link by what it was part of; one with the person that it was linked with before is a change of level only."""
    if event.kind == "profile.linked" and operation and operation.kind in MOVES:
        return str(MOVES[operation.kind])
    if event.kind == "profile.linked" and event.data.get("from_person") == event.person_id:
        return _("Level changed: %(level)s") % {"level": Level(event.data.get("level", 0)).label}
    return str(EVENTS.get(event.kind).label)


def _by(event: Event, around: Around) -> str:
    names = Names(_("The customer"), around.agents)
    profile = around.profiles.get(_actor(event, "profile") or 0)
    who = name_of(profile) if profile else names.of(event.actor_kind, event.actor_id)
    return _("%(who)s, by API") % {"who": who} if event.via == "api" else who


def _evidence(event: Event, around: Around) -> str:
    """How we know, by the link that the event told of; for a first meeting, how sure we were."""
    link = around.links.get(event.pk)
    if link is None or _is_hidden(event, around):
        return ""
    sure = sureness.of_link(link, link.level, around.known)
    return ", ".join(part for part in (sure.how or sure.reason, sure.evidence) if part)


def table(events: Iterable[Event], person: Person, agent: Agent) -> Iterable[list[str]]:
    """The lines of a CSV file, its head first. A thousand events at a time."""
    yield [_("time"), _("what"), _("in words"), _("by"), _("profile"), _("evidence"), _("reason"), _("undone")]
    part: list[Event] = []
    for event in events:
        part.append(event)
        if len(part) == 1000:
            yield from map(_cells, entries(part, person, agent))
            part = []
    yield from map(_cells, entries(part, person, agent))


def _cells(entry: Entry) -> list[str]:
    undone = _("yes") if entry.undone else ""
    texts = [entry.title, entry.sentence, entry.by, entry.where, entry.evidence, entry.reason, undone]
    return [entry.at.isoformat(timespec="seconds"), *(harmless(text) for text in texts)]


# What a spreadsheet may take for the beginning of a formula, also in full width, and after what it skips.
FORMULA = re.compile(r"""[\s\x00-\x1f\u200b-\u200f\u2060\ufeff"']*[=+\-@|%＝＋－＠]""")
# Where one that was told of another separator than the comma begins a new cell.
CUT = re.compile(r"([;\t\r\n])")


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet computes, whatever it takes for a separator (OWASP: CSV injection)."""
    first, *more = CUT.split(text)
    return _quoted(text, first) + "".join(_quoted(part, part) for part in more)


def _quoted(tested: str, text: str) -> str:
    return f"'{text}" if FORMULA.match(tested) else text


def groups(chosen: str) -> list[tuple[str, Any, bool]]:
    """(key, heading, whether it is the chosen one); the first stands for all."""
    every = [("", _("All")), *((key, title) for key, (title, _kinds) in ledger.GROUPS.items())]
    return [(key, title, key == chosen) for key, title in every]
