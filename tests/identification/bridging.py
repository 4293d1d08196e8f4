"""A site that comes from Chatwoot or Intercom: its secret, its hashes, and the widget that takes them for a while."""

import hashlib
import hmac
from datetime import timedelta

from django.utils import timezone

from helpdesk.channels.models import Widget
from identification import keys
from identification.models import SigningKey

SECRET = "LwqcBnyMaAZnXgFAkoqGhdvg"  # as long as Chatwoot's


def hash_of(text: str, secret: str = SECRET) -> str:
    """As a site's server makes it."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def bridge(widget: Widget, algorithm: str = "chatwoot", days: int = 30, secret: str = SECRET) -> SigningKey:
    ends = timezone.localdate() + timedelta(days=days)
    return keys.bridge("Old site", algorithm, secret, widget=widget, ends_on=ends, by=None)
