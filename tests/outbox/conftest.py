from collections.abc import Iterator

import pytest

from helpdesk.outbox.pace import Pace
from helpdesk.outbox.services import draining
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
