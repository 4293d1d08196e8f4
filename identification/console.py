"""A token taken apart for people: claim by claim what is right and what is wrong, and what would come of it.

Nothing is written and nothing is kept. Whether it is believed is decided by the same functions as for a visitor.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _

from helpdesk.channels.models import Widget
from helpdesk.lib.errors import Refusal
from helpdesk.users.models import Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles
from identification import tokens
from identification.errors import BadToken, PersonBlocked
from identification.models import SigningKey
from identification.services import accounts, revoking

OK, BAD, WARN, NONE = "ok", "danger", "warn", ""
READ = frozenset(
    {
        *("external_id", "sub", "exp", "iat", "nbf", "aud", *tokens.SESSIONS),
        *("name", "email", "email_verified", "phone", "custom_fields"),
    }
)
NOT_USED = frozenset({"scope", "iss"})
# Header fields by which a token could bring its own key along.
FOLLOWED_BY_NOBODY = ("jku", "x5u", "jwk", "x5c")
SHOWN = 4_000  # characters of a header or payload


@dataclass(frozen=True)
class Finding:
    """About one claim or property. state: the chip's look; a token with a `danger` is refused."""

    about: str
    state: str
    sentence: str


@dataclass(frozen=True)
class Whom:
    """Who would be identified. person: their name, or empty for somebody new; more: further sentences."""

    external_id: str
    person: str = ""
    known: bool = False
    more: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Examined:
    """refusal: the code that a widget would give, empty where it believes the token; why: in words.

    header, payload: as they stand, indented; empty where they cannot be read. The signature is shown nowhere.
    """

    findings: list[Finding]
    refusal: str
    why: str
    whom: Whom | None
    header: str
    payload: str


def examine(token: str, *, widget: Widget | None) -> Examined:
    """Takes a token apart. widget None: without regard to the audience."""
    token = token.strip()
    header, payload = (_part(token, number) for number in (0, 1))
    key = _or_none(lambda: tokens.key_of(tokens.head(token)))
    found = [*_of_header(token, header, key), *_of_signature(token, key)]
    found += _of_claims(payload, widget) if payload is not None else []
    refusal, whom = _outcome(token, widget)
    if refusal and not any(one.state == BAD for one in found):
        found.append(Finding(_("who it is"), BAD, _why(refusal)))
    code = refusal.code if refusal else ""
    return Examined(found, code, _why(refusal) if refusal else "", whom, _shown(header), _shown(payload))


def _outcome(token: str, widget: Widget | None) -> tuple[Refusal | None, Whom | None]:
    """Why a widget would refuse it, or whom it would make a code for."""
    try:
        claims, _key = tokens.read(token, widget=widget)
        user, left_out = accounts.forgiving(claims.user)
        account = accounts.read(user)
        return None, _whom(claims, account, left_out)
    except Refusal as refusal:
        return refusal, None


def _whom(claims: tokens.Claims, account: accounts.Account, left_out: list[str]) -> Whom:
    """Raises PersonBlocked, as a widget does."""
    address = account.addresses[0].address
    profile = profiles.find(ProfileKind.EXTERNAL, address)
    if profile and profile.person.blocked:
        raise PersonBlocked
    more = [_email(claims.email, profile)] if claims.email else []
    more += [_("%(name)s is only noted as claimed.") % {"name": name} for name in claims.claimed]
    more += [_("%(name)s is left out: the desk has no such field, or not this value.") % {"name": n} for n in left_out]
    return Whom(address, _name(profile) if profile else "", profile is not None, more)


def _email(email: str, profile: Profile | None) -> str:
    other = profiles.find(ProfileKind.EMAIL, email)
    if other is None or (profile and other.person_id == profile.person_id):
        return _("The address %(email)s is linked with this person.") % {"email": email}
    facts = {"email": email, "name": _name(other)}
    return _("The address %(email)s belongs to %(name)s so far: the two become one, or an agent decides.") % facts


def _name(profile: Profile) -> str:
    addresses = ", ".join(one.address for one in profiles.linked(profile)[:5])
    return f"{profile.name} ({addresses})" if profile.name else addresses


def _of_header(token: str, header: dict[str, Any] | None, key: SigningKey | None) -> Iterator[Finding]:
    size = len(token)
    if size > tokens.LONGEST:
        yield Finding(_("size"), BAD, _("%(size)d characters; %(most)d are the most.") % _sizes(size))
        return
    yield Finding(_("size"), OK, _("%(size)d characters of at most %(most)d.") % _sizes(size))
    if header is None or _or_none(lambda: tokens.head(token)) is None:
        yield Finding(_("shape"), BAD, _shape(header))
        return
    if _part(token, 1) is None:
        yield Finding(_("shape"), BAD, _("The second part is no JSON object in base64url."))
    yield _of_kid(header, key)
    if key:
        yield _of_algorithm(header, key)
    for name in FOLLOWED_BY_NOBODY:
        if name in header:
            yield Finding(name, WARN, _("A key that a token brings along is never used."))


def _sizes(size: int) -> dict[str, int]:
    return {"size": size, "most": tokens.LONGEST}


def _shape(header: dict[str, Any] | None) -> str:
    if header is not None and "crit" in header:
        return _("The header demands something (crit) that this desk does not know.")
    return _("This is no JWT: three parts in base64url with dots between them, the first a JSON object.")


def _of_kid(header: Mapping[str, Any], key: SigningKey | None) -> Finding:
    kid = header.get("kid")
    if key:
        return Finding("kid", OK, _("The key “%(title)s”.") % {"title": key.title})
    if kid is None:
        return Finding("kid", BAD, _("The header names no key. Put the kid of a signing key there."))
    there = SigningKey.objects.filter(kid=kid).first() if isinstance(kid, str) and kid.isprintable() else None
    if there and there.is_hash:
        return Finding("kid", BAD, _("This key makes hashes, and signs no tokens."))
    if there:
        when = {"title": there.title, "when": _time(there.retired_at)}
        return Finding("kid", BAD, _("The key “%(title)s” was retired %(when)s.") % when)
    return Finding("kid", BAD, _("There is no signing key with this kid."))


def _of_algorithm(header: Mapping[str, Any], key: SigningKey) -> Finding:
    given = header.get("alg")
    if given == key.algorithm:
        return Finding("alg", OK, _("%(alg)s, as its key has it.") % {"alg": key.algorithm})
    facts = {"given": str(given)[:20], "alg": key.algorithm}
    return Finding("alg", BAD, _("%(given)s, but its key is for %(alg)s and nothing else.") % facts)


def _of_signature(token: str, key: SigningKey | None) -> Iterator[Finding]:
    if key is None:
        yield Finding(_("signature"), NONE, _("Not checked: there is no key to check it with."))
    elif not _passes(lambda: tokens.check_algorithm(tokens.head(token), key)):
        yield Finding(_("signature"), NONE, _("Not checked: the algorithm is not the key's."))
    elif _or_none(lambda: tokens.signed(token, key)) is None:
        more = _(" A secret is used as it was shown, not decoded.") if key.secret else ""
        yield Finding(_("signature"), BAD, _("Wrong: it was changed, or signed with another key.") + more)
    else:
        yield Finding(_("signature"), OK, _("Right: the holder of this key has signed exactly this."))


def _of_claims(payload: dict[str, Any], widget: Widget | None) -> Iterator[Finding]:
    yield _of_time(payload, "exp", tokens.check_expiry)
    for name in ("iat", "nbf"):
        if payload.get(name) is not None:
            yield _of_time(payload, name, tokens.TIMES[name])
    if payload.get("iat") is None:
        yield Finding("iat", WARN, _("Missing. Once this person's tokens are revoked, such a token is refused."))
    yield _of_audience(payload, widget)
    yield from _of_person(payload)
    for name in sorted(set(payload) - READ):
        yield Finding(str(name)[:60], NONE, _("Not used.") if name in NOT_USED else _("Unknown: it is not read."))


def _of_time(payload: dict[str, Any], name: str, check: Callable[[Mapping[str, Any]], None]) -> Finding:
    try:
        check(payload)
    except BadToken as refusal:
        seconds = _or_none(lambda: tokens.moment(payload, name))
        when = datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
        return Finding(name, BAD, f"{refusal.why} {_time(when)}".strip())
    when = datetime.fromtimestamp(tokens.moment(payload, name) or 0, UTC)
    if name == "exp":
        return Finding(
            name, OK, _("Valid until %(when)s, for %(left)s.") % {"when": _time(when), "left": timeuntil(when)}
        )
    return Finding(name, OK, _("%(when)s, %(ago)s ago.") % {"when": _time(when), "ago": timesince(when)})


def _of_audience(payload: dict[str, Any], widget: Widget | None) -> Finding:
    if payload.get("aud") is None:
        return Finding("aud", NONE, _("None: good for every widget of this desk."))
    if widget is None:
        return Finding("aud", WARN, _("Not checked: choose a widget."))
    if not _passes(lambda: tokens.check_audience(payload, widget)):
        return Finding("aud", BAD, _("Made for somebody else; this widget is %(id)s.") % {"id": widget.public_id})
    return Finding("aud", OK, _("Made for this widget."))


def _of_person(payload: dict[str, Any]) -> Iterator[Finding]:
    try:
        claims = tokens.claims_of(payload)
    except BadToken as refusal:
        about = refusal.detail or _("claims")
        if refusal.detail != "iat":  # which has a line of its own
            yield Finding("external_id / sub" if about == "external_id" else about, BAD, refusal.why)
        return
    yield Finding("external_id / sub", OK, claims.external_id[:100])
    if claims.email:
        yield Finding("email", OK, _("%(email)s, verified by you.") % {"email": claims.email})
    elif "email" in claims.claimed:
        yield Finding("email", WARN, _("Without email_verified: true it is only noted, and links nothing."))
    if claims.name:
        yield Finding("name", OK, claims.name)
    if claims.sessions:
        yield _of_sessions(claims)


def _of_sessions(claims: tokens.Claims) -> Finding:
    about = " / ".join(tokens.SESSIONS)
    if not _passes(lambda: revoking.check_sessions(claims.external_id, claims.sessions)):
        return Finding(about, BAD, _("This session was revoked."))
    return Finding(about, OK, _("Names a session, which can be revoked by itself when your customer signs out."))


def _part(token: str, number: int) -> dict[str, Any] | None:
    """The header (0) or the payload (1), proven or not; None where it is no object, or the token is too long."""
    parts = token.split(".")
    if len(token) > tokens.LONGEST or len(parts) != 3:
        return None
    try:
        found = json.loads(urlsafe_b64decode(parts[number] + "=" * (-len(parts[number]) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _or_none(step: Callable[[], Any]) -> Any:
    try:
        return step()
    except Refusal:
        return None


def _passes(check: Callable[[], None]) -> bool:
    try:
        check()
    except Refusal:
        return False
    return True


def _why(refusal: Refusal) -> str:
    if isinstance(refusal, BadToken):
        return refusal.why
    return " ".join([str(refusal), *(sentence for why in refusal.fields.values() for sentence in why)])


def _time(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _shown(part: dict[str, Any] | None) -> str:
    try:
        text = json.dumps(part, indent=2) if part is not None else ""
    except RecursionError:
        return ""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
