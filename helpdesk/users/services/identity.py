"""Who is behind a profile. Only `Link` rows close and open: no case, message or event ever moves.

So each of these verbs touches a handful of rows however long the history is, and its undo is exact, also for
what arrived in between.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from helpdesk.channels.models import Level
from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.errors import AlreadySomeoneElse, NotUndoable
from helpdesk.users.models import Link, Operation, Person, Profile
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.users.services import profiles, values


@dataclass(frozen=True)
class Ground:
    """Why we hold a profile to be somebody's: how we know, how sure we are, and what shows it."""

    method: str
    level: int
    evidence: dict[str, Any]


@occasion
def link(
    profile: Profile,
    person: Person,
    *,
    method: str,
    level: int,
    evidence: dict[str, Any] | None = None,
    by: Actor | None,
) -> Link:
    """From now on this profile is held to be that person's. Raises AlreadySomeoneElse where it is proven otherwise."""
    profile, person = _hold(profile, person)
    ground = Ground(method, level, evidence or {})
    if profile.person_id == person.pk:
        return _strengthen(profile, ground, by)
    if method != Method.AGENT and proven_otherwise(profile):
        raise AlreadySomeoneElse
    operation = _operation("link", {"person": person.pk, "before": _before([profile])}, by)
    return _move([profile], person, ground, by, operation)[0]


@occasion
def prove(
    profile: Profile, account: Profile, *, method: str, level: int, evidence: dict[str, Any], by: Actor | None
) -> Link:
    """The one who writes from `profile` has shown to be who `account` belongs to.

    Other profiles of the writer's person come along. Raises AlreadySomeoneElse where `profile` is proven to be
    another person (unless the company's own server says so: method API), or where both people have an external id of
    their own: no machine decides that.
    """
    held = profiles.hold_people(profile.pk, account.pk)
    profile, person = held[profile.pk], held[account.pk].person
    ground = Ground(method, level, evidence)
    if profile.person_id == person.pk:
        return _strengthen(profile, ground, by)
    if (method != Method.API and proven_otherwise(profile)) or _both_external(profile.person, person):
        raise AlreadySomeoneElse
    others = [row for row in held.values() if row.person_id == profile.person_id and row.pk != profile.pk]
    operation = _operation("link", {"person": person.pk, "before": _before([profile, *others])}, by)
    _move(others, person, None, by, operation)
    return _move([profile], person, ground, by, operation)[0]


@occasion
def unlink(profile: Profile, *, by: Actor | None, reason: str = "") -> Profile:
    """This profile is a person of its own again, as sure as its channel alone makes us."""
    (profile,) = profiles.hold(profile.pk)
    person = Person.objects.create()
    current().hold(person)
    operation = _operation("unlink", {"person": person.pk, "before": _before([profile])}, by, reason)
    level = profile.channel.sender_level if profile.channel else Level.ANONYMOUS
    _move([profile], person, Ground(Method.AGENT, level, {"reason": reason}), by, operation)
    record("profile.unlinked", by=by, profile=profile, person=person, operation=operation.pk)
    return profile


@occasion
def merge(person: Person, into: Person, *, by: Actor | None, reason: str = "") -> Operation:
    """Two people are one: the profiles of `person` are linked to `into`, each as sure as before."""
    moving = _people(person, into)[person.pk]
    operation = _operation("merge", {"person": into.pk, "from": person.pk, "before": _before(moving)}, by, reason)
    _move(moving, into, None, by, operation)
    if person.blocked and not into.blocked:
        Person.objects.filter(pk=into.pk).update(blocked=True)
    record("person.merged", by=by, person=into, other=person.pk, operation=operation.pk)
    return operation


@occasion
def split(moving: Iterable[Profile], *, by: Actor | None, reason: str = "") -> Operation:
    """These profiles of one person become a person of their own."""
    held = profiles.hold_people(*(profile.pk for profile in moving))
    chosen = [held[profile.pk] for profile in moving]
    person = Person.objects.create()
    current().hold(person)
    operation = _operation("split", {"person": person.pk, "before": _before(chosen)}, by, reason)
    _move(chosen, person, None, by, operation)
    record("person.split", by=by, person=person, other=chosen[0].person_id, operation=operation.pk)
    return operation


@occasion
def undo(operation: Operation, *, by: Actor | None) -> Operation:
    """Puts each profile back where it was, as sure as it was. Raises NotUndoable where something newer stands on it."""
    before: dict[str, dict[str, Any]] = operation.plan["before"]
    held = profiles.hold_people(*(int(pk) for pk in before))
    operation = Operation.objects.select_for_update(no_key=True).get(pk=operation.pk)
    standing = Link.objects.filter(profile__in=[int(pk) for pk in before], until=None, operation=operation)
    if operation.undone_by_id or standing.count() != len(before):
        raise NotUndoable
    back = _operation("undo", {"of": operation.pk, "before": _before([held[int(pk)] for pk in before])}, by)
    for pk, was in before.items():
        person = _person(was["person"])
        (link,) = _move([held[int(pk)]], person, _as_before(was), by, back)
        # The restored link stands on what the old one stood on, so that an earlier operation can be undone next.
        Link.objects.filter(pk=link.pk).update(operation=was["operation"])
    operation.undone_by = back
    operation.save(update_fields=["undone_by"])
    record("operation.undone", by=by, what=operation.kind, operation=operation.pk)
    return back


@occasion
def block(person: Person, *, by: Actor | None) -> None:
    """What this person writes makes no case any more."""
    Person.objects.filter(pk=person.pk).update(blocked=True, updated_at=timezone.now())
    record("person.blocked", by=by, person=person)


@occasion
def unblock(person: Person, *, by: Actor | None) -> None:
    Person.objects.filter(pk=person.pk).update(blocked=False, updated_at=timezone.now())
    record("person.unblocked", by=by, person=person)


def proven_otherwise(profile: Profile) -> bool:
    """Whether more than the channel's own word proves who is behind this profile."""
    if profile.level < Level.PROVEN:
        return False
    return not Link.objects.filter(profile=profile, until=None, method=Method.FIRST).exists()


def _both_external(one: Person, other: Person) -> bool:
    external = Profile.objects.filter(person__in=(one, other), kind=ProfileKind.EXTERNAL)
    return external.values("person").distinct().count() > 1


def _hold(profile: Profile, person: Person) -> tuple[Profile, Person]:
    """Both, locked; the persons in one go, in order of id."""
    it = current()
    (held,) = it.lock("profile", Profile.objects.all(), [profile.pk])
    persons = {row.pk: row for row in it.lock("person", Person.objects.all(), [held.person_id, person.pk])}
    held.person = persons[held.person_id]
    return held, persons[person.pk]


def _person(pk: int) -> Person:
    return current().lock("person", Person.objects.all(), [pk])[0]


def _people(*people: Person) -> dict[int, list[Profile]]:
    """{person: its profiles}, all locked."""
    ids = Profile.objects.filter(person__in=people).values_list("pk", flat=True)
    found: dict[int, list[Profile]] = {person.pk: [] for person in people}
    for profile in profiles.hold_people(*ids).values():
        found.setdefault(profile.person_id, []).append(profile)
    return found


def _before(moving: Iterable[Profile]) -> dict[str, dict[str, Any]]:
    """Where these profiles are linked now, to put it back: {profile: {person, method, level, evidence, operation}}."""
    links = Link.objects.filter(profile__in=list(moving), until=None)
    return {
        str(link.profile_id): {
            "person": link.person_id,
            "method": link.method,
            "level": link.level,
            "evidence": link.evidence,
            "operation": link.operation_id,
        }
        for link in links
    }


def _operation(kind: str, plan: dict[str, Any], by: Actor | None, reason: str = "") -> Operation:
    actor_kind, actor_id = by.actor if by else ("desk", None)
    return Operation.objects.create(
        kind=kind, plan=plan, plan_hash=plan_hash(plan), actor_kind=actor_kind, actor_id=actor_id, reason=reason
    )


def plan_hash(plan: dict[str, Any]) -> str:
    """What a plan is known by: a changed world gives another hash."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True, default=str).encode()).hexdigest()


def _strengthen(profile: Profile, ground: Ground, by: Actor | None) -> Link:
    """Already linked: only how sure we are may rise, with its own link row as evidence."""
    if ground.level <= profile.level and profile.level >= Level.VOUCHED:
        return Link.objects.get(profile=profile, until=None)
    operation = _operation("link", {"person": profile.person_id, "before": _before([profile])}, by)
    return _move([profile], profile.person, ground, by, operation)[0]


def _move(
    moving: list[Profile], person: Person, ground: Ground | None, by: Actor | None, operation: Operation
) -> list[Link]:
    """Closes the links of these profiles and opens new ones. ground None: each keeps its own."""
    if not moving:
        return []
    now = timezone.now()
    before = operation.plan["before"]
    Link.objects.filter(profile__in=moving, until=None).update(until=now)
    people = {profile.person_id: profile.person for profile in moving}
    made = []
    for profile in moving:
        why = ground or _as_before(before[str(profile.pk)])
        event = _linked(profile, person, why, by, operation)
        made.append(
            Link(
                profile=profile,
                person=person,
                since=now,
                method=why.method,
                level=why.level,
                evidence=why.evidence,
                event_id=event,
                operation=operation,
            )
        )
        profile.person, profile.level = person, why.level
        profile.identified_at = (profile.identified_at or now) if why.level >= Level.VOUCHED else None
    Profile.objects.bulk_update(moving, ["person", "level", "identified_at"])
    links = Link.objects.bulk_create(made)
    for touched in {**people, person.pk: person}.values():
        values.settle(touched)
    return links


def _as_before(was: dict[str, Any]) -> Ground:
    return Ground(was["method"], was["level"], was["evidence"])


def _linked(profile: Profile, person: Person, why: Ground, by: Actor | None, operation: Operation) -> int:
    event = record(
        "profile.linked",
        by=by,
        profile=profile,
        person=person,
        method=str(Method(why.method).label),
        level=why.level,
        person_name=person.name or profile.address,
        from_person=profile.person_id,
        operation=operation.pk,
    )
    return event.pk
