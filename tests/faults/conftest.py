from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.outbox import sink as sinks


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Path]:
    """The log of a receiver that runs for the length of the test."""
    with sinks.running(tmp_path / "arrivals") as log:
        yield log
