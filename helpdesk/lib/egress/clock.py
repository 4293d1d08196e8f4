"""The wall clock of a call. The timeout of a socket bounds one wait only: a byte a second passes it for ever.

At the deadline a watching thread shuts down a duplicate of the call's descriptor; the blocked read returns.
The duplicate is needed because TLS detaches the socket it wraps: during a slow handshake nothing else could
be shut down. Afterwards `Clock.cut` decides, not what was read: a body without a length just ends.
"""

import heapq
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic

from helpdesk.lib.egress.errors import TooSlow


class Clock:
    """The time of one call, in seconds. Used as a context in the thread that makes the call."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.started = monotonic()
        self.at = self.started + seconds
        self.cut = False
        self.over = False
        self._line: socket.socket | None = None
        self._lock = threading.Lock()

    def spent(self) -> float:
        return monotonic() - self.started

    def left(self) -> float:
        """Seconds left, never 0: that would mean "do not block" to a socket."""
        return max(self.at - monotonic(), 0.001)

    def check(self) -> None:
        """Raise TooSlow if the time is up."""
        if self.cut or monotonic() >= self.at:
            raise TooSlow("too_slow", f"{self.seconds:g}")

    def hold(self, line: socket.socket) -> None:
        """From now on the deadline ends this connection. Raises TooSlow if it has passed."""
        self.check()
        with self._lock:
            self._drop()
            self._line = socket.fromfd(line.fileno(), line.family, line.type)

    def let_go(self) -> bool:
        """Leave the connection alone again. False if it was cut."""
        with self._lock:
            self._drop()
            return not self.cut

    def expire(self) -> None:
        """End the call; of the watching thread."""
        with self._lock:
            if self.over:
                return
            self.cut = True
            if self._line is not None:
                with suppress(OSError):  # the server was faster
                    self._line.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        with self._lock:
            self.over = True
            self._drop()

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class Watch:
    """One daemon thread with a heap of deadlines."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Clock]] = []
        self._number = itertools.count()
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._sweep_at = 256

    def add(self, clock: Clock) -> None:
        with self._news:
            self._sweep()
            heapq.heappush(self._heap, (clock.at, next(self._number), clock))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="egress-watch", daemon=True)
                self._thread.start()
            elif self._heap[0][2] is clock:
                self._news.notify()

    def __len__(self) -> int:
        return len(self._heap)

    def _sweep(self) -> None:
        """Calls that ended before their time stay in the heap; throw them out when it has doubled."""
        if len(self._heap) >= self._sweep_at:
            self._heap = [entry for entry in self._heap if not entry[2].over]
            heapq.heapify(self._heap)
            self._sweep_at = max(256, 2 * len(self._heap))

    def _run(self) -> None:
        while True:
            self._next_due().expire()

    def _next_due(self) -> Clock:
        with self._news:
            while True:
                wait = self._heap[0][0] - monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._heap)[2]
                self._news.wait(wait)


_running = threading.local()


def running() -> Clock | None:
    """The clock of the call that this thread is making."""
    clock: Clock | None = getattr(_running, "clock", None)
    return clock


@contextmanager
def limited(seconds: float, watch: Watch) -> Iterator[Clock]:
    """Run the block against a deadline."""
    clock = Clock(seconds)
    watch.add(clock)
    _running.clock = clock
    try:
        yield clock
    finally:
        _running.clock = None
        clock.stop()
