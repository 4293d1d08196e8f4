"""The evidence of conflicts was copied when they were found: who may read it is asked anew each time."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q

from helpdesk.users.models import Agent, Conflict, Link
from helpdesk.users.services import reading

# (profile, person, since, until) of a link to whom the agent may not see
Hidden = tuple[int, int, datetime, datetime | None]


def told_to(agent: Agent, conflicts: Iterable[Conflict]) -> set[int]:
    """Which of these conflicts may tell their evidence: the agent sees all who were one of the two people, or are now.

    Gives ids, with one query however many there are. That both sides are seen is asked elsewhere.
    """
    conflicts = list(conflicts)
    named = {pk for one in conflicts for pk in _profiles(one)}
    people = {pk for one in conflicts for pk in _people(one)}
    seen = reading.seen_by(agent).values("pk")
    rows = Link.objects.filter(Q(person__in=people) | Q(profile__in=named, until=None)).exclude(profile__in=seen)
    hidden = list(rows.values_list("profile", "person", "since", "until"))
    return {one.pk for one in conflicts if not any(_tells_of(one, link) for link in hidden)}


def _tells_of(conflict: Conflict, link: Hidden) -> bool:
    profile, person, since, until = link
    if profile in _profiles(conflict):
        return True
    then = until is None or since <= conflict.found_at < until
    return then and person in _people(conflict)


def _people(conflict: Conflict) -> set[int]:
    return {side["person"] for side in conflict.evidence.values()}


def _profiles(conflict: Conflict) -> set[int]:
    """Those that the evidence names."""
    return {told["user_id"] for side in conflict.evidence.values() for told in _addresses(side)}


def _addresses(side: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield side
    yield from side["also"]
