from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.outbox.pace import Pace
from helpdesk.outbox.services import draining
from tests.outbox import sink as sinks
from tests.outbox.probe import SWITCH, Probe, Time, held_clock


@pytest.fixture
def probe(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Probe:
    """A new probe for each test. Transactions are real: a lane is never drained inside one."""
    monkeypatch.setattr(draining, "PACE", Pace())
    SWITCH.probe = Probe()
    return SWITCH.probe


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Time]:
    """The outbox's clock stands still until the test moves it."""
    with held_clock(monkeypatch) as held:
        yield held


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Path]:
    """The log of a receiver that runs for the length of the test."""
    with sinks.running(tmp_path / "arrivals") as log:
        yield log
