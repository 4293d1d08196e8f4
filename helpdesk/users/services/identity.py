"""Who is behind a profile. Only `Link` rows close and open: no case, message or event ever moves.

So each of these verbs touches a handful of rows however long the history is, and its undo is exact, also for
what arrived in between.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from helpdesk.channels.models import Level
from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.errors import AlreadySomeoneElse
from helpdesk.users.models import Agent, Link, Operation, Person, Profile
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.users.services import blocking, judged, profiles, undoing, values


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
    reason: str = "",
) -> Link:
    """From now on this profile is held to be that person's.

    Raises AlreadySomeoneElse where it is proven otherwise, KeptApart where an agent decided otherwise; an agent's link
    (method AGENT) takes that back.
    """
    profile, person = _hold(profile, person)
    ground = Ground(method, level, evidence or {})
    if profile.person_id == person.pk:
        return _strengthen(profile, ground, by)
    if method != Method.AGENT:
        judged.check(profile.person, person)
        if proven_otherwise(profile):
            raise AlreadySomeoneElse
    operation = _operation("link", {"person": person.pk, "before": undoing.before([profile])}, by, reason)
    if method == Method.AGENT:
        judged.lift(judged.between(profile.person, person).of(profile), by=by, operation=operation)
    return _move([profile], person, ground, by, operation)[0]


@occasion
def prove(
    profile: Profile, account: Profile, *, method: str, level: int, evidence: dict[str, Any], by: Actor | None
) -> Link:
    """The one who writes from `profile` has shown to be who `account` belongs to.

    Other profiles of the writer's person come along. Raises AlreadySomeoneElse where `profile` is proven to be
    another person (unless the company's own server says so: method API), or where both people have an external id of
    their own: no machine decides that. Raises KeptApart where an agent decided that they are two.
    """
    held = profiles.hold_people(profile.pk, account.pk)
    profile, person = held[profile.pk], held[account.pk].person
    ground = Ground(method, level, evidence)
    if profile.person_id == person.pk:
        return _strengthen(profile, ground, by)
    if method != Method.AGENT:
        judged.check(profile.person, person)
    if (method != Method.API and proven_otherwise(profile)) or _both_external(held.values()):
        raise AlreadySomeoneElse
    others = [row for row in held.values() if row.person_id == profile.person_id and row.pk != profile.pk]
    operation = _operation("link", {"person": person.pk, "before": undoing.before([profile, *others])}, by)
    if method == Method.AGENT:
        judged.lift(judged.between(profile.person, person), by=by, operation=operation)
    _move(others, person, None, by, operation)
    return _move([profile], person, ground, by, operation)[0]


@occasion
def unlink(profile: Profile, *, by: Actor | None, reason: str = "") -> Profile:
    """This profile is a person of its own again, as sure as its channel alone makes us."""
    (profile,) = profiles.hold(profile.pk)
    person = _apart_from(profile.person)
    operation = _operation("unlink", {"person": person.pk, "before": undoing.before([profile])}, by, reason)
    level = profile.channel.sender_level if profile.channel else Level.ANONYMOUS
    _move([profile], person, Ground(Method.AGENT, level, {"reason": reason}), by, operation)
    record("profile.unlinked", by=by, profile=profile, person=person, operation=operation.pk)
    return profile


@occasion
def merge(
    person: Person, into: Person, *, also: Iterable[Person] = (), by: Actor | None, reason: str = ""
) -> Operation:
    """Two people are one: the profiles of `person` are linked to `into`, each as sure as before.

    also: further people who are the same. A block of one of them holds for all. Where an agent decided that two of
    them are not the same, another agent's merge takes that back; nobody else's can: KeptApart.
    """
    others = [person, *also]
    found = _people(*others, into)
    into = _person(into.pk)
    moving = [profile for other in others for profile in found[other.pk]]
    blocked = not into.blocked and any(_person(other.pk).blocked for other in others)
    plan = {"person": into.pk, "from": [other.pk for other in others], "before": undoing.before(moving)}
    operation = _operation("merge", plan | ({"blocked": into.pk} if blocked else {}), by, reason)
    for other in others:
        if isinstance(by, Agent):
            judged.lift(judged.between(other, into), by=by, operation=operation)
        else:
            judged.check(other, into)
    _move(moving, into, None, by, operation)
    for other in others:
        blocking.lock_as(into, _person(other.pk))
    if blocked:
        blocking.put(into, True)
    for other in others:
        record("person.merged", by=by, person=into, other=other.pk, operation=operation.pk)
    return operation


@occasion
def split(moving: Iterable[Profile], *, by: Actor | None, reason: str = "") -> Operation:
    """These profiles of one person become a person of their own."""
    held = profiles.hold_people(*(profile.pk for profile in moving))
    chosen = [held[profile.pk] for profile in moving]
    person = _apart_from(chosen[0].person)
    operation = _operation("split", {"person": person.pk, "before": undoing.before(chosen)}, by, reason)
    _move(chosen, person, None, by, operation)
    record("person.split", by=by, person=person, other=chosen[0].person_id, operation=operation.pk)
    return operation


@occasion
def keep_apart(profile: Profile, other: Profile, *, by: Actor | None, reason: str = "") -> Operation:
    """Not the same person: no machine links the people of these two profiles again, until that is undone."""
    held = profiles.hold_people(profile.pk, other.pk)
    operation = _operation("apart", {"profiles": sorted((profile.pk, other.pk)), "before": {}}, by, reason)
    judged.keep(held[profile.pk], held[other.pk], by=by, reason=reason, operation=operation)
    return operation


@occasion
def undo(operation: Operation, *, by: Actor | None, reason: str = "") -> Operation:
    """Puts each profile back where it was, as sure as it was. Raises NotUndoable where something newer stands on it."""
    before: dict[str, dict[str, Any]] = operation.plan["before"]
    held = profiles.hold_people(*(int(pk) for pk in before))
    operation = Operation.objects.select_for_update(of=("self",), no_key=True).get(pk=operation.pk)
    undoing.check(operation)
    plan = {"of": operation.pk, "before": undoing.before([held[int(pk)] for pk in before])}
    back = _operation("undo", plan, by, reason)
    blocking.keep(operation, held)
    for pk, was in before.items():
        person = _person(was["person"])
        (link,) = _move([held[int(pk)]], person, _as_before(was), by, back)
        # The restored link stands on what the old one stood on, so that an earlier operation can be undone next.
        Link.objects.filter(pk=link.pk).update(operation=was["operation"])
    undoing.restore_times(before, held)
    blocked = operation.plan.get("blocked")
    if blocked and not undoing.blocked_since(operation, [blocked]):
        blocking.put(_person(blocked), False)
    operation.undone_by = back
    operation.save(update_fields=["undone_by"])
    judged.undone(operation, by=by)
    record("operation.undone", by=by, what=operation.kind, operation=operation.pk)
    return back


def proven_otherwise(profile: Profile) -> bool:
    """Whether more than the channel's own word proves who is behind this profile."""
    if profile.level < Level.PROVEN:
        return False
    return not Link.objects.filter(profile=profile, until=None, method=Method.FIRST).exists()


def _both_external(held: Iterable[Profile]) -> bool:
    """Of all profiles of two people."""
    return len({row.person_id for row in held if row.kind == ProfileKind.EXTERNAL}) > 1


def _hold(profile: Profile, person: Person) -> tuple[Profile, Person]:
    """Both, locked; the persons in one go, in order of id."""
    it = current()
    (held,) = it.lock("profile", Profile.objects.all(), [profile.pk])
    persons = {row.pk: row for row in it.lock("person", Person.objects.all(), [held.person_id, person.pk])}
    held.person = persons[held.person_id]
    return held, persons[person.pk]


def _person(pk: int) -> Person:
    return current().lock("person", Person.objects.all(), [pk])[0]


def _apart_from(person: Person) -> Person:
    """A new person, made out of this one: a block holds for both, or whoever is split off would be free of it."""
    made = Person.objects.create(blocked=person.blocked, codes_locked_at=person.codes_locked_at)
    current().hold(made)
    return made


def _people(*people: Person) -> dict[int, list[Profile]]:
    """{person: its profiles}, all locked."""
    ids = Profile.objects.filter(person__in=people).values_list("pk", flat=True)
    found: dict[int, list[Profile]] = {person.pk: [] for person in people}
    for profile in profiles.hold_people(*ids).values():
        found.setdefault(profile.person_id, []).append(profile)
    return found


def _operation(kind: str, plan: dict[str, Any], by: Actor | None, reason: str = "") -> Operation:
    actor_kind, actor_id = by.actor if by else ("desk", None)
    return Operation.objects.create(
        kind=kind, plan=plan, plan_hash=undoing.plan_hash(plan), actor_kind=actor_kind, actor_id=actor_id, reason=reason
    )


def _strengthen(profile: Profile, ground: Ground, by: Actor | None) -> Link:
    """Already linked: only how sure we are may rise, with its own link row as evidence."""
    if ground.level <= profile.level and profile.level >= Level.VOUCHED:
        return Link.objects.get(profile=profile, until=None)
    operation = _operation("link", {"person": profile.person_id, "before": undoing.before([profile])}, by)
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
    values.settle(*{**people, person.pk: person}.values())
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
