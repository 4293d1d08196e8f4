"""Signed tokens: what a company's server says about the one who is signed in there.

JSON Web Tokens (RFC 7519) after RFC 8725: the key is chosen by `kid` among ours, the algorithm is the key's.
Nothing in the header but `kid` decides: no `jku`, `x5u` or `jwk` is followed, an unknown `crit` is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.utils import timezone

from helpdesk.channels.models import Widget
from helpdesk.lib.text import BadText, check_text
from helpdesk.users.models.people import ProfileKind
from identification import keys
from identification.errors import BadToken
from identification.models import SigningKey
from identification.services import revoking

LEEWAY = timedelta(seconds=60)
LONGEST_LIFE = timedelta(hours=24)
LONGEST = 8_000  # characters
LONGEST_ID = 255
SESSIONS = ("sid", "jti")
YEAR_10000 = 253_402_300_800  # seconds since 1970; no calendar has a later one
# The claims are ours to judge: each has its reason, which the admin's console tells one by one.
SIGNATURE_ONLY: Any = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}


@dataclass(frozen=True)
class Claims:
    """What a token says. email: only if the token calls it verified; claimed: what it does not vouch for.

    sessions: the site's session and this very token (`sid`, `jti`), where the token names them. kid: of its key.
    """

    external_id: str
    name: str = ""
    email: str = ""
    custom_fields: dict[str, Any] = field(default_factory=dict)
    claimed: dict[str, str] = field(default_factory=dict)
    issued_at: datetime | None = field(default=None, compare=False)
    sessions: tuple[str, ...] = field(default=(), compare=False)
    kid: str = field(default="", compare=False)

    @property
    def user(self) -> dict[str, Any]:
        """The same in the words of `make_code`."""
        told = {"external_id": self.external_id, "user_email": self.email, "user_full_name": self.name}
        return {name: value for name, value in told.items() if value} | {"custom_fields": self.custom_fields}


def verify(token: str, *, widget: Widget) -> Claims:
    """The claims of a token made for this widget, or for any. Raises BadToken with the reason.

    Required: `exp`, at most 24 h ahead, and `external_id` or `sub`. Clocks may differ by 60 s.
    """
    claims, key = read(token, widget=widget)
    keys.used(key)
    return claims


def read(token: str, *, widget: Widget | None) -> tuple[Claims, SigningKey]:
    """The same without a trace: nothing is written. widget None: whatever the audience."""
    header = head(token)
    key = key_of(header)
    check_algorithm(header, key)
    payload = signed(token, key)
    try:
        return _judged(payload, key, widget), key
    except BadToken as refusal:
        refusal.whom = _named(payload)
        raise


def _judged(payload: dict[str, Any], key: SigningKey, widget: Widget | None) -> Claims:
    """The claims of what the key has signed, if they hold now. Raises BadToken."""
    for check in TIMES.values():
        check(payload)
    check_audience(payload, widget)
    claims = replace(claims_of(payload), kid=key.kid)
    revoking.check(ProfileKind.EXTERNAL, claims.external_id, claims.issued_at)
    revoking.check_sessions(claims.external_id, claims.sessions)
    return claims


def _named(payload: Mapping[str, Any]) -> str:
    try:
        return _external_id(payload)
    except BadToken:
        return ""


def head(token: str) -> dict[str, Any]:
    """The header as it stands, of a token that is none too long. Nothing in it is proven."""
    if len(token) > LONGEST:
        raise BadToken("bad_signature", f"size: at most {LONGEST} characters")
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise BadToken("bad_signature") from error


def key_of(header: Mapping[str, Any]) -> SigningKey:
    """Our key of the token's `kid`."""
    kid = header.get("kid")
    key = keys.of_tokens().filter(kid=kid).first() if isinstance(kid, str) and kid.isprintable() else None
    if key is None:
        raise BadToken("unknown_key")
    return key


def check_algorithm(header: Mapping[str, Any], key: SigningKey) -> None:
    """Another algorithm than the key's own is refused before anything is computed."""
    if header.get("alg") != key.algorithm:
        raise BadToken("wrong_algorithm", f"alg: {key.algorithm}")


def signed(token: str, key: SigningKey) -> dict[str, Any]:
    """What the key has signed, whether or not it holds now."""
    try:
        payload: dict[str, Any] = jwt.decode(token, key.verifies, algorithms=[key.algorithm], options=SIGNATURE_ONLY)
    except jwt.PyJWTError as error:
        raise BadToken("bad_signature") from error
    return payload


def check_expiry(payload: Mapping[str, Any]) -> None:
    ends = moment(payload, "exp")
    now = timezone.now().timestamp()
    if ends is None:
        raise BadToken("missing_claim", "exp")
    if ends <= now - LEEWAY.total_seconds():
        raise BadToken("expired")
    if ends > now + (LONGEST_LIFE + LEEWAY).total_seconds():
        raise BadToken("bad_claim", "exp: at most 24 h ahead")
    _check_life(payload, ends)


def _check_life(payload: Mapping[str, Any], ends: float) -> None:
    """What names a session lives for a day at most: that a session was revoked is not remembered for longer."""
    if not any(payload.get(name) for name in SESSIONS):
        return
    issued = moment(payload, "iat")
    if issued is not None and ends > issued + (LONGEST_LIFE + LEEWAY).total_seconds():
        raise BadToken("bad_claim", "exp: at most 24 h after iat")


def check_issued(payload: Mapping[str, Any]) -> None:
    _check_begun(payload, "iat")


def check_begun(payload: Mapping[str, Any]) -> None:
    _check_begun(payload, "nbf")


def _check_begun(payload: Mapping[str, Any], name: str) -> None:
    begins = moment(payload, name)
    if begins is not None and begins > timezone.now().timestamp() + LEEWAY.total_seconds():
        raise BadToken("not_yet_valid", name)


TIMES: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "exp": check_expiry,
    "nbf": check_begun,
    "iat": check_issued,
}


def moment(payload: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519, section 2): seconds since 1970. None where there is none."""
    value = payload.get(name)
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value < YEAR_10000:  # neither NaN nor infinity is
        raise BadToken("bad_claim", name)
    return float(value)


def check_audience(payload: Mapping[str, Any], widget: Widget | None) -> None:
    """A token that names an audience has to name this widget."""
    audience = payload.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if widget and audience is not None and widget.public_id not in named:
        raise BadToken("wrong_audience")


def claims_of(payload: Mapping[str, Any]) -> Claims:
    """What a token says of somebody. Raises BadToken where it names nobody, or says what cannot be used."""
    email, phone = _text(payload, "email"), _text(payload, "phone")
    verified = payload.get("email_verified") is True
    claimed = {"phone": phone, "email": "" if verified else email}
    issued = moment(payload, "iat")
    return Claims(
        external_id=_external_id(payload),
        name=_text(payload, "name", 200),
        email=email if verified else "",
        custom_fields=_custom_fields(payload),
        claimed={name: value for name, value in claimed.items() if value},
        issued_at=None if issued is None else datetime.fromtimestamp(issued, UTC),
        sessions=tuple(str(payload[name]) for name in SESSIONS if _names(payload, name)),
    )


def _names(payload: Mapping[str, Any], name: str) -> bool:
    """Whether the token names a session so: as text, or as a number that some sites count them by."""
    value = payload.get(name)
    number = isinstance(value, int) and not isinstance(value, bool) and len(str(value)) <= LONGEST_ID
    return number or bool(_text(payload, name))


def _external_id(payload: Mapping[str, Any]) -> str:
    for name in ("external_id", "sub"):
        value = payload.get(name)
        if value is None or value == "":
            continue
        number = isinstance(value, int) and not isinstance(value, bool) and len(str(value)) <= LONGEST_ID
        return str(value) if number else _text(payload, name)
    raise BadToken("missing_claim", "external_id")


def _custom_fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    fields = payload.get("custom_fields") or {}
    if not isinstance(fields, dict):
        raise BadToken("bad_claim", "custom_fields")
    return fields


def _text(payload: Mapping[str, Any], name: str, limit: int = LONGEST_ID) -> str:
    value = payload.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadToken("bad_claim", name)
    try:
        return check_text(value, limit=limit)
    except BadText as error:
        raise BadToken("bad_claim", name) from error
