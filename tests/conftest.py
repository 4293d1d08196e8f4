"""The frame of every test: its profile, its markers, and what moves the outbox."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase, override_settings
from pytest_django import Settings

from helpdesk.outbox.pump import Pump
from tests import emptying, servers

pytest_plugins = ["tests.plugins.promises", "tests.plugins.figures", "tests.plugins.sharing"]

PROFILE = os.environ.get("HELPDESK_PROFILE", "embedded")
PUMP = os.environ.get("HELPDESK_PUMP", "on")
WORKER = os.environ.get("HELPDESK_WORKER", "off")
LOOPBACK = "127.0.0.0/8"  # where the tests' receivers are
VENDORS = {"embedded": "sqlite", "full": "postgresql"}

# Tests in a folder or file of such a name run in both profiles, whether or not they say so.
BOTH = frozenset({"journeys", "outbox", "locks", "feed", "live", "search", "idempotency"})

MARKERS = (
    "both: runs on SQLite and on PostgreSQL with Redis (once by the worker, once by the pump)",
    "full: runs on PostgreSQL with Redis only",
    "once: of the two runs on PostgreSQL only in the one with the worker",
    "embedded: runs on SQLite only, where the folder would make it run in both",
    "browser: runs in Chromium, once, on PostgreSQL with Redis",
    "slow: takes more than five seconds",
    "soak: a long run; `make soak` only",
)

hypothesis.settings.register_profile("gate", max_examples=50, deadline=None)
hypothesis.settings.register_profile("fuzz", max_examples=2000, deadline=None)
hypothesis.settings.load_profile("gate")


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Says in the output, also with -q, what the tests stand on."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"profile: {PROFILE} ({connection.vendor}) pump {PUMP} worker {WORKER}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks what must run in both profiles. Raises UsageError if a whole run would leave a part of it out."""
    for item in items:
        if _bound(item) and not any(item.get_closest_marker(name) for name in ("browser", "embedded", "full")):
            item.add_marker("both")
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        there = set().union(*map(_bound, items))
        kept = set().union(*(_bound(item) for item in items if not item.get_closest_marker("embedded")))
        if left_out := sorted(there - kept):
            raise pytest.UsageError(f"no test of {', '.join(left_out)} runs on PostgreSQL, and some must")


def _bound(item: pytest.Item) -> frozenset[str]:
    """Why a test must run in both profiles: the parts of its path that say so."""
    path = item.path.relative_to(item.config.rootpath)
    return BOTH & {*path.parts[:-1], path.stem.removeprefix("test_")}


@pytest.fixture(scope="session", autouse=True)
def _static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Pages need their files under hashed names, as in production.

    Each test client makes the middleware anew: it looks for a file when it is asked for one, instead of reading
    all of them each time.
    """
    with override_settings(STATIC_ROOT=tmp_path_factory.mktemp("static"), WHITENOISE_AUTOREFRESH=True):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=["tests.hashing.Cheap"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.after_each_test)
        yield


@pytest.fixture(scope="session", autouse=True)
def _right_database() -> None:
    """A run that calls itself full must not be an SQLite run, and SQLite must be a file: threads share it."""
    assert connection.vendor == VENDORS[PROFILE], f"{PROFILE} runs on {connection.vendor}"
    if PROFILE == "embedded":
        name = str(connection.settings_dict["TEST"]["NAME"])
        assert Path(name).is_absolute(), f"the test database must be a file, not {name}"


@pytest.fixture
def outbox(transactional_db: None, settings: Settings, pytestconfig: pytest.Config) -> Iterator[None]:
    """Whatever moves the outbox in this profile, running for the length of a test; it may call loopback.

    A worker sees what is committed, hence `transactional_db`.
    """
    settings.EGRESS_ALLOW_NETWORKS = LOOPBACK
    if WORKER == "on":
        url = servers.with_database(os.environ["DATABASE_URL"], connection.settings_dict["NAME"])
        sharing: Any = pytestconfig.pluginmanager.get_plugin("tests.plugins.sharing")
        server = sharing.worker.take({**os.environ, "DATABASE_URL": url, "EGRESS_ALLOW_NETWORKS": LOOPBACK})
        yield
        print(server.end_of_log())  # shown beside the failure, if there is one
        sharing.worker.give_back()
        return
    pump = Pump()
    pump.start()
    try:
        yield
    finally:
        assert pump.stop(), "a thread of the pump goes on into the next test"
