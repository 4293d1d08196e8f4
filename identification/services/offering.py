"""A code for the visitor of a site: what its widget says is weighed before anything is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from helpdesk.channels.models import Widget, WidgetKind
from helpdesk.events.occasion import occasion
from helpdesk.lib.crypto import digest
from helpdesk.lib.errors import Refusal
from helpdesk.users.models import Profile
from identification.errors import NoSuchWidget
from identification.models import Code, TokenRefusal
from identification.services import accounts, brakes, proving, refused, revoking
from identification.services.making import make_code
from identification.services.proving import Proof

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
            count(widget, refusal.code)
            refused.remember(refusal)
        raise


def _offer(widget: Widget, told: Mapping[str, Any]) -> Offer:
    proof = proving.read(widget, told)
    brake(proof.user)
    text, code = _make(proof, widget)
    return Offer(text, code, proof.left_out)


@occasion
def _make(proof: Proof, widget: Widget) -> tuple[str, Code]:
    """The code, unless the person's tokens are being revoked at this moment: their profiles are held here."""
    more: dict[str, Any] = {"level": proof.level, "method": proof.method, "display": proof.display}
    more["evidence"] = {"kid": proof.kid} if proof.kid else {}
    text, code = make_code(proof.user, by=None, widget=widget, **more)
    check(proof, code.profile)
    revoking.bind(code, code.profile.address, proof.sessions)
    return text, code


def check(proof: Proof, profile: Profile) -> None:
    """Raises BadToken(revoked) where what was signed then is void. Page data was never signed."""
    if proof.method != "page":
        revoking.check(profile.kind, profile.address, proof.issued_at)


def brake(user: Mapping[str, Any]) -> None:
    """Counts one code for this account. Raises TooOften."""
    first = accounts.read(user).addresses[0]
    place = first.channel.pk if first.channel else ""
    brakes.pass_by(f"codes:{digest('brake', f'{first.kind} {place} {first.address}')[:40]}", ACCOUNT)


def count(widget: Widget, reason: str) -> None:
    """One more refusal in this hour."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    row, _made = TokenRefusal.objects.get_or_create(widget=widget, reason=reason[:20], hour=hour)
    TokenRefusal.objects.filter(pk=row.pk).update(count=F("count") + 1)
