"""API keys: random, shown once, kept as a hash."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from helpdesk.channels.models import Channel
from helpdesk.users.models import Agent, ApiKey

PREFIX = "hd_"
# How exact "last used" is: one write a minute and key, not one per call.
USED_EVERY = timedelta(minutes=1)


def make(
    agent: Agent, *, name: str, scopes: list[str], channel: Channel | None = None, text: str | None = None
) -> tuple[ApiKey, str]:
    """A new key and its text, which is not stored and cannot be shown again. 256 random bits."""
    text = text or PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        agent=agent, name=name, scopes=scopes, channel=channel, hash=_hash(text), head=text[:10]
    )
    return key, text


def check(text: str) -> ApiKey | None:
    """The key behind this text, if it is active and so is its agent. Notes the use."""
    if not text.startswith(PREFIX):
        return None
    keys = ApiKey.objects.select_related("agent", "channel").filter(active=True, agent__is_active=True)
    key = keys.filter(hash=_hash(text)).first()
    if key:
        _used(key)
    return key


def _used(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _hash(text: str) -> str:
    # The key has 256 random bits: a slow hash would only slow each call down.
    return hashlib.sha256(text.encode()).hexdigest()
