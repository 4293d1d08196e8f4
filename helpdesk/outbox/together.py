"""Doing at once what several threads ask for at the same time."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

GATHER = 0.02  # seconds

T = TypeVar("T")
R = TypeVar("R")


class _Call(Generic[T, R]):
    """turn: it is over, or its thread is to lead the next go."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.turn = threading.Event()
        self.over = threading.Event()
        self.result: R
        self.error: BaseException | None = None


class Together(Generic[T, R]):
    """A function of one item, made of `work`, a function of many: what arrives while one go is under way waits and
    is then done in the next one, by the thread that waited longest.

    work: answers with one result for each item, in order. What it raises reaches each caller of that go.
    coming: how many more calls are about to come; a go waits for them, GATHER seconds at most. patience: seconds
    after which a go that waits for something itself (a locked row) does not hold up the next one any more.
    """

    def __init__(
        self,
        work: Callable[[list[T]], list[R]],
        *,
        coming: Callable[[], int] = lambda: 0,
        patience: float = 0.2,
    ) -> None:
        self._work = work
        self._coming = coming
        self._patience = patience
        self._news = threading.Condition()
        self._led = False
        self._calls: list[_Call[T, R]] = []

    def __call__(self, item: T) -> R:
        call: _Call[T, R] = _Call(item)
        with self._news:
            self._calls.append(call)
            self._news.notify()
            leads, self._led = not self._led, True
        if leads or self._chosen(call):
            self._lead()
        call.over.wait()
        if call.error is not None:
            raise call.error
        return call.result

    def _chosen(self, call: _Call[T, R]) -> bool:
        """Whether nobody has taken the call when its turn comes, or its patience ends."""
        call.turn.wait(self._patience)
        with self._news:
            return call in self._calls

    def _lead(self) -> None:
        try:
            self._go(self._gathered())
        finally:
            with self._news:
                if self._calls:
                    self._calls[0].turn.set()
                self._led = bool(self._calls)

    def _gathered(self) -> list[_Call[T, R]]:
        with self._news:
            self._news.wait_for(lambda: not self._coming(), GATHER)
            calls, self._calls = self._calls, []
        return calls

    def _go(self, calls: list[_Call[T, R]]) -> None:
        """Does these; those of other threads are among them, and ours, unless another thread took it meanwhile."""
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
                call.turn.set()
