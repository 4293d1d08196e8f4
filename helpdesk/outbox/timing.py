"""What has to be looked at every two seconds: silent chats, due waits. Each timer claims its rows itself."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from helpdesk.lib.registry import Registry

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Timer:
    """ring runs in every process that sweeps, at the same time too: it claims by conditional UPDATE."""

    key: str
    ring: Callable[[], object]


TIMERS: Registry[Timer] = Registry("timer")


def timer(key: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Registers a function under `noun.what`, to be run on every sweep."""

    def mark(function: Callable[[], object]) -> Callable[[], object]:
        TIMERS.register(Timer(key, function))
        return function

    return mark


def ring() -> None:
    """Runs all timers; one that fails does not keep the others from running."""
    for each in TIMERS:
        try:
            each.ring()
        except Exception:  # one broken timer must not stop the desk's clock
            log.exception("the timer %s failed", each.key)
