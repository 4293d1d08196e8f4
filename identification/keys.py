"""Signing keys: made, told once, retired. Several may be active, so that they change without a gap."""

import secrets
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.channels.models import Widget
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.crypto import token
from identification.errors import BadKey, BadKid
from identification.models import SigningKey
from identification.public_keys import PublicKey

# How exact "last used" is: one write a minute and key, not one per token.
USED_EVERY = timedelta(minutes=1)
# A hash is a bridge while a site changes to tokens: it never expires by itself and covers nothing but the id.
LONGEST_BRIDGE = timedelta(days=366)
LONGEST_KID = 120  # characters
WARNED_BEFORE = timedelta(days=14)


@occasion
def make(title: str, *, by: Actor | None) -> tuple[SigningKey, str]:
    """A key for HS256 and its secret: 43 characters, used as they stand (UTF-8, not base-64-decoded)."""
    secret = token("", 32)
    return _made(SigningKey(title=title, secret=secret), by), secret


@occasion
def add(title: str, public: PublicKey, *, kid: str = "", by: Actor | None) -> SigningKey:
    """The public half of a key that only the company's server has. kid: if it has one. Raises BadKey."""
    kid = check_new(public, kid)
    return _made(SigningKey(title=title, algorithm=public.algorithm, public_key=public.pem, kid=kid), by)


def check_new(public: PublicKey, kid: str) -> str:
    """The kid that this key will have; "" where we make one. Raises BadKey where key or kid is there already."""
    there = SigningKey.objects.filter(public_key=public.pem).first()
    if there:
        raise BadKey(_("This key is in the list already: %(key)s.") % {"key": there})
    kid = kid or public.kid
    if kid and (len(kid) > LONGEST_KID or not kid.isprintable() or SigningKey.objects.filter(kid=kid).exists()):
        raise BadKid
    return kid


@occasion
def bridge(title: str, algorithm: str, secret: str, *, widget: Widget, ends_on: date, by: Actor | None) -> SigningKey:
    """From now to the end of a day the widget also takes `identifier_hash` or `user_hash`, made with this secret."""
    return _made(SigningKey(title=title, algorithm=algorithm, secret=secret, widget=widget, ends_on=ends_on), by)


def _made(key: SigningKey, by: Actor | None) -> SigningKey:
    key.kid = key.kid or f"key_{secrets.token_hex(6)}"
    key.save(force_insert=True)
    record("signing_key.made", by=by, kid=key.kid, title=key.title)
    return key


@occasion
def retire(key: SigningKey, *, by: Actor | None) -> None:
    """From now on nothing signed with this key is believed."""
    if not key.active:
        return
    key.active, key.retired_at = False, timezone.now()
    key.save(update_fields=["active", "retired_at"])
    record("signing_key.retired", by=by, kid=key.kid, title=key.title)


def used(key: SigningKey) -> None:
    """Notes that something signed with it was believed."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        SigningKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=now)


def of_tokens() -> QuerySet[SigningKey]:
    """The active keys that sign tokens."""
    return SigningKey.objects.filter(active=True).exclude(algorithm__in=SigningKey.HASHES)


def ending() -> QuerySet[SigningKey]:
    """The hashes that end within two weeks, or have ended and were not retired."""
    hashes = SigningKey.objects.filter(active=True, algorithm__in=SigningKey.HASHES)
    return hashes.filter(ends_on__lte=timezone.localdate() + WARNED_BEFORE).order_by("ends_on")


def has_ended(key: SigningKey) -> bool:
    return key.ends_on is not None and key.ends_on < timezone.localdate()
