"""Long runs without a kill: nothing comes twice, however many processes look after the same rows."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from helpdesk.outbox.health import health
from helpdesk.outbox.models import Attempt
from tests import product
from tests.faults import desk as desks
from tests.faults.desk import Program
from tests.outbox.answers import answer, check, desk, waiting
from tests.outbox.sink import address, arrivals
from tests.plugins.figures import Measured
from tests.waiting import wait_for

PUMPS, WORKERS = 3, 2
REPLIES = 400  # for longer than a sweep takes to come round, so that more than one gets something

pytestmark = [pytest.mark.slow, pytest.mark.both, pytest.mark.once]


def send(sink: Path, settings: Any, times: int, what: str) -> tuple[str, dict[str, int], float]:
    """So many answers over fifty cases, two endpoints of which are slow or shaky; nothing may come twice."""
    began = time.monotonic()
    answer(desk(address(sink), settings), times)
    wait_for(lambda: not waiting(), 120 + times / 10, pause=0.1)
    return what, check(arrivals(sink), times, most_doubles=0), time.monotonic() - began


@pytest.mark.promise("P3")
def test_nothing_comes_twice_in_1000_deliveries(sink: Path, outbox: None, settings: Any, measured: Measured) -> None:
    measured(*send(sink, settings, 1000, "1,000 replies, no kill"))


@pytest.mark.soak
@pytest.mark.promise("P3")
def test_nothing_comes_twice_in_10000_deliveries(sink: Path, outbox: None, settings: Any, measured: Measured) -> None:
    measured(*send(sink, settings, 10_000, "10,000 replies, no kill"))


def crowd(home: Path) -> list[Program]:
    """Three pumps, and where there is Celery two workers, each with a beat: all of them sweep."""
    environment = product.environment()
    programs = [desks.pump(home, environment, f"pump {n}") for n in range(PUMPS)]
    if connection.vendor == "postgresql":
        programs += [desks.worker(home, environment, f"worker {n}") for n in range(WORKERS)]
    return [program.start() for program in programs]


@pytest.mark.promise("P21")
def test_two_of_everything_on_one_database_give_the_same_results(
    sink: Path, tmp_path: Path, transactional_db: None, settings: Any, measured: Measured
) -> None:
    programs = crowd(tmp_path)
    try:
        wait_for(lambda: len(health().beats) == len(programs), 60, pause=0.1)
        measured(*send(sink, settings, REPLIES, f"{REPLIES} replies, {len(programs)} pumps and workers at once"))
    finally:
        for program in programs:
            program.end()
    assert Attempt.objects.values("worker").distinct().count() > 1, "they shared the work"
