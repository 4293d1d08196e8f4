"""Workers are killed with -9 at random moments: nothing is lost, nothing out of order, duplicates are recognised."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.outbox import clock
from helpdesk.outbox.health import health
from helpdesk.outbox.models import Attempt, Heartbeat, Job, State
from helpdesk.outbox.pump import Pump
from tests import product, servers, world
from tests.outbox.sink import Arrival, arrivals
from tests.waiting import wait_for

PATHS = ("/one", "/two", "/three", "/flaky", "/slow")
CASES = 10  # for each endpoint
WORKERS = 2
SLOTS = 16
# A lane whose worker was killed waits for the end of its lease; 40 s of that would make this a test of
# patience.
SETTINGS = {"OUTBOX_LEASE": "6"}


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


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Path]:
    """The log of a receiver that runs for the length of the test."""
    log = tmp_path / "arrivals"
    command = [sys.executable, "-m", "tests.outbox.sink", str(log)]
    process = servers.start(command, log=tmp_path / "sink.log")
    try:
        wait_for(lambda: log.exists() and log.read_text().count("\n"), 30)
        yield log
    finally:
        servers.end(process)


def desk(sink: Path, settings: Any, paths: tuple[str, ...] = PATHS) -> list[Case]:
    """Ten cases on each endpoint."""
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    settings.OUTBOX_DROP_WAKEUPS = 0.1
    address = f"http://127.0.0.1:{sink.read_text().split()[0]}"
    channels = [world.messenger(address + path, title=path) for path in paths]
    people = [world.customer(channel, f"customer {n}") for channel in channels for n in range(CASES)]
    return [world.says(person, "hello").case for person in people]


def answer(those: list[Case], times: int) -> None:
    """So many answers, spread over the cases at random."""
    ann = world.agent("Ann", admin=True)
    order = [those[n % len(those)] for n in range(times)]
    random.shuffle(order)
    for n, case in enumerate(order):
        cases.reply(case, f"answer {n} 😀\r\n", by=ann)


def waiting() -> bool:
    return Job.objects.filter(state=State.WAITING).exists()


def by_lane(came: list[Arrival]) -> dict[str, list[Arrival]]:
    lane_of = dict(Job.objects.values_list("public_id", "lane__key"))
    lanes: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in came:
        lanes[lane_of[arrival.id]].append(arrival)
    return lanes


def first_of_each(came: list[Arrival]) -> list[int]:
    """Sequences in the order in which each came for the first time."""
    return list(dict.fromkeys(arrival.sequence for arrival in came))


def check(came: list[Arrival], times: int, most_doubles: int) -> None:
    """The promises, over what the receiver wrote down."""
    taken = [arrival for arrival in came if arrival.status == 200]
    assert len({arrival.id for arrival in taken}) == times, "P1: every accepted answer arrived"
    for lane, there in by_lane(taken).items():
        whole = list(range(1, len({arrival.id for arrival in there}) + 1))
        assert first_of_each(there) == whole, f"P2: {lane} is out of order or has a hole"
    for lane, there in by_lane(came).items():
        assert first_of_each(there) == sorted(first_of_each(there)), f"P2: {lane} was out of order at first"
    assert len({(arrival.id, arrival.digest) for arrival in came}) == times, "P3: the same id, the same bytes"
    assert len(taken) - times <= most_doubles, "P3: no more doubles than tries that were cut off"


def kill_and_check(sink: Path, home: Path, settings: Any, *, times: int, kills: int) -> None:
    those = desk(sink, settings)
    fleet = Fleet(home)
    with fleet.working(kills):
        answer(those, times)
        wait_for(lambda: fleet.kills == kills, 600)
        wait_for(lambda: not waiting(), 300, pause=0.2)
    stuck = Job.objects.exclude(state=State.DONE)
    assert list(stuck.values("public_id", "state", "last_error", "attempts", "starts", "lane__key")) == []
    came = arrivals(sink)
    check(came, times, most_doubles=kills * SLOTS)
    assert Message.objects.filter(delivery="delivered").count() == times
    doubles = sum(arrival.status == 200 for arrival in came) - times
    print(f"{times} answers, {fleet.kills} kills, {doubles} doubles, {len(came)} requests")


@pytest.mark.slow
@pytest.mark.promise("P18")
def test_a_worker_that_is_frozen_for_longer_than_its_lease_breaks_no_order_and_moves_no_state_back(
    sink: Path, tmp_path: Path, transactional_db: None, settings: Any
) -> None:
    (case, *_) = desk(sink, settings, paths=("/pause",))
    environment = product.environment(OUTBOX_LEASE="4")
    frozen = servers.start([sys.executable, "manage.py", "pump"], log=tmp_path / "frozen.log", env=environment)
    name = f"pump:{socket.gethostname()}:{frozen.pid}"
    try:
        wait_for(lambda: name in health().beats, 60)
        answer([case], 8)
        wait_for(lambda: arrivals(sink), 30)
        frozen.send_signal(signal.SIGSTOP)
        pump = Pump(name="pump:the other one")
        pump.start()
        wait_for(lambda: not waiting(), 60, pause=0.1)
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
    sink: Path, tmp_path: Path, transactional_db: None, settings: Any
) -> None:
    kill_and_check(sink, tmp_path, settings, times=300, kills=12)


@pytest.mark.soak
@pytest.mark.promise("P1", "P2", "P3", "P5")
def test_1000_answers_arrive_although_workers_are_killed_50_times(
    sink: Path, tmp_path: Path, transactional_db: None, settings: Any
) -> None:
    kill_and_check(sink, tmp_path, settings, times=1000, kills=50)
