"""Asking Redis whether it lives. Loaded only where there is one."""

import redis
from django.conf import settings

WAIT = 0.5  # seconds


def problem() -> str:
    """One sentence, or nothing when it answers."""
    try:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=WAIT, socket_connect_timeout=WAIT, retry_on_timeout=False
        )
        with client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return f"Redis does not answer: {type(error).__name__}"
    return ""
