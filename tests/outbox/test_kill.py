"""Workers are killed with -9 at random moments: nothing is lost, nothing out of order, duplicates are recognised."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from helpdesk.cases.models import Message
from helpdesk.outbox import clock
from helpdesk.outbox.health import health
from helpdesk.outbox.models import Attempt, Heartbeat, Job, State
from helpdesk.outbox.pump import Pump
from tests import product, servers
from tests.outbox.answers import answer, check, desk, waiting
from tests.outbox.sink import address, arrivals
from tests.plugins.figures import Measured
from tests.waiting import wait_for

WORKERS = 2
SLOTS = 16
# A lane whose worker was killed waits for the end of its lease; 40 s of that would make this a test of
# patience.
SETTINGS = {"OUTBOX_LEASE": "6"}
LEASE = 4  # of the worker that is frozen


class Fleet:
    """Worker processes that are killed and started again: Celery where the profile has it, else pumps."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = product.environment(**SETTINGS)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.kills = 0
        self._over = threading.Event()

    def start(self, number: int) -> subprocess.Popen[bytes]:
        folder = self.home / f"worker {number}"
        folder.mkdir(exist_ok=True)
        pump = [sys.executable, "manage.py", "pump"]
        command = servers.worker_command(folder) if os.environ.get("HELPDESK_WORKER") == "on" else pump
        return servers.start(command, log=folder / "log", env=self.environment)

    @contextmanager
    def working(self, kills: int) -> Iterator["Fleet"]:
        """Workers, and somebody who kills one of them every now and then, `kills` times."""
        self.processes = [self.start(number) for number in range(WORKERS)]
        killer = threading.Thread(target=self._kill, args=(kills,))
        killer.start()
        try:
            yield self
            killer.join()
        finally:
            self._over.set()
            killer.join()
            for process in self.processes:
                servers.end(process, patience=5)

    def _kill(self, times: int) -> None:
        while self.kills < times and not self._over.wait(random.uniform(1.0, 3.5)):
            number = random.randrange(WORKERS)
            os.killpg(self.processes[number].pid, signal.SIGKILL)
            self.processes[number].wait()
            self.kills += 1
            self.processes[number] = self.start(number)


def kill_and_check(sink: Path, home: Path, settings: Any, *, times: int, kills: int) -> tuple[str, Counter[str], float]:
    began = time.monotonic()
    settings.OUTBOX_DROP_WAKEUPS = 0.1
    those = desk(address(sink), settings)
    fleet = Fleet(home)
    with fleet.working(kills):
        answer(those, times)
        wait_for(lambda: fleet.kills == kills, 600)
        wait_for(lambda: not waiting(), 300, pause=0.2)
    stuck = Job.objects.exclude(state=State.DONE)
    assert list(stuck.values("public_id", "state", "last_error", "attempts", "starts", "lane__key")) == []
    came = arrivals(sink)
    found = check(came, times, most_doubles=kills * SLOTS)
    assert Message.objects.filter(delivery="delivered").count() == times
    return f"{times:,} replies, {fleet.kills} kills of a worker", found, time.monotonic() - began


@pytest.mark.slow
@pytest.mark.promise("P18")
def test_a_worker_that_is_frozen_for_twice_its_lease_breaks_no_order_and_moves_no_state_back(
    sink: Path, tmp_path: Path, transactional_db: None, settings: Any
) -> None:
    (case, *_) = desk(address(sink), settings, paths=["/pause"])
    environment = product.environment(OUTBOX_LEASE=str(LEASE))
    frozen = servers.start([sys.executable, "manage.py", "pump"], log=tmp_path / "frozen.log", env=environment)
    name = f"pump:{socket.gethostname()}:{frozen.pid}"
    try:
        wait_for(lambda: name in health().beats, 60)
        answer([case], 8)
        wait_for(lambda: arrivals(sink), 30)
        frozen.send_signal(signal.SIGSTOP)
        frozen_at = time.monotonic()
        pump = Pump(name="pump:the other one")
        pump.start()
        wait_for(lambda: not waiting() and time.monotonic() - frozen_at > 2 * LEASE, 60, pause=0.1)
        thawed_at = clock.now()
        frozen.send_signal(signal.SIGCONT)
        wait_for(lambda: Heartbeat.objects.get(name=name).at > thawed_at, 30)
        pump.stop()
    finally:
        servers.end(frozen)
    check(arrivals(sink), 8, most_doubles=1)
    assert set(Job.objects.values_list("state", "attempts")) == {(State.DONE, 1)}
    assert Attempt.objects.count() == 8
    assert Message.objects.filter(delivery="delivered").count() == 8


@pytest.mark.slow
@pytest.mark.promise("P1", "P2", "P3", "P5")
def test_300_answers_arrive_although_workers_are_killed_12_times(
    sink: Path, tmp_path: Path, transactional_db: None, settings: Any, measured: Measured
) -> None:
    measured(*kill_and_check(sink, tmp_path, settings, times=300, kills=12))


@pytest.mark.soak
@pytest.mark.promise("P1", "P2", "P3", "P5")
def test_1000_answers_arrive_although_workers_are_killed_50_times(
    sink: Path, tmp_path: Path, transactional_db: None, settings: Any, measured: Measured
) -> None:
    measured(*kill_and_check(sink, tmp_path, settings, times=1000, kills=50))
