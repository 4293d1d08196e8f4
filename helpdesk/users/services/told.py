"""What the company's own server tells of its customers: it is done at once (custom channels, point 4)."""

from dataclasses import dataclass, field
from typing import Any, cast

from helpdesk.channels.models import Channel, Level
from helpdesk.events.models import Event
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


@dataclass(frozen=True)
class Conflict:
    """An address that was told of one profile and is somebody else's. account: the address's own profile.

    other: the user_custom_id of the same channel that it belongs to; empty where it is proven to be somebody's.
    """

    address: str
    account: int
    other: str = ""

    @property
    def warning(self) -> str:
        """For the company's program; whose it is, only agents are told."""
        if self.other:
            return f"{self.address} already belongs to another user_custom_id of this channel; it was not linked."
        return f"{self.address} is proven to belong to somebody else; it was not linked."


@dataclass(frozen=True)
class Heard:
    """What became of it. warnings: in words, for the company's program; conflicts: for an agent to judge."""

    warnings: list[str]
    conflicts: tuple[Conflict, ...] = ()


@occasion
def tell(profile: Profile, told: Told, *, by: Actor | None) -> Heard:
    """Links the addresses to the profile at level 3 and keeps what was said.

    An address that already belongs to another id of the same custom channel is not linked: that is a warning and a
    conflict for an agent, never an error for the customer. Nor is any linked to an id like `null`, behind which there
    may be many people.
    """
    warnings, accounts = ([_nobody(profile)], []) if is_nobody(profile) else _met(told, by)
    if accounts:
        # All at once: a profile cannot be locked after a person was.
        profiles.hold_people(profile.pk, *(account.pk for account in accounts))
    conflicts = tuple(found for account in accounts if (found := _link(profile, account, by)))
    for conflict in conflicts:
        _tell_once(profile, conflict, by)
    if told.said:
        values.say(profile, Source.API, told.said, by=by)
    return Heard(warnings + [conflict.warning for conflict in conflicts], conflicts)


def is_nobody(profile: Profile) -> bool:
    """Whether its id is what programs write when they have none."""
    return profile.kind == ProfileKind.CUSTOM and profiles.says_nothing(profile.address)


def _nobody(profile: Profile) -> str:
    return f"{profile.address!r} is what programs write when they have no value: many may share it; nothing was linked."


def _met(told: Told, by: Actor | None) -> tuple[list[str], list[Profile]]:
    """(warnings about values that say nothing, the profiles of the other addresses)."""
    warnings, accounts = [], []
    for kind, address in ((ProfileKind.EMAIL, told.email), (ProfileKind.PHONE, told.phone)):
        if address and profiles.says_nothing(address):
            warnings.append(f"{address!r} is no address of one single person; it was not linked.")
        elif address:
            accounts.append(profiles.meet(kind, address, by=by))
    return warnings, accounts


def _link(profile: Profile, account: Profile, by: Actor | None) -> Conflict | None:
    address = account.address
    held = current().held
    profile, account = cast(Profile, held[Profile, profile.pk]), cast(Profile, held[Profile, account.pk])
    if account.person_id == profile.person_id:
        return None
    taken = _taken(account, profile.channel, profile)
    if taken:
        return Conflict(address, account.pk, other=taken.address)
    try:
        # The server's word joins the address to the writer, not the writer to the address's person, if that is new.
        identity.prove(account, profile, method=Method.API, level=Level.PROVEN, evidence={"told": address}, by=by)
    except AlreadySomeoneElse:
        return Conflict(address, account.pk)
    return None


def _taken(account: Profile, channel: Channel | None, profile: Profile) -> Profile | None:
    """Another id of this custom channel that the address's person already has."""
    if channel is None:
        return None
    same = Profile.objects.filter(person_id=account.person_id, channel=channel, kind=ProfileKind.CUSTOM)
    return same.exclude(pk=profile.pk).order_by("pk").first()


def _tell_once(profile: Profile, conflict: Conflict, by: Actor | None) -> None:
    """Programs say the same address with each message; people need to hear of it once."""
    known = Event.objects.filter(kind="person.conflict", profile_id=profile.pk, data__why=conflict.address)
    if not known.exists():
        account = cast(Profile, current().held[Profile, conflict.account])
        record("person.conflict", by=by, profile=profile, person=account.person, red=True, why=conflict.address)
