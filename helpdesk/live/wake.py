"""Waking the hubs after a commit: in this process at once, in others through Redis, and never at a request's cost."""

import logging
import threading
import time

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from helpdesk.live.hub import HUB

LINE = "helpdesk:live"
EVENTS, RIGHTS = b"events", b"rights"
# Seconds: what a request may lose to a Redis that does not answer, and for how long it is left alone then.
PATIENCE = 0.2
BROKEN = 5.0
LISTEN = 1.0

log = logging.getLogger(__name__)


class Bell:
    """Rings in all processes. A lost ring is harmless: hubs look every two seconds by themselves."""

    def __init__(self, url: str) -> None:
        self._redis = connect(url)
        self._silent_until = 0.0
        self._failed = False

    def ring(self, why: bytes) -> bool:
        """Whether Redis took it."""
        if time.monotonic() < self._silent_until:
            return False
        if self._failed:  # one request finds out whether it is back; the others do not wait for that
            self._silent_until = time.monotonic() + BROKEN
        try:
            self._redis.publish(LINE, why)
            self._failed, self._silent_until = False, 0.0
        except (redis.RedisError, OSError) as error:
            self._failed, self._silent_until = True, time.monotonic() + BROKEN
            log.info("redis is left alone for %s s: %s", BROKEN, error)
            return False
        return True

    def listeners(self) -> int:
        """How many processes listen. Raises RedisError."""
        return int(self._redis.pubsub_numsub(LINE)[0][1])


class Ear:
    """Listens for rings on a thread of its own, and wakes this process's hub."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to listen, if it does not yet, for as long as the hub has streams."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live ear", daemon=True)
                self._thread.start()

    @property
    def listening(self) -> bool:
        return self._thread is not None

    def _run(self) -> None:
        while self._needed():
            try:
                self._listen()
            except (redis.RedisError, OSError) as error:
                log.info("the live ear cannot hear: %s", error)
                time.sleep(LISTEN)

    def _needed(self) -> bool:
        with self._lock:
            if HUB.running:
                return True
            self._thread = None
            return False

    def _listen(self) -> None:
        with connect(self._url) as client, client.pubsub(ignore_subscribe_messages=True) as line:
            line.subscribe(LINE)
            HUB.wake()  # somebody may have rung before
            while HUB.running:
                message = line.get_message(timeout=LISTEN)
                if message:
                    HUB.wake(rights=message["data"] == RIGHTS)


def connect(url: str) -> redis.Redis:
    """A client that gives up after PATIENCE and does not try again by itself."""
    return redis.Redis.from_url(
        url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )


BELL = Bell(settings.REDIS_URL) if settings.REDIS_URL else None
EAR = Ear(settings.REDIS_URL) if settings.REDIS_URL else None


def ring(why: bytes = EVENTS) -> None:
    """Wakes all hubs."""
    HUB.wake(rights=why == RIGHTS)
    if BELL:
        BELL.ring(why)


def listen() -> None:
    """Hears what other processes ring, where there are others."""
    if EAR:
        EAR.start()
