"""Signed tokens: what a company's server says about the one who is signed in there.

JSON Web Tokens (RFC 7519) after RFC 8725: the key is chosen by `kid` among ours, the algorithm is the key's.
Nothing in the header but `kid` decides: no `jku`, `x5u` or `jwk` is followed, an unknown `crit` is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import jwt
from django.utils import timezone

from helpdesk.channels.models import Widget
from helpdesk.lib.text import BadText, check_text
from identification.errors import BadToken
from identification.models import SigningKey

LEEWAY = timedelta(seconds=60)
LONGEST_LIFE = timedelta(hours=24)
LONGEST = 8_000  # characters
LONGEST_ID = 255

# What PyJWT raises, from the most to the least particular → our reason.
REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not_yet_valid"),
    (jwt.MissingRequiredClaimError, "missing_claim"),
    (jwt.InvalidAlgorithmError, "wrong_algorithm"),
    (jwt.InvalidIssuedAtError, "bad_claim"),
    (jwt.InvalidSignatureError, "bad_signature"),
)


@dataclass(frozen=True)
class Claims:
    """What a token says. email: only if the token calls it verified; claimed: what it does not vouch for."""

    external_id: str
    name: str = ""
    email: str = ""
    custom_fields: dict[str, Any] = field(default_factory=dict)
    claimed: dict[str, str] = field(default_factory=dict)

    @property
    def user(self) -> dict[str, Any]:
        """The same in the words of `make_code`."""
        told = {"external_id": self.external_id, "user_email": self.email, "user_full_name": self.name}
        return {name: value for name, value in told.items() if value} | {"custom_fields": self.custom_fields}


def verify(token: str, *, widget: Widget) -> Claims:
    """The claims of a token made for this widget, or for any. Raises BadToken with the reason.

    Required: `exp`, at most 24 h ahead, and `external_id` or `sub`. Clocks may differ by 60 s.
    """
    key = _key(token)
    payload = _decode(token, key)
    _check_times(payload)
    _check_audience(payload.get("aud"), widget)
    claims = _claims(payload)
    SigningKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    return claims


def _key(token: str) -> SigningKey:
    """Our key of the token's `kid`; another algorithm than its own is refused before anything is computed."""
    if len(token) > LONGEST:
        raise BadToken("bad_signature")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise BadToken("bad_signature") from error
    kid = header.get("kid")
    key = SigningKey.objects.filter(kid=kid, active=True).first() if _is_text(kid) else None
    if key is None:
        raise BadToken("unknown_key")
    if header.get("alg") != key.algorithm:
        raise BadToken("wrong_algorithm", f"alg: {key.algorithm}")
    return key


def _decode(token: str, key: SigningKey) -> dict[str, Any]:
    try:
        payload: dict[str, Any] = jwt.decode(
            token,
            key.secret,
            algorithms=[key.algorithm],
            leeway=LEEWAY,
            # The audience is ours to judge: it may be absent. A `sub` that is a number is forgiven.
            options={"require": ["exp"], "verify_aud": False, "verify_sub": False, "verify_jti": False},
        )
    except jwt.PyJWTError as error:
        raise BadToken(_reason(error), getattr(error, "claim", "")) from error
    return payload


def _reason(error: jwt.PyJWTError) -> str:
    for kind, reason in REASONS:
        if isinstance(error, kind):
            return reason
    return "bad_claim" if "must be an integer" in str(error) else "bad_signature"


def _check_times(payload: Mapping[str, Any]) -> None:
    latest = timezone.now() + LONGEST_LIFE + LEEWAY
    if int(payload["exp"]) > latest.timestamp():
        raise BadToken("bad_claim", "exp: at most 24 h ahead")


def _check_audience(audience: Any, widget: Widget) -> None:
    """A token that names an audience has to name this widget."""
    named = audience if isinstance(audience, list) else [audience]
    if audience is not None and widget.public_id not in named:
        raise BadToken("wrong_audience")


def _claims(payload: Mapping[str, Any]) -> Claims:
    email, phone = _text(payload, "email"), _text(payload, "phone")
    verified = payload.get("email_verified") is True
    claimed = {"phone": phone, "email": "" if verified else email}
    return Claims(
        external_id=_external_id(payload),
        name=_text(payload, "name", 200),
        email=email if verified else "",
        custom_fields=_custom_fields(payload),
        claimed={name: value for name, value in claimed.items() if value},
    )


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


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()
