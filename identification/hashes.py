"""The hash beside an id, as sites have it that come from Chatwoot or Intercom: hex HMAC-SHA256 of the id.

It vouches for that one value, so nothing but that value is believed, and it never ends by itself: each key of it has
a last day. Chatwoot: `identifier_hash` of `identifier`. Intercom: `user_hash` of `user_id`, or of `email` where the
site has no id.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpdesk.channels.models import Widget
from helpdesk.lib.text import BadText, check_text
from identification import keys
from identification.errors import BadToken
from identification.models import Algorithm, SigningKey
from identification.services.accounts import VALUES

FORMATS = {"identifier_hash": Algorithm.CHATWOOT, "user_hash": Algorithm.INTERCOM}
# What the hash is of, by the site's name for it → ours. The first that is there is it, and the only one that counts.
# No user_custom_id: its channel would stand beside it unsigned.
SIGNED: dict[str, dict[str, str]] = {
    Algorithm.CHATWOOT: {"identifier": "external_id", "external_id": "external_id"},
    Algorithm.INTERCOM: {
        "user_id": "external_id",
        "external_id": "external_id",
        "email": "user_email",
        "user_email": "user_email",
    },
}
# What may stand beside it: kept as claimed, and shown so.
BESIDE = {"name": "name", "user_full_name": "name", "email": "email", "user_email": "email", "user_phone": "phone"}
LONGEST_CLAIM = 255


@dataclass(frozen=True)
class Vouched:
    """user: the signed id in the words of `make_code`, and the page's values where the widget trusts the page.

    claimed: what was said of the account without proof. left_out: names that were not read.
    """

    user: dict[str, Any]
    claimed: dict[str, str]
    left_out: list[str]


def read(told: Mapping[str, Any], *, widget: Widget) -> Vouched | None:
    """What a hash in this page data vouches for; None where there is none of a kind that is switched on.

    Raises BadToken: hash_ended, missing_claim where there is no id beside it, bad_signature.
    """
    for name, algorithm in FORMATS.items():
        rows = list(SigningKey.objects.filter(active=True, algorithm=algorithm, widget=widget))
        if name in told and rows:
            return _read(told, name, algorithm, rows, widget)
    return None


def _read(told: Mapping[str, Any], name: str, algorithm: str, rows: list[SigningKey], widget: Widget) -> Vouched:
    alive = [row for row in rows if not keys.has_ended(row)]
    if not alive:
        raise BadToken("hash_ended")
    source = next((one for one in SIGNED[algorithm] if told.get(one) not in (None, "")), None)
    if source is None:
        raise BadToken("missing_claim", " / ".join(SIGNED[algorithm]))
    signed = _plain(told[source])
    key = next((row for row in alive if _fits(row, signed, told[name])), None)
    if key is None:
        raise BadToken("bad_signature", name)
    keys.used(key)
    values = {one: told[one] for one in (*VALUES, "custom_fields") if widget.trust_page_data and one in told}
    claimed = _claimed(told, source)
    left_out = sorted(str(one) for one in told if one not in {name, source, *values, *BESIDE})
    return Vouched({SIGNED[algorithm][source]: signed, **values}, claimed, left_out)


def _plain(value: Any) -> str:
    """The id as the site's server took it for the hash; a number as its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadToken("bad_claim", "id")
    return value


def make(secret: str, signed: str) -> str:
    """64 hex digits."""
    return hmac.new(secret.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _fits(key: SigningKey, signed: str, given: Any) -> bool:
    """In constant time, whatever was given."""
    text = given if isinstance(given, str) else ""
    return hmac.compare_digest(make(key.secret, signed).encode(), text.encode("utf-8", "surrogatepass"))


def _claimed(told: Mapping[str, Any], source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, ours in BESIDE.items():
        value = told.get(name)
        if name != source and isinstance(value, str) and _usable(value):
            found.setdefault(ours, value)
    return found


def _usable(value: str) -> bool:
    try:
        return bool(check_text(value, limit=LONGEST_CLAIM))
    except BadText:
        return False
