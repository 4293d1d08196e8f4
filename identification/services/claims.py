"""What was said of an account without proof, and is the address of a proven person: for an agent to look at."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from helpdesk.channels.models import Level
from helpdesk.events.services import Actor
from helpdesk.users.errors import UnusableAddress
from helpdesk.users.models import Conflict, Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import conflicts, profiles
from identification.services.accounts import Address

# Of one person's address; a page that somebody plays with must not fill the agents' list.
MOST_OPEN = 20
SAID = {"email": ProfileKind.EMAIL, "phone": ProfileKind.PHONE}


def proven_elsewhere(beside: Iterable[Address], display: Mapping[str, Any]) -> list[Profile]:
    """The profiles of these claimed addresses as far as the person behind them is proven.

    beside: addresses told along that do not count; display: what a token or a page says without proof.
    """
    told = {(one.kind, one.address) for one in beside if one.kind in SAID.values()}
    told |= {(kind, address) for name, kind in SAID.items() if (address := _address(kind, display.get(name)))}
    told = {(kind, address) for kind, address in told if not profiles.links_nobody(kind, address)}
    if not told:
        return []
    theirs = Q()
    for kind, address in told:
        theirs |= Q(kind=kind, address=address)
    proven = Profile.objects.filter(person=OuterRef("person"), level__gte=Level.PROVEN)
    return list(Profile.objects.filter(theirs, Exists(proven), channel=None))


def tell(profile: Profile, claimed: Iterable[Profile], *, by: Actor | None) -> None:
    """A conflict for each that is another person's. All are held; nobody is linked."""
    for account in claimed:
        if account.person_id == profile.person_id:
            continue
        alike = Conflict.objects.open().filter(account=account, kind=Conflict.Kind.CLAIMED)
        if alike.count() < MOST_OPEN:
            conflicts.found(Conflict.Kind.CLAIMED, profile, account, value=account.address, by=by)


def _address(kind: str, told: Any) -> str:
    """In its normal spelling; "" for what is no address: nothing that a page says is an error here."""
    if not isinstance(told, str) or profiles.says_nothing(told):
        return ""
    try:
        return profiles.normal(kind, told)
    except UnusableAddress:
        return ""
