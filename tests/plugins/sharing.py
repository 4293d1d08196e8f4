"""One Celery worker for tests that follow each other, since starting one takes seconds.

It runs for tests with the fixture `outbox` alone: in others it would do what they wait to see undone.
"""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from helpdesk.outbox import clock
from helpdesk.outbox.models import Lane
from tests import servers
from tests.waiting import wait_for

QUIET = 2.0  # seconds in which the last tries of a test may end


class SharedWorker:
    """Started when it is first asked for. One that is still busy after a test, or has ended, is not handed on."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._server: servers.Server | None = None

    def take(self, environment: Mapping[str, str]) -> servers.Server:
        if self._server is None:
            home = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-worker-")))
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


worker = SharedWorker()


def shares(item: pytest.Item | None) -> bool:
    return os.environ.get("HELPDESK_WORKER") == "on" and "outbox" in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that share come after each other."""
    items.sort(key=shares)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    if not shares(nextitem):  # it may have been asked for by name, too
        worker.end()


def pytest_sessionfinish() -> None:
    """Also after Ctrl-C."""
    worker.end()
