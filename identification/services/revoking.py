"""“Tokens before now are void”, for one person: after a theft, a quarrel, a lost laptop."""

from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Link, Profile
from helpdesk.users.services import profiles
from identification.errors import BadToken
from identification.models import Code


@occasion
def revoke_tokens(profile: Profile, *, by: Actor | None) -> datetime:
    """What was signed for this person before now is refused, and codes that were made with it are void.

    Gives the time. Profiles that are linked already stay linked.
    """
    held = profiles.hold_people(profile.pk)
    person = held[profile.pk].person
    person.tokens_void_before = person.updated_at = now = timezone.now()
    person.save(update_fields=["tokens_void_before", "updated_at"])
    theirs = [row.pk for row in held.values() if row.person_id == person.pk]
    unused = Code.objects.filter(profile__in=theirs, used_at=None, voided_at=None, expires_at__gt=now)
    unused.exclude(method="api").update(voided_at=now, payload="")
    record("person.tokens_revoked", by=by, person=person, profile=profile, before=now.isoformat())
    return now


def check(kind: str, address: str, issued_at: datetime | None) -> None:
    """Raises BadToken(revoked) where what was issued then for this address is void.

    issued_at None: nobody knows when, so it is refused as soon as anything of this person was revoked.
    """
    before = void_before(kind, address)
    if before and (issued_at is None or issued_at < before):
        raise BadToken("revoked")


def void_before(kind: str, address: str) -> datetime | None:
    """The time before which tokens for this address are void.

    A revocation follows the address wherever it is linked later. A link that was made after it counts while it lasts.
    """
    revoked = F("person__tokens_void_before")
    then = Q(since__lte=revoked) | Q(until=None)
    links = Link.objects.filter(then, profile__kind=kind, profile__address=address, profile__channel=None)
    revoked_links = links.filter(person__tokens_void_before__isnull=False).select_related("person")
    return max((_bound(link.person.tokens_void_before, link.until) for link in revoked_links), default=None)


def _bound(revoked: Any, until: datetime | None) -> datetime:
    """What was signed after the link's end is not of this person any more."""
    moment: datetime = revoked
    return min(moment, until) if until else moment
