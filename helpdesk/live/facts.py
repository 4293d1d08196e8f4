"""From events to the small facts that a stream tells: which case changed, and how. Never what it says."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from helpdesk.cases import feed
from helpdesk.cases.listening import TOLD_TO_CUSTOMERS
from helpdesk.cases.services import reading
from helpdesk.events.models import Event
from helpdesk.live.readers import Place

# A person's data stand beside their cases; of somebody with thousands, the newest that are not closed are told.
CASES_OF_PEOPLE = 200
# What is told to the agents that it names, and to nobody else.
PERSONAL = frozenset({"case.mentioned", "case.notified"})
Key = tuple[int, tuple[Place, ...], frozenset[int] | None]


@dataclass(frozen=True)
class Fact:
    """kinds: of one or more events of a case that stand side by side. places: who sees one of them may know.

    only: the agents whom it concerns; None: all of those. told: the kinds that the case's customer may know.
    """

    position: feed.Position
    at: datetime
    case: int
    kinds: tuple[str, ...]
    places: tuple[Place, ...]
    only: frozenset[int] | None = None
    told: tuple[str, ...] = ()

    @property
    def chunk(self) -> bytes:
        """The fact as a server-sent event."""
        data = json.dumps({"case": self.case, "kinds": self.kinds}, separators=(",", ":"))
        return f"id: {feed.write(self.position)}\ndata: {data}\n\n".encode()


def facts_of(events: Iterable[Event]) -> list[Fact]:
    """The facts in a stretch of events, in order. Two queries at most, however many events."""
    events = list(events)
    told = [(event, case) for event, cases in _cases(events) for case in cases]
    places = _places({case for _, case in told})
    keyed = ((event, (case, _seen(event, case, places), _only(event))) for event, case in told)
    runs = groupby(keyed, key=lambda pair: pair[1])
    return [_fact(key, [event for event, _ in run]) for key, run in runs if key[1]]


def _fact(key: Key, events: list[Event]) -> Fact:
    last = events[-1]
    position = feed.Position(last.tx, last.pk)
    kinds, told = tuple(event.kind for event in events), tuple(event.kind for event in events if _is_told(event))
    return Fact(position, last.created_at, key[0], kinds, key[1], key[2], told)


def _is_told(event: Event) -> bool:
    return event.kind in TOLD_TO_CUSTOMERS and not event.get("note")


def _only(event: Event) -> frozenset[int] | None:
    return frozenset(event.get("agents", ())) if event.kind in PERSONAL else None


def _cases(events: list[Event]) -> Iterator[tuple[Event, list[int]]]:
    """Each event with the cases whose pages it changes."""
    people = [event for event in events if _about_a_person(event)]
    beside = _beside(people) if people else []
    for event in events:
        if event.case_id is not None:
            other = event.data.get("other") if event.kind in {"case.merged", "case.unmerged"} else None
            yield event, [event.case_id, other] if isinstance(other, int) else [event.case_id]
        elif _about_a_person(event):
            yield (
                event,
                [case for case, profile, person in beside if event.profile_id == profile or event.person_id == person],
            )


def _about_a_person(event: Event) -> bool:
    if event.case_id is not None or event.kind == "profile.met":
        return False
    return event.kind.startswith(("person.", "profile.", "look_up.", "conflict."))


def _beside(events: list[Event]) -> list[tuple[int, int, int]]:
    """(case, profile, person) of the cases that these people have under way."""
    profiles = {event.profile_id for event in events if event.profile_id}
    people = {event.person_id for event in events if event.person_id}
    cases = reading.under_way_of(profiles, people)
    return list(cases.values_list("pk", "profile_id", "profile__person_id")[:CASES_OF_PEOPLE])


def _places(cases: set[int]) -> dict[int, Place]:
    places = reading.places_of(cases)
    return {row[0]: Place(*row[1:]) for row in places}


def _seen(event: Event, case: int, places: dict[int, Place]) -> tuple[Place, ...]:
    """Where the case stands, and where it stood: who loses sight of it is told that it changed, too."""
    place = places.get(case)
    if place is None:
        return ()
    old = event.data.get("old")
    if event.kind == "case.group_changed":
        return (place, place._replace(group=old))
    if event.kind == "case.assigned":
        return (place, place._replace(assignee=old))
    return (place,)
