"""Profiles: finding, meeting and locking them."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from helpdesk.channels.models import Channel, Level
from helpdesk.events.occasion import Again, current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.text import BadAddress, check_text, normal_email, normal_phone
from helpdesk.users.errors import UnusableAddress
from helpdesk.users.models import BlockedValue, Link, Person, Profile
from helpdesk.users.models.people import Method, ProfileKind

# What programs write when they have no value: these never say who somebody is.
NOBODY = frozenset(
    {
        *("null", "undefined", "none", "nan", "[object object]", "true", "false", "0", "-1"),
        *("unknown", "anonymous", "test"),
    }
)
ADDRESS_LIMIT = 320
SHARED_KINDS = frozenset({ProfileKind.EMAIL, ProfileKind.PHONE})


def normal(kind: str, address: str) -> str:
    """One spelling for each address: e-mail lower-cased, phone as E.164, others as they are.

    Raises UnusableAddress with a sentence.
    """
    try:
        if kind == ProfileKind.EMAIL:
            return normal_email(address)
        if kind == ProfileKind.PHONE:
            return normal_phone(address)
    except BadAddress as error:
        raise UnusableAddress(str(error)) from error
    return check_text(address, limit=ADDRESS_LIMIT)


def says_nothing(address: str) -> bool:
    """Whether this looks like a program's empty value (`null`, `0000…`): it must link nobody."""
    bare = address.strip().casefold()
    return bare in NOBODY or set(bare) <= set("0-+ .")


def links_nobody(kind: str, address: str) -> bool:
    """Whether many may share this address, so that it must not make one person of two.

    A program's empty value, or what the admin wrote under “Shared addresses”; of those only e-mail and phone are
    asked about, by one query. Raises UnusableAddress.
    """
    if says_nothing(address):
        return True
    if kind not in SHARED_KINDS:
        return False
    told = normal(kind, address)
    return any(value.covers(told) for value in BlockedValue.objects.all())


def find(kind: str, address: str, channel: Channel | None = None) -> Profile | None:
    profiles = Profile.objects.select_related("person", "channel")
    return profiles.filter(kind=kind, address=normal(kind, address), channel=channel).first()


@occasion
def meet(
    kind: str,
    address: str,
    *,
    channel: Channel | None = None,
    display: dict[str, Any] | None = None,
    level: int | None = None,
    by: Actor | None = None,
) -> Profile:
    """The profile of this address; made with a person of its own if it was never seen.

    level: how sure we are at first (default: what the channel declares; 0 without one). Raises UnusableAddress.
    """
    found = find(kind, address, channel)
    if found:
        return found
    try:
        with transaction.atomic():
            return _first(kind, normal(kind, address), channel, display or {}, level, by)
    except IntegrityError as error:
        # Somebody else met the same address at the same moment: begin again and find it.
        raise Again from error


def _first(
    kind: str, address: str, channel: Channel | None, display: dict[str, Any], level: int | None, by: Actor | None
) -> Profile:
    level = level if level is not None else (channel.sender_level if channel else Level.ANONYMOUS)
    person = Person.objects.create()
    profile = Profile.objects.create(
        kind=kind,
        channel=channel,
        address=address,
        display=display,
        person=person,
        level=level,
        identified_at=timezone.now() if level >= Level.VOUCHED else None,
    )
    event = record("profile.met", by=by or profile, profile=profile, person=person)
    Link.objects.create(profile=profile, person=person, method=Method.FIRST, level=level, event_id=event.pk)
    it = current()
    it.hold(person)
    it.hold(profile)
    return profile


def hold(*ids: int) -> list[Profile]:
    """Locks profiles, then their persons. Each profile's `person` is the locked one. In order of id."""
    it = current()
    profiles = it.lock("profile", Profile.objects.all(), ids)
    persons = {person.pk: person for person in it.lock("person", Person.objects.all(), _persons(profiles))}
    for profile in profiles:
        profile.person = persons[profile.person_id]
    return profiles


def hold_people(*ids: int) -> dict[int, Profile]:
    """Locks these profiles, all others of their people, and the people. {profile id: profile}.

    Begins the occasion again where somebody was linked to one of them in between.
    """
    wanted = _of_same_people(ids)
    held = {profile.pk: profile for profile in hold(*wanted)}
    if _of_same_people(ids) != wanted:
        raise Again
    return held


def _of_same_people(ids: Iterable[int]) -> set[int]:
    people = Profile.objects.filter(pk__in=ids).values("person_id")
    return set(Profile.objects.filter(person_id__in=people).values_list("pk", flat=True)) | set(ids)


def _persons(profiles: Iterable[Profile]) -> list[int]:
    return [profile.person_id for profile in profiles]


def linked(profile: Profile) -> list[Profile]:
    """All profiles of the person, this one first."""
    others = Profile.objects.select_related("channel").filter(person_id=profile.person_id).exclude(pk=profile.pk)
    return [profile, *others.order_by("pk")]
