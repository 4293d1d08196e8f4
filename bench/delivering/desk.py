"""One desk on one profile, measured from inside; `bench/deliveries.py` starts it with its database and Redis.

    python -m bench.delivering.desk SINK HOME

Writes {figure: value} to HOME/figures.json.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import django
import requests

os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from bench.delivering.sink import Log  # noqa: E402
from helpdesk.cases import services as cases  # noqa: E402
from helpdesk.cases.models import Case  # noqa: E402
from helpdesk.outbox.health import health  # noqa: E402
from helpdesk.outbox.models import Job, State  # noqa: E402
from helpdesk.outbox.pace import SLOTS  # noqa: E402
from helpdesk.outbox.pump import Pump  # noqa: E402
from helpdesk.users.models import Agent  # noqa: E402
from tests import servers, world  # noqa: E402
from tests.waiting import wait_for  # noqa: E402

IDLE_PACE, IDLE = 10, 12.0  # answers a second, and for how many seconds
WARM = 2.0  # seconds before that, in which a process loads what it loads once
# A backlog of 1,920, so that what a process does once at its start does not count; two lanes of an endpoint at a time,
# so that the slots stay full.
ENDPOINTS, CASES, ANSWERS = 20, 4, 24
GOOD, DEAD = 7, 3  # endpoints
PACE, LONG = 14, 20.0  # answers a second to good endpoints, and for how many seconds


class Desk:
    """Cases on many endpoints, Ann, and the clock of the database's commits."""

    def __init__(self, sink: str, home: Path) -> None:
        self.sink, self.home = sink, home
        self.log = Log(sink)
        self.ann: Agent = world.agent("Ann", admin=True)
        self.committed = 0.0
        line: Any = connection
        self._commit: Callable[[], Any] = line._commit
        line._commit = self._stamped

    def _stamped(self) -> None:
        """A commit of this thread; what is to be sent is published after it."""
        self._commit()
        self.committed = time.monotonic()

    def cases(self, path: str, endpoints: int, each: int) -> list[Case]:
        """So many cases on each of so many endpoints, the endpoints in turn."""
        channels = [world.messenger(f"{self.sink}/{path}{n}", title=f"{path}{n}") for n in range(endpoints)]
        people = [world.customer(channel, f"customer {n}") for n in range(each) for channel in channels]
        return [world.says(person, "hello").case for person in people]

    def answer(self, case: Case) -> tuple[str, float]:
        """The webhook-id of an answer and when it was committed."""
        message = cases.reply(case, "An answer of usual length, with a question at its end?", by=self.ann)
        at = self.committed
        return str(Job.objects.values_list("public_id", flat=True).get(message_id=message.pk)), at

    def lags(self, sent: Sequence[tuple[str, float]]) -> list[float]:
        """Milliseconds from each commit to the arrival of its request, when all are there."""
        wait_for(lambda: self.log.read().keys() >= {name for name, _ in sent}, 60, pause=0.2)
        return sorted((self.log.came[name][2] - at) * 1000 for name, at in sent)


def part(values: Sequence[float], share: float) -> float:
    """The value below which so much of the sorted `values` lies."""
    return values[min(len(values) - 1, int(len(values) * share))]


# The four figures


def idle(desk: Desk) -> list[float]:
    """Ten answers a second, on a desk with nothing else to do."""
    those = desk.cases("idle", 3, 4)
    desk.lags(paced(desk, those, [], pace=IDLE_PACE, long=WARM))
    return desk.lags(paced(desk, those, [], pace=IDLE_PACE, long=IDLE))


def backlog(desk: Desk) -> float:
    """Deliveries per second of one worker process that finds a heap of them at its start."""
    those = desk.cases("heap", ENDPOINTS, CASES)
    names = {desk.answer(case)[0] for _ in range(ANSWERS) for case in those}
    with apart(desk.home):
        wait_for(lambda: desk.log.read().keys() >= names, 120, pause=0.3)
        wait_for(lambda: not Job.objects.filter(public_id__in=names, state=State.WAITING).exists(), 60, pause=0.1)
    return rate([desk.log.came[name][2] for name in names])


def plain(desk: Desk) -> float:
    """Deliveries per second of a thread pool with `requests` and nothing else: one session for each thread."""
    body = bytes(Job.objects.exclude(payload=None).values_list("payload", flat=True)[:1][0] or b"")
    count, own = ENDPOINTS * CASES * ANSWERS, threading.local()

    def send(number: int) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        headers = {"webhook-id": f"plain-{number}", "Content-Type": "application/json"}
        own.session.post(f"{desk.sink}/plain{number % ENDPOINTS}", data=body, headers=headers, timeout=15)

    with ThreadPoolExecutor(SLOTS) as pool:
        list(pool.map(send, range(count)))
    came = desk.log.read()
    return rate([came[f"plain-{number}"][2] for number in range(count)])


def rate(times: Sequence[float]) -> float:
    """Per second, without the first and the last twentieth: while there was work for all threads."""
    ordered = sorted(times)
    first, last = len(ordered) // 20, len(ordered) * 19 // 20
    return (last - first) / (ordered[last] - ordered[first])


def isolation(desk: Desk) -> tuple[float, float]:
    """p95 in milliseconds of good endpoints alone, and beside some that never answer."""
    good = desk.cases("good", GOOD, 4)
    desk.lags(paced(desk, good, [], pace=PACE, long=WARM))
    alone = part(desk.lags(paced(desk, good, [], pace=PACE, long=LONG)), 0.95)
    dead = desk.cases("dead", DEAD, 4)
    for case in dead:
        desk.answer(case)
    return alone, part(desk.lags(paced(desk, good, dead, pace=PACE, long=LONG)), 0.95)


def paced(desk: Desk, good: list[Case], dead: list[Case], *, pace: int, long: float) -> list[tuple[str, float]]:
    """`pace` answers a second for `long` seconds; where there are dead endpoints, they get their share in between."""
    sent, began, owed = [], time.monotonic(), 0.0
    for number in range(int(pace * long)):
        wait_until(began + number / pace)
        sent.append(desk.answer(good[number % len(good)]))
        owed += DEAD / GOOD if dead else 0.0
        if owed >= 1:
            owed -= 1
            # Not at once: writing this answer is not what a dead endpoint costs the others.
            wait_until(began + (number + 0.5) / pace)
            desk.answer(dead[number % len(dead)])
    return sent


def wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


# Whatever moves the outbox


@contextlib.contextmanager
def within(home: Path) -> Iterator[None]:
    """As the product runs in this profile: beside the pages in one process, or as a Celery worker."""
    if settings.REDIS_URL:
        with apart(home):
            yield
        return
    pump = Pump()
    pump.start()
    try:
        yield
    finally:
        pump.stop(0.5)  # tries at dead endpoints would go on for fifteen seconds


@contextlib.contextmanager
def apart(home: Path) -> Iterator[None]:
    """One process that does nothing else: a Celery worker, or a pump; seen to be alive."""
    if settings.REDIS_URL:
        with servers.worker(home, os.environ) as server:
            server.process.poll()
            yield
            servers.end(server.process, patience=1)
        return
    process = servers.start([sys.executable, "manage.py", "pump"], log=home / "pump.log")
    try:
        wait_for(lambda: any(name.endswith(f":{process.pid}") for name in health().beats), 60)
        yield
    finally:
        servers.end(process, patience=1)


def measure(sink: str, home: Path) -> dict[str, float]:
    call_command("migrate", verbosity=0)
    desk = Desk(sink, home)
    with within(home):
        waits = idle(desk)
    heap, pool = backlog(desk), plain(desk)
    with within(home):
        alone, beside = isolation(desk)
    return {
        "commit_to_request_p50_ms": part(waits, 0.5),
        "commit_to_request_p99_ms": part(waits, 0.99),
        "deliveries_per_s": heap,
        "thread_pool_per_s": pool,
        "deliveries_to_thread_pool": heap / pool,
        "alone_p95_ms": alone,
        "beside_p95_ms": beside,
        "isolation_p95_ratio": beside / alone,
    }


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the worker is ended first
    found = measure(sys.argv[1], Path(sys.argv[2]))
    (Path(sys.argv[2]) / "figures.json").write_text(json.dumps(found))
