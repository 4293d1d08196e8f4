"""A person's ledger in words: when, what, by whom, and what shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.channels.models import Level
from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.inbox import sureness, timeline
from helpdesk.inbox.people import Names, icon_of, name_of, place_named
from helpdesk.users.models import Agent, Link, Operation, Profile
from helpdesk.users.services import ledger

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
    """What the entries of one page name, by id. links: by the event that told of them."""

    profiles: dict[int, Profile]
    agents: dict[int, Agent]
    links: dict[int, Link]
    operations: dict[int, Operation]
    known: sureness.Known


def entries(events: Iterable[Event]) -> list[Entry]:
    """Events as lines. The same few queries however many there are."""
    events = list(events)
    around = _around(events)
    return [_entry(event, around) for event in events]


def _around(events: Sequence[Event]) -> Around:
    numbers = {event.profile_id for event in events} | {_actor(event, "profile") for event in events}
    numbers |= {event.data.get("account") for event in events if isinstance(event.data.get("account"), int)}
    profiles = Profile.objects.select_related("channel", "person").in_bulk(numbers - {None})
    told = Link.objects.filter(profile__in=profiles, event_id__in=[event.pk for event in events])
    links = {link.event_id: link for link in told.select_related("operation", "profile") if link.event_id}
    operations = {event.data.get("operation") for event in events if isinstance(event.data.get("operation"), int)}
    found = Operation.objects.in_bulk(operations)
    acting = {_actor(event, "agent") for event in events} | {one.actor_id for one in found.values()}
    agents = Agent.objects.in_bulk(acting - {None})
    addresses = _addresses(profiles, links)
    return Around(profiles, agents, links, found, sureness.Known(addresses, {pk: str(a) for pk, a in agents.items()}))


def _addresses(profiles: dict[int, Profile], links: dict[int, Link]) -> dict[int, str]:
    """Of the profiles on the page, and of the accounts whose codes were used."""
    accounts = {link.evidence.get("account") for link in links.values()} - profiles.keys()
    missing = [number for number in accounts if isinstance(number, int)]
    more = Profile.objects.filter(pk__in=missing).values_list("pk", "address") if missing else ()
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
        sentence=timeline.sentence(event, by),
        by=by,
        where=f"{profile.address} · {place_named(profile)}" if profile else "",
        icon=icon_of(profile) if profile else "user-round",
        evidence=_evidence(event, around),
        reason=operation.reason if operation else "",
        red=event.red,
        undone=bool(operation and operation.undone_by_id),
    )


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
    if link is None:
        return ""
    sure = sureness.of_link(link, link.level, around.known)
    return ", ".join(part for part in (sure.how or sure.reason, sure.evidence) if part)


def table(events: Iterable[Event]) -> Iterable[list[str]]:
    """The lines of a CSV file, its head first. A thousand events at a time."""
    yield [_("time"), _("what"), _("in words"), _("by"), _("profile"), _("evidence"), _("reason"), _("undone")]
    part: list[Event] = []
    for event in events:
        part.append(event)
        if len(part) == 1000:
            yield from map(_cells, entries(part))
            part = []
    yield from map(_cells, entries(part))


def _cells(entry: Entry) -> list[str]:
    undone = _("yes") if entry.undone else ""
    texts = [entry.title, entry.sentence, entry.by, entry.where, entry.evidence, entry.reason, undone]
    return [entry.at.isoformat(timespec="seconds"), *(harmless(text) for text in texts)]


# What a spreadsheet may take for the beginning of a formula, also in full width, and after what it skips.
FORMULA = frozenset("=+-@|%\t\r\n＝＋－＠")


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet computes (OWASP: CSV injection)."""
    bare = text.lstrip(" \u00a0\u200b\ufeff\"'")
    return f"'{text}" if bare[:1] in FORMULA and bare else text


def groups(chosen: str) -> list[tuple[str, Any, bool]]:
    """(key, heading, whether it is the chosen one); the first stands for all."""
    every = [("", _("All")), *((key, title) for key, (title, _kinds) in ledger.GROUPS.items())]
    return [(key, title, key == chosen) for key, title in every]
