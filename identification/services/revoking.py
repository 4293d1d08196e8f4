"""“Tokens before now are void”, for one person: after a theft, a quarrel, a lost laptop.

Or of one session only, when somebody signs out of the company's site: whatever names it by `sid` or `jti` is refused.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.crypto import digest, digests
from helpdesk.lib.errors import Refusal
from helpdesk.users.models import Link, Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles
from helpdesk.widget.services import sessions as visitors
from identification.errors import BadToken
from identification.models import Code, RevokedSession

PURPOSE = "revoked-session"
# A token lives for at most a day; an hour more for clocks that differ and for a timer that is late.
KEPT_FOR = timedelta(hours=25)


class NoAccount(Refusal):
    code = "no_account"
    sentence = _("This user has no id of your own (external_id), so no token can name this session.")


@occasion
def revoke_tokens(profile: Profile, *, by: Actor | None) -> datetime:
    """What was signed for this person before now is refused, and codes that were made with it are void.

    Gives the time. Profiles that are linked already stay linked.
    """
    held = profiles.hold_people(profile.pk)
    person = held[profile.pk].person
    person.tokens_void_before = person.updated_at = now = timezone.now()
    person.save(update_fields=["tokens_void_before", "updated_at"])
    _unused((row for row in held.values() if row.person_id == person.pk), now).exclude(method="api").update(
        voided_at=now, payload=""
    )
    visitors.end_of(row for row in held.values() if row.person_id == person.pk)
    record("person.tokens_revoked", by=by, person=person, profile=profile, before=now.isoformat())
    return now


@occasion
def revoke_session(profile: Profile, session: str, *, by: Actor | None) -> None:
    """Tokens of this person that name this session, as `sid` or as `jti`, are refused, and unused codes made with
    them are void.

    Of another person's session with the same name nothing is touched. Raises NoAccount where no token can be meant.
    """
    held = profiles.hold_people(profile.pk)
    person = held[profile.pk].person
    theirs = [row for row in held.values() if row.person_id == person.pk]
    accounts = [row for row in theirs if row.kind == ProfileKind.EXTERNAL]
    if not accounts:
        raise NoAccount
    now = timezone.now()
    for account in accounts:
        hash = digest(PURPOSE, scoped(account.address, session))
        RevokedSession.objects.update_or_create(hash=hash, defaults={"profile": account, "at": now})
    hashes = {hash for account in accounts for hash in digests(PURPOSE, scoped(account.address, session))}
    void = [code.pk for code in _unused(theirs, now) if hashes.intersection(code.sessions)]
    Code.objects.filter(pk__in=void).update(voided_at=now, payload="")
    visitors.end_of(accounts, sids=hashes)
    record("person.session_revoked", by=by, person=person, profile=profile)


def _unused(theirs: Iterable[Profile], now: datetime) -> Any:
    return Code.objects.filter(profile__in=list(theirs), used_at=None, voided_at=None, expires_at__gt=now)


def scoped(address: str, session: str) -> str:
    """Sessions of two people may have the same name."""
    return f"{len(address)} {address} {session}"


def check_sessions(address: str, sessions: Iterable[str]) -> None:
    """Raises BadToken(revoked) where one of these sessions of an external id was revoked. No query where none is."""
    hashes = [hash for session in sessions for hash in digests(PURPOSE, scoped(address, session))]
    if hashes and RevokedSession.objects.filter(hash__in=hashes).exists():
        raise BadToken("revoked")


def bind(code: Code, address: str, sessions: Iterable[str]) -> None:
    """Says of a code with which sessions it was made; refuses as `check_sessions` does. In the occasion that made it:

    the person is held, so that no revocation comes between.
    """
    named = list(sessions)
    check_sessions(address, named)
    if named:
        code.sessions = [digest(PURPOSE, scoped(address, session)) for session in named]
        code.save(update_fields=["sessions"])


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
