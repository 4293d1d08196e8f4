import time

from helpdesk.outbox.timing import timer
from identification.services.forgetting import forget_old

EVERY = 600.0  # seconds


class Seldom:
    """Rings far less often than a sweep."""

    due = 0.0


@timer("identification.forget")
def forget() -> None:
    """Keeps the tables of codes and brakes small."""
    if time.monotonic() >= Seldom.due:
        Seldom.due = time.monotonic() + EVERY
        forget_old()
