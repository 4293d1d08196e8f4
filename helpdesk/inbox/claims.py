"""What channels and pages say of somebody without proof, and whether it is somebody else's."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.channels.models import Level
from helpdesk.inbox.people import place_named
from helpdesk.inbox.sureness import when
from helpdesk.lib.text import one_line
from helpdesk.users.errors import UnusableAddress
from helpdesk.users.models import Person, Profile, Value
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles

# What stands in a profile's display, for people.
DISPLAYED = {
    "name": gettext_lazy("Name"),
    "username": gettext_lazy("User name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "external_id": gettext_lazy("External id"),
}
# The words of a source that are claims by their keys, and what they are.
CLAIMED = {"claimed_email": ProfileKind.EMAIL, "claimed_phone": ProfileKind.PHONE}
ADDRESSES = {"email": ProfileKind.EMAIL, "phone": ProfileKind.PHONE, "external_id": ProfileKind.EXTERNAL}
LONGEST = 200
MOST = 12


@dataclass(frozen=True)
class Claim:
    """`says` this, there and then. warning: why not to believe it, where it is the address of somebody proven."""

    title: str
    text: str
    origin: str
    kind: str = ""
    warning: str = ""


def of(person: Person, theirs: Iterable[Profile], origins: dict[str, Value]) -> list[Claim]:
    """What is only claimed of this person. One query, and only where an address is among it."""
    theirs = list(theirs)
    own = {(profile.kind, profile.address) for profile in theirs}
    claims = [one for one in (*_displayed(theirs), *_said(origins)) if (one.kind, _normal(one)) not in own][:MOST]
    taken = _proven_elsewhere(person, claims)
    return [_warned(claim) if (claim.kind, _normal(claim)) in taken else claim for claim in claims]


def _displayed(theirs: list[Profile]) -> Iterator[Claim]:
    for profile in theirs:
        facts = {"place": place_named(profile), "time": when(profile.created_at, _("today"))}
        origin = _("from %(place)s, first seen %(time)s") % facts
        for name, title in DISPLAYED.items():
            text = profile.display.get(name)
            if isinstance(text, str) and text.strip() and text != profile.person.name:
                yield Claim(str(title), one_line(text)[:LONGEST], origin, ADDRESSES.get(name, ""))


def _said(origins: dict[str, Value]) -> Iterator[Claim]:
    for key, kind in CLAIMED.items():
        said = origins.get(key)
        if said and said.value:
            facts = {"source": Source(said.source).label, "time": when(said.at, _("today"))}
            yield Claim(str(kind.label), str(said.value), _("from %(source)s, %(time)s") % facts, kind)


def _normal(claim: Claim) -> str:
    try:
        return profiles.normal(claim.kind, claim.text) if claim.kind else ""
    except UnusableAddress:
        return ""


def _proven_elsewhere(person: Person, claims: list[Claim]) -> set[tuple[str, str]]:
    """The claimed addresses that are another person's who is proven."""
    wanted = {(claim.kind, address) for claim in claims if (address := _normal(claim))}
    if not wanted:
        return set()
    found = Profile.objects.filter(channel=None, address__in={address for _kind, address in wanted})
    proven = found.filter(person__profiles__level=Level.PROVEN).exclude(person=person)
    return wanted & set(proven.values_list("kind", "address"))


def _warned(claim: Claim) -> Claim:
    warning = _("This is the address of somebody else, who is proven. Do not take them for one another.")
    return Claim(claim.title, claim.text, claim.origin, claim.kind, warning)
