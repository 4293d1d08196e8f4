"""One Celery worker for the tests that follow each other, since starting one takes seconds."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from helpdesk.outbox import clock
from helpdesk.outbox.models import Lane
from tests import servers
from tests.waiting import wait_for

QUIET = 2.0  # seconds in which the last tries of a test may end


class SharedWorker:
    """Started when it is first asked for. One that is still busy after a test, or has ended, is not handed on."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._made = 0
        self._stack = contextlib.ExitStack()
        self._server: servers.Server | None = None

    def take(self, environment: Mapping[str, str]) -> servers.Server:
        if self._server is None:
            self._made += 1
            home = self._home / str(self._made)
            home.mkdir()
            self._server = self._stack.enter_context(servers.worker(home, environment))
        return self._server

    def give_back(self) -> None:
        """Called while the test's rows are still there."""
        if self._server and (self._server.process.poll() is not None or not _quiet()):
            self.end()

    def end(self) -> None:
        self._stack.close()
        self._server = None


def _quiet() -> bool:
    with contextlib.suppress(AssertionError):
        wait_for(lambda: not Lane.objects.leased(clock.now()).exists(), QUIET)
        return True
    return False
