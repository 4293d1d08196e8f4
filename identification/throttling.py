"""A brake's word in HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

from rest_framework.exceptions import Throttled

from identification.services.brakes import TooOften


@contextmanager
def throttled() -> Iterator[None]:
    """Answers 429 with Retry-After where a brake says wait."""
    try:
        yield
    except TooOften as refusal:
        raise Throttled(refusal.wait) from refusal
