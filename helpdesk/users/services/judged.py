"""What agents decided about two people, as far as linking asks: who is kept apart, and which conflicts are settled.

An edge stands between two profiles; it keeps the people apart that these belong to now.
"""

from collections.abc import Iterable

from django.db.models import Q
from django.utils import timezone

from helpdesk.events.occasion import current
from helpdesk.events.services import Actor, event, record_all
from helpdesk.users.errors import KeptApart
from helpdesk.users.models import Apart, Conflict, Operation, Person, Profile
from helpdesk.users.models.conflicts import Aparts, Conflicts


def between(one: Person, other: Person) -> Aparts:
    """The edges that stand between any profile of the one and any of the other."""
    there = Q(one__person=one, other__person=other)
    return Apart.objects.filter(there | Q(one__person=other, other__person=one), lifted_at=None)


def check(one: Person, other: Person) -> None:
    """Raises KeptApart where an agent decided that these are two people."""
    if one.pk != other.pk and between(one, other).exists():
        raise KeptApart


def keep(
    profile: Profile, other: Profile, *, by: Actor | None, reason: str = "", operation: Operation | None = None
) -> Apart:
    """From now on no machine links the people of these two. Both are held; twice is once."""
    first, second = sorted((profile.pk, other.pk))
    kind, number = by.actor if by else ("desk", None)
    said = {"actor_kind": kind, "actor_id": number, "reason": reason, "operation": operation}
    apart, _made = Apart.objects.get_or_create(one_id=first, other_id=second, lifted_at=None, defaults=said)
    return apart


def lift(edges: Aparts, *, by: Actor | None, operation: Operation) -> None:
    """An agent decided otherwise: these edges are gone, until the operation is undone."""
    lifted = list(edges.select_related("one"))
    if not lifted:
        return
    Apart.objects.filter(pk__in=[one.pk for one in lifted]).update(lifted_at=timezone.now(), lifted_by=operation)
    _tell("person.apart_lifted", lifted, by)


def undone(operation: Operation, *, by: Actor | None) -> None:
    """What the operation decided is open again: its edges are lifted, those it lifted stand, its conflict is open."""
    mine = Apart.objects.filter(operation=operation, lifted_at=None)
    _tell("person.apart_lifted", list(mine.select_related("one")), by)
    mine.update(lifted_at=timezone.now(), lifted_by=operation.undone_by)
    for edge in Apart.objects.filter(lifted_by=operation):
        if not Apart.objects.filter(one=edge.one_id, other=edge.other_id, lifted_at=None).exists():
            Apart.objects.filter(pk=edge.pk).update(lifted_at=None, lifted_by=None)
    reopen(Conflict.objects.filter(operation=operation), by=by)


def reopen(decided: Conflicts, *, by: Actor | None) -> None:
    """An agent has to judge once more; where there is an open conflict of the same two, that one is enough."""
    again = []
    for conflict in decided.exclude(state=Conflict.State.OPEN).select_related("profile"):
        if Conflict.objects.of_pair(conflict.profile_id, conflict.account_id).open().exists():
            continue
        Conflict.objects.filter(pk=conflict.pk).update(
            state=Conflict.State.OPEN, decided_at=None, actor_kind="", actor_id=None, reason="", operation=None
        )
        made = event("conflict.reopened", by=by, profile=conflict.profile, conflict=conflict.pk)
        made.case_id = conflict.case_id
        again.append(made)
    if again:
        record_all(again)


def _tell(kind: str, edges: Iterable[Apart], by: Actor | None) -> None:
    told = [event(kind, by=by, profile=edge.one, other=edge.other_id) for edge in edges]
    if told:
        record_all(told)


def case_under_way(profile: Profile) -> int | None:
    """The case that this occasion is about, as far as it is the profile's."""
    cases = (one.case_id for one in current().events if one.case_id and one.profile_id == profile.pk)
    return next(cases, None)
