"""The outbox's only clock: the database's.

Leases and due times are compared by several machines, and a machine whose clock is an hour ahead would take
every lane from the others. So the time is asked from the database every ten seconds and carried on in between
by a clock that never jumps. SQLite has the clock of this machine, and there is only one.
"""

import threading
import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

TRUSTED = 10.0  # seconds that a reading is carried on


class _Reading(threading.local):
    at: datetime | None = None
    read = 0.0


_reading = _Reading()


def now() -> datetime:
    """The time by the database, in UTC."""
    if connection.vendor == "sqlite":
        return timezone.now()
    passed = time.monotonic() - _reading.read
    if _reading.at is None or passed > TRUSTED:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            _reading.at = cursor.fetchone()[0]
        _reading.read, passed = time.monotonic(), 0.0
    return _reading.at + timedelta(seconds=passed)
