"""What a page says of who is signed in, weighed: a token, an id with its hash, or page data that the widget trusts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from helpdesk.channels.models import Level, Widget
from identification import hashes
from identification.errors import BadToken, Unsigned
from identification.services import accounts
from identification.tokens import verify


@dataclass(frozen=True)
class Proof:
    """user: whose account it is, in Deskie's words. method: token | hash | page; level: what it is worth.

    left_out: what the site said that the desk cannot use. display: what was said without proof.
    issued_at, sessions, kid: of a token.
    """

    user: dict[str, Any]
    method: str
    level: int
    left_out: list[str]
    display: dict[str, Any] = field(default_factory=dict)
    issued_at: datetime | None = None
    sessions: tuple[str, ...] = ()
    kid: str = ""

    @property
    def account(self) -> accounts.Address:
        """The address that says most."""
        return accounts.read(self.user).addresses[0]


def read(widget: Widget, told: Mapping[str, Any]) -> Proof:
    """What `told` proves to this widget. Nothing beside a token counts.

    Raises BadToken, Unsigned, BadUser, NobodyNamed.
    """
    if "token" in told:
        return _token(widget, told["token"])
    vouched = hashes.read(told, widget=widget)
    if vouched:
        user, left_out = accounts.forgiving(vouched.user)
        left_out = [*vouched.left_out, *left_out][: accounts.MOST_LEFT_OUT]
        # As sure as page data that is trusted, but for nobody else's account.
        return Proof(user, "hash", Level.VOUCHED, left_out, display=vouched.claimed)
    if not widget.trust_page_data:
        raise Unsigned
    user, left_out = accounts.forgiving(told)
    return Proof(user, "page", Level.VOUCHED, left_out)


def _token(widget: Widget, token: Any) -> Proof:
    if not isinstance(token, str):
        raise BadToken("bad_signature")
    claims = verify(token, widget=widget)
    user, left_out = accounts.forgiving(claims.user)
    proof = Proof(user, "token", Level.PROVEN, left_out, display=claims.claimed)
    return replace(proof, issued_at=claims.issued_at, sessions=claims.sessions, kid=claims.kid)
