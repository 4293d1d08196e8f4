"""How many places of this process slow groups may take.

Endpoints whose last try took over two seconds share a quarter of the places, so that slow endpoints, however
many, cannot own the workers. A group becomes slow while its try is still running, and fast again by one quick
answer.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

SLOTS = 16  # lanes that one process works on at a time
SLOW = 2.0  # seconds
YOUNG = 0.05  # seconds


class Pace:
    """The groups that this process works on. quota: places for all slow groups together."""

    def __init__(self, quota: int = SLOTS // 4) -> None:
        self.quota = quota
        self._guard = threading.Lock()
        self._places: Counter[str] = Counter()
        self._slow: set[str] = set()
        self._running: dict[object, tuple[str, float]] = {}

    @contextmanager
    def place(self, group: str) -> Iterator[bool]:
        """Takes a place for a lane of the group while the block runs; False where it may not have one."""
        with self._guard:
            admitted = group not in self._slow_now() or self._taken() < self.quota
            if admitted:
                self._places[group] += 1
        try:
            yield admitted
        finally:
            if admitted:
                with self._guard:
                    self._places[group] -= 1

    @contextmanager
    def trying(self, group: str) -> Iterator[None]:
        """Watches one try."""
        key, began = object(), time.monotonic()
        with self._guard:
            self._running[key] = (group, began)
        try:
            yield
        finally:
            with self._guard:
                del self._running[key]
                slow = bool(group) and time.monotonic() - began > SLOW
                (self._slow.add if slow else self._slow.discard)(group)

    def young(self) -> int:
        """Tries that began a moment ago and will probably end in a moment."""
        with self._guard:
            late = time.monotonic() - YOUNG
            return sum(began > late for _, began in self._running.values())

    def crowded(self, group: str) -> bool:
        """Whether a lane of this group should give its place back: it is slow and there are too many of those."""
        with self._guard:
            return group in self._slow_now() and self._taken() > self.quota

    def _slow_now(self) -> set[str]:
        late = time.monotonic() - SLOW
        return self._slow | {group for group, began in self._running.values() if group and began < late}

    def _taken(self) -> int:
        return sum(self._places[group] for group in self._slow_now())


PACE = Pace()
