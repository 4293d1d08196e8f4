"""A code for the visitor of a site: what its widget says is weighed before anything is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from helpdesk.channels.models import Level, Widget, WidgetKind
from helpdesk.events.occasion import occasion
from helpdesk.lib.crypto import digest
from helpdesk.lib.errors import Refusal
from identification import hashes
from identification.errors import BadToken, NoSuchWidget, Unsigned
from identification.models import Code, TokenRefusal
from identification.services import accounts, brakes, revoking
from identification.services.making import make_code
from identification.tokens import verify

# Asking, right or wrong, from one network address: an office behind one address may.
ADDRESS = brakes.Limit(60, timedelta(minutes=10), timedelta(minutes=1), timedelta(minutes=10))
# Codes for one account: nobody needs more.
ACCOUNT = brakes.Limit(10, timedelta(minutes=10), timedelta(minutes=1), timedelta(minutes=10))


@dataclass(frozen=True)
class Offer:
    """text: the code. left_out: what the site said that the desk cannot use; its developer should know."""

    text: str
    code: Code
    left_out: list[str]

    @property
    def seconds(self) -> int:
        return round((self.code.expires_at - self.code.created_at).total_seconds())


def widget_named(public_id: str) -> Widget:
    """The active identification widget of `<number>-<8 letters or digits>`. Raises NoSuchWidget."""
    number, _dash, suffix = public_id.partition("-")
    if number.isascii() and number.isdigit() and len(number) < 10 and suffix.isascii():
        widgets = Widget.objects.select_related("language").filter(kind=WidgetKind.IDENTIFICATION, active=True)
        widget = widgets.filter(pk=int(number), suffix=suffix).first()
        if widget:
            return widget
    raise NoSuchWidget


def offer(widget: Widget, told: Mapping[str, Any], *, visitor: str) -> Offer:
    """A code from what a widget sent: `{"token": …}`, an id with its hash, or page data where the widget trusts it.

    visitor: the network address. Raises TooOften; and BadToken, Unsigned, BadUser, NobodyNamed,
    PersonBlocked, each counted for the widget's page in the admin.
    """
    brakes.pass_by(f"asks:{digest('brake', visitor)[:40]}", ADDRESS)
    try:
        return _offer(widget, told)
    except Refusal as refusal:
        if refusal.code != brakes.TooOften.code:
            _count(widget, refusal.code)
        raise


def _offer(widget: Widget, told: Mapping[str, Any]) -> Offer:
    if "token" in told:
        return _of_token(widget, told["token"])
    vouched = hashes.read(told, widget=widget)
    if vouched:
        return _of_hash(widget, vouched)
    if not widget.trust_page_data:
        raise Unsigned
    user, left_out = accounts.forgiving(told)
    _brake(user)
    text, code = make_code(user, by=None, widget=widget, level=Level.VOUCHED, method="page")
    return Offer(text, code, left_out)


def _of_token(widget: Widget, token: Any) -> Offer:
    """Nothing beside the token counts."""
    if not isinstance(token, str):
        raise BadToken("bad_signature")
    claims = verify(token, widget=widget)
    user, left_out = accounts.forgiving(claims.user)
    _brake(user)
    text, code = _make(user, claims.issued_at, widget=widget, method="token", display=claims.claimed)
    return Offer(text, code, left_out)


def _of_hash(widget: Widget, vouched: hashes.Vouched) -> Offer:
    """As sure as page data that is trusted, but for nobody else's account."""
    user, left_out = accounts.forgiving(vouched.user)
    _brake(user)
    more: dict[str, Any] = {"level": Level.VOUCHED, "method": "hash", "display": vouched.claimed}
    text, code = _make(user, None, widget=widget, **more)
    return Offer(text, code, [*vouched.left_out, *left_out][: accounts.MOST_LEFT_OUT])


@occasion
def _make(user: Mapping[str, Any], issued_at: datetime | None, **more: Any) -> tuple[str, Code]:
    """The code, unless the person's tokens are being revoked at this moment: their profiles are held here."""
    text, code = make_code(user, by=None, **more)
    revoking.check(code.profile.kind, code.profile.address, issued_at)
    return text, code


def _brake(user: Mapping[str, Any]) -> None:
    first = accounts.read(user).addresses[0]
    place = first.channel.pk if first.channel else ""
    brakes.pass_by(f"codes:{digest('brake', f'{first.kind} {place} {first.address}')[:40]}", ACCOUNT)


def _count(widget: Widget, reason: str) -> None:
    """One more refusal in this hour."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    row, _made = TokenRefusal.objects.get_or_create(widget=widget, reason=reason[:20], hour=hour)
    TokenRefusal.objects.filter(pk=row.pk).update(count=F("count") + 1)
