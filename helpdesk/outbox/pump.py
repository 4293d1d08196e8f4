"""Threads that work off the outbox without a broker.

In the embedded profile they are all there is; in the full profile one pump keeps things moving while Redis is
down. Nothing starts on import: `manage.py up` and `manage.py pump` start one.
"""

import logging
import os
import socket
import threading
import time
from typing import Any

from django.db import close_old_connections, connections

from helpdesk.outbox import alarm
from helpdesk.outbox.pace import SLOTS
from helpdesk.outbox.services import draining, sweeping

log = logging.getLogger(__name__)

IDLE = 30.0  # seconds that a thread without work keeps its place and its database connection
BEAT = 5.0  # seconds between signs of life


class Pump:
    """Wakes itself every two seconds, and by each commit of this process that makes a lane due.

    slots: lanes worked on at a time; threads are made as they are needed. name: as health pages show it.
    """

    def __init__(self, slots: int = SLOTS, name: str = "") -> None:
        self.slots = slots
        self.name = name or f"pump:{socket.gethostname()}:{os.getpid()}"
        self._stopped = threading.Event()
        self._news = threading.Condition()
        self._lanes: dict[int, None] = {}
        self._workers = 0
        self._busy = 0
        self._threads: set[threading.Thread] = set()

    def start(self) -> None:
        """Starts the threads and returns. Call it after any fork."""
        alarm.listen(self.wake)
        with self._news:
            self._thread(self._watch, "outbox-sweep")

    def stop(self, limit: float = 20.0) -> bool:
        """Takes no more lanes, and waits `limit` seconds for tries under way. Whether all of them have ended."""
        alarm.unlisten(self.wake)
        self._stopped.set()
        with self._news:
            self._news.notify_all()
            threads = list(self._threads)
        end = time.monotonic() + limit
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def wake(self, lane_id: int) -> None:
        """Has the lane worked on as soon as there is a place."""
        with self._news:
            self._lanes[lane_id] = None
            idle = self._workers - self._busy
            if len(self._lanes) > idle and self._workers < self.slots and not self._stopped.is_set():
                self._workers += 1
                self._thread(self._work, "outbox-work")
            self._news.notify()

    def _thread(self, target: Any, name: str) -> None:
        thread = threading.Thread(target=self._run, args=(target,), name=name, daemon=True)
        self._threads.add(thread)
        thread.start()

    def _run(self, target: Any) -> None:
        try:
            target()
        finally:
            connections.close_all()
            with self._news:
                self._threads.discard(threading.current_thread())

    def _watch(self) -> None:
        """Sweeps and gives signs of life until the end."""
        beaten = 0.0
        while not self._stopped.is_set():
            try:
                if time.monotonic() - beaten >= BEAT:
                    sweeping.beat(self.name)
                    beaten = time.monotonic()
                sweeping.sweep(self.wake)
            except Exception:  # the database may be away for a while; the next sweep comes in two seconds
                log.exception("the sweep failed")
            close_old_connections()  # a broken one, too: the next sweep makes a new one
            self._stopped.wait(sweeping.EVERY)

    def _work(self) -> None:
        while (lane_id := self._next()) is not None:
            try:
                draining.drain(lane_id, worker=self.name, stop=self._stopped)
            except Exception:  # as above: the lane stays due, and the sweep brings it again
                log.exception("the lane %d could not be worked on", lane_id)
            close_old_connections()
            with self._news:
                self._busy -= 1

    def _next(self) -> int | None:
        """The lane that was woken first. None after a while without work, and at the end."""
        with self._news:
            self._news.wait_for(lambda: self._lanes or self._stopped.is_set(), IDLE)
            if self._stopped.is_set() or not self._lanes:
                self._workers -= 1
                return None
            self._busy += 1
            lane_id = next(iter(self._lanes))
            del self._lanes[lane_id]
            return lane_id
