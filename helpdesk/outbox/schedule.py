"""When a job is tried again."""

import math
import random
from datetime import datetime
from email.utils import parsedate_to_datetime

from django.conf import settings
from django.utils import timezone

MINUTE, HOUR = 60.0, 3600.0
# Seconds before each try. Dense at first, because an answer in a chat that comes two hours late is a lost
# answer.
WAITS = (
    *(0.0, 2.0, 5.0, 15.0, 30.0),
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR),
)
REFUSALS = 6  # tries, when the other side does not want this very job
LONGEST_ASKED = 6 * HOUR  # how far a Retry-After may put a job off
FIRST_PROBE, LAST_PROBE = 30.0, 5 * MINUTE  # between tries at an endpoint whose breaker is open
STARTS = 3  # from the third start in a row without an outcome a job runs in a process of its own
HOPELESS = 10  # such starts, after which it is not started again


def probe(failed: int) -> float:
    """Seconds to the next try at an endpoint that was given up on, after so many such tries failed."""
    return min(FIRST_PROBE * 2.0 ** min(failed, 10), LAST_PROBE) * random.uniform(0.5, 1.0)  # noqa: S311


def lease() -> float:
    """Seconds for which a worker holds a lane from the start of a try."""
    return float(settings.OUTBOX_LEASE)


def deadline() -> float:
    """Seconds that a try may take: well below half of the lease, so that a slow one is over before it is lost."""
    return lease() * 3 / 8


def wait(attempts: int, retry_after: float | None = None) -> float | None:
    """Seconds to the next try after so many, with a jitter of 50 to 100 %; None when there is none left.

    retry_after, as the other side asked, is kept between the planned wait and six hours.
    """
    if attempts >= len(WAITS):
        return None
    planned = WAITS[attempts] * random.uniform(0.5, 1.0)  # noqa: S311
    return max(planned, min(retry_after or 0.0, LONGEST_ASKED))


def retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110 §10.2.3); None where it says nothing usable."""
    text = (text or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text, now or timezone.now())
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _until(text: str, now: datetime) -> float:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return math.nan
    return ((at if at.tzinfo else at.replace(tzinfo=now.tzinfo)) - now).total_seconds()
