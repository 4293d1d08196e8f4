"""Making a code for somebody whom the company's server, a signed token or a trusted page names."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.channels.models import Level, Widget
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.crypto import digest
from helpdesk.users.errors import AlreadySomeoneElse
from helpdesk.users.models import Conflict, Profile
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.users.services import conflicts, identity, profiles
from identification import codes
from identification.errors import PersonBlocked, SaysNothing
from identification.models import Code
from identification.services import accounts, claims, naming

PURPOSE = "identification-code"
LIFE = timedelta(minutes=5)
METHODS = {"api": Method.API, "token": Method.TOKEN}


@occasion
def make_code(
    user: Mapping[str, Any],
    *,
    by: Actor | None,
    widget: Widget | None = None,
    level: int = Level.PROVEN,
    method: str = "api",
    display: dict[str, Any] | None = None,
    evidence: dict[str, Any] | None = None,
) -> tuple[str, Code]:
    """A code for the account that `user` describes, in Deskie's words; it is told once and never kept.

    method: who says so: api | token | hash | page. From a server or a token, several addresses are one person at
    once; of page data only the first counts. level: what a redemption is worth (2 for page data). display:
    what was said of the account without proof; evidence: what shows it, for the panel. Raises BadUser, NobodyNamed,
    PersonBlocked.
    """
    account = accounts.read(user)
    profile = account_of(user, by=by, level=level, method=method, display=display or {}, evidence=evidence or {})
    _void_earlier(profile)
    text = codes.make()
    now = timezone.now()
    code = Code.objects.create(
        hash=digest(PURPOSE, codes.normal(text)),
        profile=profile,
        widget=widget,
        payload=json.dumps(account.said) if account.said else "",
        level=level,
        method=method,
        created_at=now,
        expires_at=now + LIFE,
    )
    record("code.made", by=by, profile=profile, person=profile.person, code=code.pk, method=method, level=level)
    return text, code


def account_of(
    user: Mapping[str, Any],
    *,
    by: Actor | None,
    level: int,
    method: str,
    display: dict[str, Any],
    evidence: dict[str, Any],
    also: Iterable[Profile] = (),
) -> Profile:
    """The profile of the account that `user` describes, held, with all profiles of its person; as in `make_code`.

    also: further profiles to hold, with those of their people. Raises BadUser, NobodyNamed, PersonBlocked.
    """
    profile = _profile(accounts.read(user), level, method, display, by, also)
    naming.remember(profile, method, evidence)
    if profile.person.blocked or profile.person.deleted_at:
        raise PersonBlocked
    return profile


def _profile(
    account: accounts.Account,
    level: int,
    method: str,
    display: dict[str, Any],
    by: Actor | None,
    also: Iterable[Profile],
) -> Profile:
    """The account's profile, held; the other addresses that a server or a token told are its person's."""
    own = [one for one in account.addresses if not profiles.links_nobody(one.kind, one.address)]
    if not own:
        raise SaysNothing(fields={account.addresses[0].told_as: [_("Many share this address.")]})
    trusted = own if method in METHODS else own[:1]
    claimed = claims.proven_elsewhere(own[len(trusted) :], display)
    found = [
        accounts.meet(address, level=accounts.first_level(address, level), by=by, display=display if first else {})
        for first, address in zip([True] + [False] * len(trusted), trusted, strict=False)
    ]
    # All at once: a profile cannot be locked after a person was.
    held = profiles.hold_people(*(profile.pk for profile in [*found, *claimed, *also]))
    profile, *others = (held[profile.pk] for profile in found)
    if profile.kind == ProfileKind.EXTERNAL and profile.level < level and method in METHODS:
        # It was first named by a page; now a server or a token stands behind it.
        identity.link(profile, profile.person, method=METHODS[method], level=level, by=by)
    for other in others:
        _join(other, profile, METHODS[method], by)
    claims.tell(profile, [held[one.pk] for one in claimed], by=by)
    return profile


def _join(other: Profile, profile: Profile, method: str, by: Actor | None) -> None:
    """A server's word is done at once; where somebody else is proven to be behind it, an agent judges."""
    if _is_another_account(other, profile):
        conflicts.found(Conflict.Kind.TAKEN, profile, other, value=other.address, by=by)
        return
    try:
        evidence = {"told": other.address}
        identity.prove(other, profile, method=method, level=Level.PROVEN, evidence=evidence, by=by)
    except AlreadySomeoneElse:
        conflicts.found(Conflict.Kind.PROVEN, profile, other, value=other.address, by=by)


def _is_another_account(other: Profile, profile: Profile) -> bool:
    """Whether the person behind the address has another id in the account's own custom channel."""
    if profile.kind != ProfileKind.CUSTOM or other.person_id == profile.person_id:
        return False
    same_place = Profile.objects.filter(person_id=other.person_id, kind=ProfileKind.CUSTOM, channel=profile.channel)
    return same_place.exists()


def _void_earlier(profile: Profile) -> None:
    """One code at a time for one person; the person is held, so nobody makes or redeems one meanwhile."""
    theirs = [one.pk for one in profiles.linked(profile)]
    now = timezone.now()
    unused = Code.objects.filter(profile_id__in=theirs, used_at=None, voided_at=None, expires_at__gt=now)
    unused.update(voided_at=now, payload="")
