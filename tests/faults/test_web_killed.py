"""The process that takes the answers is killed with -9 at random moments: accepted means present, with its job."""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from tests.faults import desk as desks
from tests.faults.desk import Desk, Program
from tests.faults.writing import Writing
from tests.outbox import sink as sinks
from tests.outbox.answers import check
from tests.outbox.sink import arrivals
from tests.plugins.figures import Measured
from tests.waiting import wait_for

PATHS = ["/one", "/two", "/three", "/four"]
WEBS = 3  # where there may be several
DEAD = "http://127.0.0.1:9"  # nobody sends anything there

pytestmark = [pytest.mark.slow, pytest.mark.both, pytest.mark.once]


@pytest.fixture
def desk(tmp_path: Path, sink: Path) -> Iterator[Desk]:
    """On SQLite everything in one process; on PostgreSQL nothing but web processes."""
    sqlite = connection.vendor == "sqlite"
    with desks.database(tmp_path, "killed") as url:
        environment = desks.settings_of(tmp_path, url)
        with desks.furnished(environment, sinks.address(sink) if sqlite else DEAD, PATHS, 5) as desk:
            for number in range(1 if sqlite else WEBS):
                web = (desks.whole if sqlite else desks.pages)(tmp_path, environment, f"web {number}")
                desk.run(web, web.log.stem).wait()
            yield desk


def kill_one(writing: Writing, webs: list[Program], there: list[Program]) -> None:
    """At a random moment: so many answers later. Those that are still there go on; the dead one comes again."""
    writing.more(random.randint(1, 20))
    assert not writing.refused(), "nobody is shown an error, least of all that the database is locked"
    web = random.choice(webs)
    web.kill()
    there.remove(web)
    web.start().wait()
    there.append(web)


def whole_file(url: str) -> str:
    """What SQLite says of its file, while the desk runs."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as line:
        return str(line.execute("PRAGMA integrity_check").fetchone()[0])


def kill_and_check(desk: Desk, sink: Path, kills: int, rate: float) -> tuple[str, dict[str, int], float]:
    began, webs = time.monotonic(), list(desk.programs.values())
    there = [*webs]
    writing = Writing(lambda: [web.address for web in there], desk.furniture, rate=rate)
    sqlite = connection.vendor == "sqlite"
    with writing.going_on():
        for _ in range(kills):
            kill_one(writing, webs, there)
            assert not sqlite or whole_file(desk.environment["DATABASE_URL"]) == "ok"
    assert not writing.refused()
    found = desk.inspect()
    assert {said.text for said in writing.accepted()} <= set(found.texts), "accepted means present"
    assert len(found.texts) == len(set(found.texts))
    assert (found.orphans, found.strays) == (0, 0), "an answer and its delivery are one thing"
    assert len(found.texts) >= 2 * kills, "the moments were under load"
    doubles = 0
    if sqlite:
        wait_for(lambda: not desk.inspect().unfinished, 60, pause=0.5)
        came = check(arrivals(sink), len(found.texts), most_doubles=16 * kills, lane_of=found.lanes)
        doubles = came["doubles"]
        assert whole_file(desk.environment["DATABASE_URL"]) == "ok"
    what = f"{len(writing.accepted()):,} replies, {kills} kills of {'the only' if sqlite else 'a web'} process"
    return what, {"lost": 0, "disorder": 0, "doubles": doubles}, time.monotonic() - began


@pytest.mark.promise("P4", "P8")
def test_an_answer_and_its_delivery_survive_20_kills_of_the_web_process_together(
    desk: Desk, sink: Path, measured: Measured
) -> None:
    measured(*kill_and_check(desk, sink, kills=20, rate=20.0))


@pytest.mark.soak
@pytest.mark.promise("P4", "P8")
def test_an_answer_and_its_delivery_survive_50_kills_of_the_web_process_together(
    desk: Desk, sink: Path, measured: Measured
) -> None:
    measured(*kill_and_check(desk, sink, kills=50, rate=10.0))
