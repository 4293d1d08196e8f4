"""Signatures of Standard Webhooks 1.0."""

import base64
import secrets as random
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"


def make_secret() -> str:
    """`whsec_` and 32 random bytes in base 64."""
    return PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def headers(public_id: str, body: bytes, secrets: list[str], now: datetime) -> dict[str, str]:
    """The three headers; one signature for each secret that is valid now. now: aware, turned into UTC."""
    at = now.astimezone(UTC)
    signatures = [Webhook(secret).sign(public_id, at, body.decode()) for secret in secrets]
    return {
        "webhook-id": public_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
