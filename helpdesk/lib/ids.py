"""Identifiers that need no database to be made."""

import os
import secrets
import threading
import time
import uuid

_RANDOM_BITS = 74  # of a version 7 UUID, beside the time
_LOW_BITS = 62  # of these, behind the variant
_MOST = (1 << _RANDOM_BITS) - 1


class _Sequence:
    """Makes each id of the process greater than the one before: RFC 9562 §6.2, method 2."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Also for a forked process, which would go on from its parent's last id."""
        self._lock = threading.Lock()
        self._ms = 0
        self._random = 0

    def next(self) -> tuple[int, int]:
        """Milliseconds since 1970 and 74 random bits: new ones each millisecond, within it a step further."""
        with self._lock:
            now = time.time_ns() // 1_000_000
            step = self._random + 1 + secrets.randbits(32)
            if now > self._ms:
                self._ms, self._random = now, secrets.randbits(_RANDOM_BITS)
            elif step <= _MOST:  # the clock stands still or went back
                self._random = step
            else:
                self._ms, self._random = self._ms + 1, secrets.randbits(_RANDOM_BITS)
            return self._ms, self._random


_sequence = _Sequence()
os.register_at_fork(after_in_child=_sequence.renew)


def uuid7() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562): sorts by time, and within this process by order of making."""
    ms, random = _sequence.next()
    high, low = random >> _LOW_BITS, random & ((1 << _LOW_BITS) - 1)
    return uuid.UUID(int=ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def case_number() -> str:
    """A random number to say on the phone, as `664-245651`; one of 900 million, so it may be taken."""
    return f"{100 + secrets.randbelow(900)}-{secrets.randbelow(1_000_000):06d}"


def is_id(text: str) -> bool:
    """Whether text from outside can be the id of a row: digits, and no more than the database has room for."""
    return text.isascii() and text.isdecimal() and len(text) < 19
