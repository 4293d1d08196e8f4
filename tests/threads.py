"""Doing a thing at the same moment in several threads, each with a database connection of its own."""

import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")


def at_once(work: Callable[[T], Any], items: Iterable[T], *, limit: float = 60.0) -> list[Any]:
    """Calls `work` with each item, all in the same moment, and gives the answers in the order of the items.

    Raises what the first of them raised, and AssertionError when one has not ended after `limit` seconds.
    """
    items = list(items)
    start = threading.Barrier(len(items))
    answers: list[Any] = [None] * len(items)
    errors: list[BaseException] = []

    def run(index: int) -> None:
        try:
            start.wait()
            answers[index] = work(items[index])
        except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,), daemon=True) for n in range(len(items))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(limit)
        assert not thread.is_alive(), f"not over after {limit:g} s"
    if errors:
        raise errors[0]
    return answers
