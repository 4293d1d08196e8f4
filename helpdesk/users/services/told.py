"""What the company's own server tells of its customers: it is done at once (custom channels, point 4)."""

from dataclasses import dataclass, field
from typing import Any, cast

from helpdesk.channels.models import Channel, Level
from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import Actor
from helpdesk.users.errors import AlreadySomeoneElse
from helpdesk.users.models import Conflict, Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.users.services import conflicts, identity, profiles, values


@dataclass(frozen=True)
class Told:
    """The addresses that came along, and what was said of the person."""

    email: str = ""
    phone: str = ""
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NotLinked:
    """An address that was told of one profile and is somebody else's. account: the address's own profile.

    other: the user_custom_id of the same channel that it belongs to; empty where it is proven to be somebody's.
    conflict: for an agent to judge; decided: an agent did, and these are two people.
    """

    address: str
    account: int
    other: str = ""
    conflict: Conflict | None = None
    decided: bool = False

    @property
    def warning(self) -> str:
        """For the company's program; whose it is, only agents are told."""
        if self.decided:
            return f"{self.address} belongs to somebody else, as an agent decided; it was not linked."
        if self.other:
            return f"{self.address} already belongs to another user_custom_id of this channel; it was not linked."
        return f"{self.address} is proven to belong to somebody else; it was not linked."


@dataclass(frozen=True)
class Heard:
    """What became of it. warnings: in words, for the company's program; conflicts: for an agent to judge."""

    warnings: list[str]
    conflicts: tuple[NotLinked, ...] = ()


@occasion
def tell(profile: Profile, told: Told, *, by: Actor | None) -> Heard:
    """Links the addresses to the profile at level 3 and keeps what was said.

    An address that already belongs to another id of the same custom channel is not linked: that is a warning and a
    conflict for an agent, never an error for the customer. Nor is any linked to an id like `null`, behind which there
    may be many people, nor one that many share.
    """
    warnings, accounts = ([_nobody(profile)], []) if is_nobody(profile) else _met(profile, told, by)
    if accounts:
        # All at once: a profile cannot be locked after a person was.
        profiles.hold_people(profile.pk, *(account.pk for account in accounts))
    if told.said:
        # First: the evidence of a conflict has the name that came along.
        values.say(profile, Source.API, told.said, by=by)
    others = tuple(found for account in accounts if (found := _link(profile, account, by)))
    return Heard(warnings + [other.warning for other in others], others)


def is_nobody(profile: Profile) -> bool:
    """Whether its id is what programs write when they have none."""
    return profile.kind == ProfileKind.CUSTOM and profiles.says_nothing(profile.address)


def _nobody(profile: Profile) -> str:
    return f"{profile.address!r} is what programs write when they have no value: many may share it; nothing was linked."


def _met(profile: Profile, told: Told, by: Actor | None) -> tuple[list[str], list[Profile]]:
    """(warnings about values that say nothing or that many share, the profiles of the other addresses)."""
    warnings, accounts = [], []
    for kind, address in ((ProfileKind.EMAIL, told.email), (ProfileKind.PHONE, told.phone)):
        if not address:
            continue
        found = None if profiles.says_nothing(address) else profiles.find(kind, address)
        # Programs say the same with each message: what is theirs already costs no further question.
        if found and found.person_id == profile.person_id:
            accounts.append(found)
        elif profiles.links_nobody(kind, address):
            warnings.append(f"{address!r} is no address of one single person; it was not linked.")
        else:
            accounts.append(found or profiles.meet(kind, address, by=by))
    return warnings, accounts


def _link(profile: Profile, account: Profile, by: Actor | None) -> NotLinked | None:
    address = account.address
    held = current().held
    profile, account = cast(Profile, held[Profile, profile.pk]), cast(Profile, held[Profile, account.pk])
    if account.person_id == profile.person_id:
        return None
    taken = _taken(account, profile.channel, profile)
    if taken:
        return _not_linked(Conflict.Kind.TAKEN, profile, account, taken.address, by)
    try:
        # The server's word joins the address to the writer, not the writer to the address's person, if that is new.
        identity.prove(account, profile, method=Method.API, level=Level.PROVEN, evidence={"told": address}, by=by)
    except AlreadySomeoneElse:
        return _not_linked(Conflict.Kind.PROVEN, profile, account, "", by)
    return None


def _not_linked(kind: str, profile: Profile, account: Profile, other: str, by: Actor | None) -> NotLinked:
    conflict = conflicts.found(kind, profile, account, value=account.address, by=by)
    decided = conflict is None or conflict.state != Conflict.State.OPEN
    return NotLinked(account.address, account.pk, other, conflict, decided)


def _taken(account: Profile, channel: Channel | None, profile: Profile) -> Profile | None:
    """Another id of this custom channel that the address's person already has."""
    if channel is None:
        return None
    same = Profile.objects.filter(person_id=account.person_id, channel=channel, kind=ProfileKind.CUSTOM)
    return same.exclude(pk=profile.pk).order_by("pk").first()
