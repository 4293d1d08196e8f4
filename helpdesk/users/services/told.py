"""What the company's own server tells of its customers: it is done at once (custom channels, point 4)."""

from dataclasses import dataclass, field
from typing import Any, cast

from helpdesk.channels.models import Channel, Level
from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.errors import AlreadySomeoneElse
from helpdesk.users.models import Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.users.services import identity, profiles, values


@dataclass(frozen=True)
class Told:
    """The addresses that came along, and what was said of the person."""

    email: str = ""
    phone: str = ""
    said: dict[str, Any] = field(default_factory=dict)


@occasion
def tell(profile: Profile, told: Told, *, by: Actor | None) -> list[str]:
    """Links the addresses to the profile at level 3 and keeps what was said; gives warnings in words.

    An address that already belongs to another id of the same custom channel is not linked: that is a warning and a
    conflict for an agent, never an error for the customer.
    """
    warnings, accounts = _met(told, by)
    if accounts:
        # All at once: a profile cannot be locked after a person was.
        profiles.hold_people(profile.pk, *(account.pk for account in accounts))
    warnings += [warning for account in accounts if (warning := _link(profile, account, by))]
    if told.said:
        values.say(profile, Source.API, told.said, by=by)
    return warnings


def _met(told: Told, by: Actor | None) -> tuple[list[str], list[Profile]]:
    """(warnings about values that say nothing, the profiles of the other addresses)."""
    warnings, accounts = [], []
    for kind, address in ((ProfileKind.EMAIL, told.email), (ProfileKind.PHONE, told.phone)):
        if address and profiles.says_nothing(address):
            warnings.append(f"{address!r} is no address of one single person; it was not linked.")
        elif address:
            accounts.append(profiles.meet(kind, address, by=by))
    return warnings, accounts


def _link(profile: Profile, account: Profile, by: Actor | None) -> str:
    address = account.address
    held = current().held
    profile, account = cast(Profile, held[Profile, profile.pk]), cast(Profile, held[Profile, account.pk])
    if account.person_id == profile.person_id:
        return ""
    if _taken(account, profile.channel, profile):
        record("person.conflict", by=by, profile=profile, person=account.person, red=True, why=address)
        return f"{address} already belongs to another user_custom_id of this channel; it was not linked."
    try:
        # The server's word joins the address to the writer, not the writer to the address's person, if that is new.
        identity.prove(account, profile, method=Method.API, level=Level.PROVEN, evidence={"told": address}, by=by)
    except AlreadySomeoneElse:
        record("person.conflict", by=by, profile=profile, person=account.person, red=True, why=address)
        return f"{address} is proven to belong to somebody else; it was not linked."
    return ""


def _taken(account: Profile, channel: Channel | None, profile: Profile) -> bool:
    """Whether the address's person already has another id in this custom channel."""
    if channel is None:
        return False
    same = Profile.objects.filter(person_id=account.person_id, channel=channel, kind=ProfileKind.CUSTOM)
    return same.exclude(pk=profile.pk).exists()
