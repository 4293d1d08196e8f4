"""Waiting for something to become true, with a limit: the tests' only form of patience."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T], limit: float = 10.0, *, pause: float = 0.01) -> T:
    """Calls `condition` until its answer is true and returns that answer.

    `limit` and `pause` in seconds. Raises AssertionError with the last answer when the limit has passed.
    """
    end = time.monotonic() + limit
    while not (answer := condition()):
        if time.monotonic() > end:
            name = getattr(condition, "__qualname__", repr(condition))
            raise AssertionError(f"{name} was not true within {limit:g} s; its last answer was {answer!r}")
        time.sleep(pause)
    return answer
