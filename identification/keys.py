"""Signing keys: made, told once, retired. Several may be active, so that they change without a gap."""

import secrets

from django.utils import timezone

from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.crypto import token
from identification.models import Algorithm, SigningKey


@occasion
def make(title: str, *, algorithm: str = Algorithm.HS256, by: Actor | None) -> tuple[SigningKey, str]:
    """A key and its secret: 43 characters, used as they stand (UTF-8, not base-64-decoded)."""
    secret = token("", 32)
    key = SigningKey.objects.create(kid=f"key_{secrets.token_hex(6)}", title=title, algorithm=algorithm, secret=secret)
    record("signing_key.made", by=by, kid=key.kid, title=title)
    return key, secret


@occasion
def retire(key: SigningKey, *, by: Actor | None) -> None:
    """From now on nothing signed with this key is believed."""
    if not key.active:
        return
    key.active, key.retired_at = False, timezone.now()
    key.save(update_fields=["active", "retired_at"])
    record("signing_key.retired", by=by, kid=key.kid, title=key.title)
