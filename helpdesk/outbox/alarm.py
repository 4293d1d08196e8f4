"""Waking whoever works on lanes. All of it may fail or be forgotten: the sweep finds every lane that is due."""

import logging
import random
import time
from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)

SILENCE = 5.0  # seconds without a try after the broker failed once
EXPIRES = 10  # seconds; later than that the sweep has called again

_listeners: list[Callable[[int], object]] = []


class Broker:
    """Publishes to Celery, where there is a broker; never in the way of a request for long."""

    def __init__(self) -> None:
        self._silent_until = 0.0
        self._failed = False

    def call(self, lane_id: int) -> None:
        if time.monotonic() < self._silent_until:
            return
        if self._failed:  # one request finds out whether it is back; the others do not wait for that
            self._silent_until = time.monotonic() + SILENCE
        # Loaded only where there is a broker: the embedded profile does without Celery in memory.
        self._failed = not import_string("helpdesk.celery.publish")(lane_id, expires=EXPIRES)
        if self._failed:
            self._silent_until = time.monotonic() + SILENCE
            log.warning("the broker does not answer; no wake-ups for %g s, the sweep goes on", SILENCE)
        else:
            self._silent_until = 0.0


_broker = Broker()


def listen(listener: Callable[[int], object]) -> None:
    """From now on wake-ups of this process go to `listener(lane_id)` too."""
    _listeners.append(listener)


def unlisten(listener: Callable[[int], object]) -> None:
    _listeners.remove(listener)


def call(lane_id: int) -> None:
    """Wakes the pump of this process, if it has one, and a worker, if there is a broker."""
    for listener in tuple(_listeners):
        listener(lane_id)
    if settings.REDIS_URL:
        _broker.call(lane_id)


def wake(lane_id: int) -> None:
    """Called after each commit that made a lane due."""
    if random.random() >= settings.OUTBOX_DROP_WAKEUPS:  # noqa: S311
        call(lane_id)
