"""Redis is killed, frozen and flushed under twenty answers a second: nobody who writes or waits notices."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from tests import servers
from tests.faults import desk as desks
from tests.faults.desk import STARTS, Desk, Program
from tests.faults.writing import Said, Writing, p95
from tests.outbox import sink as sinks
from tests.outbox.answers import check
from tests.outbox.sink import arrivals
from tests.plugins.figures import Measured
from tests.waiting import wait_for

PATHS = ["/one", "/two", "/three", "/four"]
AWAY = 60.0  # seconds
FLUSHES, BETWEEN = 12, 2.5  # times, seconds
SEEN = 15.0  # seconds until health pages say it, and until they say that it is over
ANSWERED = 1.0  # seconds for an answer to be accepted
LEAVES = 5.0  # seconds for it to leave

pytestmark = [pytest.mark.slow, pytest.mark.full, pytest.mark.once]


@dataclass
class Stage:
    """A desk of the full profile with a Redis and a receiver of its own."""

    desk: Desk
    sink: Path
    redis: Program
    url: str
    writing: Writing


@pytest.fixture
def play(tmp_path: Path, sink: Path) -> Iterator[Stage]:
    """Web, worker with beat, and pump: as in the full profile, started by the same command lines."""
    with ExitStack() as stack:
        server = stack.enter_context(servers.redis(tmp_path))
        url = stack.enter_context(desks.database(tmp_path, "without_redis"))
        environment = desks.settings_of(tmp_path, url, server.url)
        desk = stack.enter_context(desks.furnished(environment, sinks.address(sink), PATHS, 10))
        for make in (desks.worker, desks.pump):
            program = make(tmp_path, environment)
            desk.run(program, program.log.stem)
        web = desk.run(desks.pages(tmp_path, environment), "web").wait()
        again = Program(desks.words(server.process), {}, tmp_path / "again.log", process=server.process)
        stack.callback(again.end)
        soon(desk, "ok", STARTS)
        yield Stage(desk, sink, again, server.url, Writing(lambda: [web.address], desk.furniture))


def soon(desk: Desk, status: str, limit: float = SEEN) -> None:
    """Health pages say this soon. Raises AssertionError with what they say instead."""
    with suppress(AssertionError):
        wait_for(lambda: desk.ready().get("status") == status, limit, pause=0.25)
    assert desk.ready().get("status") == status, desk.ready()


def without(play: Stage, begin: Callable[[], object], end: Callable[[], object]) -> list[Said]:
    """What was said while Redis was away for a minute. Health pages notice it, and notice that it is back."""
    play.writing.more(40)
    gone_at = time.monotonic()
    begin()
    soon(play.desk, "degraded")
    assert play.desk.ready()["checks"]["broker"]["state"] == "yellow"
    assert play.desk.doctor() == "degraded"
    wait_for(lambda: time.monotonic() - gone_at > AWAY, AWAY + 1, pause=0.5)
    meanwhile = [said for said in play.writing.said[:] if said.at > gone_at]
    end()
    soon(play.desk, "ok")
    return meanwhile


def killed(play: Stage) -> list[Said]:
    return without(play, play.redis.kill, play.redis.start)


def frozen(play: Stage) -> list[Said]:
    process = play.redis.process
    assert process
    return without(play, lambda: process.send_signal(signal.SIGSTOP), lambda: process.send_signal(signal.SIGCONT))


def flushed(play: Stage) -> list[Said]:
    """Flushed again and again."""
    began = time.monotonic()
    with redis.Redis.from_url(play.url) as client:
        for turn in range(FLUSHES):
            client.flushall()
            wait_for(lambda n=turn: time.monotonic() - began > (n + 1) * BETWEEN, BETWEEN + 1, pause=0.1)  # type: ignore[misc]
    soon(play.desk, "ok")
    return [said for said in play.writing.said[:] if said.at > began]


@pytest.mark.promise("P6", "P36")
def test_nobody_notices_that_redis_is_killed_frozen_or_flushed(play: Stage, measured: Measured) -> None:
    began = time.monotonic()
    with play.writing.going_on():
        play.writing.more(100)
        usual = p95(play.writing.said[20:])
        during = [said for trouble in (killed, frozen, flushed) for said in trouble(play)]
    assert {said.status for said in play.writing.said} == {201}
    # A machine that is too busy for that without any trouble shows only that trouble makes it no worse.
    assert p95(during) <= max(ANSWERED, 1.5 * usual)
    wait_for(lambda: not play.desk.inspect().unfinished, 60, pause=0.5)
    found = play.desk.inspect()
    assert {said.text for said in play.writing.said} == set(found.texts)
    late = sorted(found.late[said.text] for said in during)
    assert late[int(0.95 * len(late))] <= LEAVES, late[-20:]
    came = check(arrivals(play.sink), len(found.texts), most_doubles=0, lane_of=found.lanes)
    what = f"{len(found.texts):,} replies, Redis killed and frozen for a minute, flushed {FLUSHES} times"
    measured(what, came, time.monotonic() - began)
