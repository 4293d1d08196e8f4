"""Doing at once what several threads ask for at the same time."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class _Call(Generic[T, R]):
    def __init__(self, item: T) -> None:
        self.item = item
        self.over = threading.Event()
        self.result: R
        self.error: BaseException | None = None


class Together(Generic[T, R]):
    """A function of one item, made of `work`, a function of many: what arrives while one is under way waits
    and is then done in one go, by the thread that comes first.

    work: answers with one result for each item, in order. at_once: how many such goes may be under way, so
    that one that waits for a lock does not hold up everything. What `work` raises reaches each caller of that
    go.
    """

    def __init__(self, work: Callable[[list[T]], list[R]], *, at_once: int = 2) -> None:
        self._work = work
        self._guard = threading.Lock()
        self._turns = threading.BoundedSemaphore(at_once)
        self._calls: list[_Call[T, R]] = []

    def __call__(self, item: T) -> R:
        call: _Call[T, R] = _Call(item)
        with self._guard:
            self._calls.append(call)
        with self._turns:
            self._go()
        call.over.wait()
        if call.error is not None:
            raise call.error
        return call.result

    def _go(self) -> None:
        """Does all that waits; the calls of other threads are among it, and ours, unless another took it."""
        with self._guard:
            calls, self._calls = self._calls, []
        if not calls:
            return
        try:
            for call, result in zip(calls, self._work([call.item for call in calls]), strict=True):
                call.result = result
        except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
            for call in calls:
                call.error = error
        finally:
            for call in calls:
                call.over.set()
