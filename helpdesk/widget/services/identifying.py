"""A visitor signs in on the site: who writes from this browser is held to be that customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.channels.models import Level
from helpdesk.events.occasion import Again, occasion
from helpdesk.events.services import record
from helpdesk.lib.text import check_text, one_line
from helpdesk.users.errors import AlreadySomeoneElse
from helpdesk.users.models import Profile
from helpdesk.users.models.fields import Value
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.users.services import identity, profiles
from helpdesk.widget.errors import BadAttributes
from helpdesk.widget.models import Chat, Session
from helpdesk.widget.proof import Proof, prover
from helpdesk.widget.services import limits, sessions
from helpdesk.widget.services.sessions import Begun

LONGEST_ID = 255
# From whose name a session writes: the visitor's who wrote before signing in; the account's seat, which all its
# browsers share; and where an agent has parted that seat from the account, a new one.
LATE, SEAT, NEW = "late", "seat", "new"


@dataclass(frozen=True)
class Identified:
    """level: how sure we are; id: the customer's, as the page or the token says."""

    begun: Begun
    level: int
    id: str


def identify(chat: Chat, session: Session | None, told: Mapping[str, Any], *, visitor: str) -> Identified:
    """Signs in with `{"token"}`, with `{"identifier", "identifier_hash"}`, or with `{"id"}`, which is a claim only
    unless the chat trusts ids.

    session: of this browser, if there is one. It goes on where it was anonymous, or this account's; another person's
    ends. Raises TooOften and what the prover raises: the session stays as it was then.
    """
    limits.signs_in(visitor)
    if set(told) == {"id"} and not chat.trust_unguessable_ids:
        claimed = _id(told["id"])
        if session is None or not _may_claim(session, claimed):
            # One visitor more, as any other that begins.
            limits.begins(chat, visitor)
        return _claim(chat, session, claimed)
    proof = prover().read(chat.widget, told, trusts_ids=chat.trust_unguessable_ids)
    for way in (LATE, SEAT):
        try:
            return _sign_in(chat, session, proof, way)
        except AlreadySomeoneElse:
            continue
    return _sign_in(chat, session, proof, NEW)


@occasion
def _sign_in(chat: Chat, known: Session | None, proof: Proof, way: str) -> Identified:
    session = _still(known)
    seat = prover().seat(proof)
    if session and session.seat == seat and way == LATE:
        return _again(chat, session, proof)
    late = way == LATE and session is not None and _goes_along(session, proof)
    profile = session.profile if session and late else _seated(chat, seat, way)
    account = prover().link(profile, proof)
    profile = _held(profile)
    if late and _still(session) is None:
        # Another tab was quicker: its new token must outlast this.
        raise Again
    if late:
        # Whoever knew the old token must not read what the new one opens.
        sessions.end_others(profile)
        _carry_over(chat, profile)
    elif session:
        sessions.end(session, by=session.profile)
    facts = {"account": account, "level": proof.level, "seat": seat}
    begun = sessions.open_for(chat, profile, **facts, signed_at=_signed_at(proof), sids=list(proof.sids))
    _tell(begun.session, account, proof)
    return Identified(begun, proof.level, proof.id)


def _again(chat: Chat, session: Session, proof: Proof) -> Identified:
    """A new token for the same: the session lasts on."""
    prover().link(session.profile, proof)
    session.signed_at, session.sids = _signed_at(proof), list(proof.sids)
    session.save(update_fields=["signed_at", "sids"])
    return Identified(Begun(session, None), proof.level, proof.id)


def _still(known: Session | None) -> Session | None:
    """The session as it is now; None where it has ended meanwhile."""
    rows = Session.objects.alive().select_related("profile__person", "profile__channel")
    return rows.filter(pk=known.pk).first() if known else None


def _goes_along(session: Session, proof: Proof) -> bool:
    """Whether what was said so far was said by the one who signs in now, and there was anything.

    Who was blocked stays so: nobody gets out of it by signing in.
    """
    profile = session.profile
    if session.account_id or session.claimed not in {"", proof.id} or profile.person.blocked:
        return False
    return Case.objects.filter(profile=profile).exists() or Value.objects.filter(profile=profile).exists()


def _seated(chat: Chat, seat: str, way: str) -> Profile:
    return sessions.newcomer(chat) if way == NEW else profiles.meet(ProfileKind.VISITOR, seat, channel=chat.channel)


def _held(profile: Profile) -> Profile:
    """The one instance that this occasion works on."""
    (held,) = profiles.hold(profile.pk)
    return held


def _signed_at(proof: Proof) -> Any:
    return proof.signed_at or timezone.now()


def _carry_over(chat: Chat, profile: Profile) -> None:
    """The conversation under way: in single mode it is read as part of the person's last one; else an agent decides."""
    here = Case.objects.filter(channel=chat.channel, profile__person=profile.person_id).active()
    running = here.filter(profile=profile).order_by("-pk").first()
    last = here.exclude(profile=profile).newest().first()
    if running is None or last is None:
        return
    if chat.is_single:
        cases.merge(running, last, by=profile)
    else:
        record("session.overlap", by=profile, case=running, profile=profile, other=last.pk, number=last.number)


def _tell(session: Session, account: Profile, proof: Proof) -> None:
    profile = session.profile
    case = Case.objects.filter(profile=profile).active().order_by("-pk").first()
    about = {"session": session.pk, "account": account.pk, "level": proof.level, "widget": session.widget_id}
    record("session.identified", by=profile, case=case, profile=profile, person=profile.person, **about)


def _id(told: Any) -> str:
    if isinstance(told, int) and not isinstance(told, bool):
        told = str(told)
    if not isinstance(told, str) or not told.strip() or profiles.says_nothing(told):
        raise BadAttributes(fields={"id": [_("This says nothing about who somebody is.")]})
    return one_line(check_text(told, limit=LONGEST_ID))


@occasion
def _claim(chat: Chat, known: Session | None, claimed: str) -> Identified:
    """An id without a proof: shown to agents as what the visitor claims; it opens and links nothing."""
    session = _still(known)
    if session and not _may_claim(session, claimed):
        sessions.end(session, by=session.profile)
        session = None
    begun = Begun(session, None) if session else sessions.open_for(chat, sessions.newcomer(chat))
    if begun.session.claimed != claimed:
        _keep_claim(begun.session, claimed)
    return Identified(begun, Level.CLAIMED, claimed)


def _may_claim(session: Session, claimed: str) -> bool:
    """Whether the session goes on under this id: nobody signed in there, or claimed another."""
    return session.account_id is None and session.claimed in {"", claimed}


def _keep_claim(session: Session, claimed: str) -> None:
    profile = _held(session.profile)
    if profile.level < Level.CLAIMED:
        identity.link(
            profile, profile.person, method=Method.PAGE, level=Level.CLAIMED, evidence={"claimed": claimed}, by=profile
        )
    profile.display = {**profile.display, "external_id": claimed}
    profile.save(update_fields=["display"])
    session.profile, session.claimed, session.level = profile, claimed, Level.CLAIMED
    session.save(update_fields=["claimed", "level"])
    record("session.claimed", by=profile, profile=profile, person=profile.person, claimed=claimed, session=session.pk)
