"""Name look-ups with a limit. getaddrinfo takes no timeout and can hang for half a minute."""

import queue
import socket
import threading
from concurrent.futures import Future
from typing import Any

from helpdesk.lib.egress.clock import running
from helpdesk.lib.egress.errors import Unreachable

THREADS = 4
WAIT = 2.0  # seconds

Found = list[tuple[Any, ...]]
Question = tuple[Any, ...]


class Names:
    """Asks the system on a few daemon threads. (An executor's threads would hold up the exit of the process.)

    A question that is being asked already is not asked twice, so one name that hangs costs one thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[Question, Future[Found]] = {}
        self._queue: queue.SimpleQueue[tuple[Question, Future[Found]]] = queue.SimpleQueue()
        self._threads = 0

    def __call__(self, host: str, port: int, family: int = 0, kind: int = 0, proto: int = 0, flags: int = 0) -> Found:
        """As `socket.getaddrinfo`, within 2 s or half of what the running call has left.

        Raises Unreachable `name_slow` or `name_unknown`.
        """
        question = (host, port, family, kind, proto, flags)
        clock = running()
        try:
            if flags & socket.AI_NUMERICHOST:
                return socket.getaddrinfo(*question)
            return self._ask(question).result(WAIT if clock is None else min(WAIT, clock.left() / 2))
        except TimeoutError as error:
            raise Unreachable("name_slow") from error
        except (socket.gaierror, UnicodeError) as error:
            raise Unreachable("name_unknown") from error

    def _ask(self, question: Question) -> Future[Found]:
        with self._lock:
            if question in self._asked:
                return self._asked[question]
            if self._threads < THREADS:
                threading.Thread(target=self._work, name="egress-names", daemon=True).start()
                self._threads += 1
            answer = self._asked[question] = Future()
        self._queue.put((question, answer))
        return answer

    def _work(self) -> None:
        while True:
            question, answer = self._queue.get()
            try:
                answer.set_result(socket.getaddrinfo(*question))
            except Exception as error:  # noqa: BLE001 - whatever it is belongs to the thread that asked
                answer.set_exception(error)
            finally:
                with self._lock:
                    del self._asked[question]
