"""PostgreSQL goes down hard under writes: what was accepted is there, and everything goes on by itself."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from django.conf import settings

from tests import servers
from tests.faults import desk as desks
from tests.faults.desk import Desk
from tests.faults.writing import Writing
from tests.live.listening import Ear
from tests.outbox import sink as sinks
from tests.outbox.answers import check
from tests.outbox.sink import arrivals
from tests.plugins.figures import Measured
from tests.waiting import wait_for

PATHS = ["/one", "/two", "/three", "/spare"]
EACH = 10  # cases of each endpoint; those of the last one have a quiet lane
BACK = 10.0  # seconds from the database's return until all goes on
OURS = ("web", "live", "worker", "pump")

pytestmark = [pytest.mark.slow, pytest.mark.full, pytest.mark.once]


class Cluster:
    """A PostgreSQL that can be struck down and started again on the same data."""

    def __init__(self, server: servers.Server) -> None:
        self.url = server.url
        self.process = server.process
        self._log = server.log

    def killed(self) -> None:
        """-9, the postmaster and all of its sessions."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stopped_at_once(self) -> None:
        """As `pg_ctl stop -m immediate` does it."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def start(self) -> float:
        """Starts it again; gives the moment from which it takes sessions."""
        self.process = servers.start(
            desks.words(self.process), log=self._log, cwd=self._log.parent, **servers.unprivileged()
        )
        wait_for(self.answers, 60)
        return time.monotonic()

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
            return True
        return False

    def end(self) -> None:
        servers.end(self.process, signal.SIGINT)


@dataclass
class Stage:
    desk: Desk
    cluster: Cluster
    sink: Path
    writing: Writing
    spare: list[int]

    def browser(self, path: str = "/") -> requests.Response:
        """A page, as a signed-in agent's browser asks for it."""
        cookies = {settings.SESSION_COOKIE_NAME: self.desk.furniture.session}
        url = f"{self.desk.programs['web'].address}{path}"
        return requests.get(url, headers={"Accept": "text/html,*/*"}, cookies=cookies, timeout=30)

    def ear(self) -> Ear:
        return Ear(self.desk.programs["live"].port, self.desk.furniture.session)

    def delivered(self, text: str) -> bool:
        """Whether the receiver has it."""
        return text in self.desk.inspect().late

    def beats(self) -> dict[str, Any]:
        with psycopg.connect(self.cluster.url) as line:
            return dict(line.execute("SELECT name, at FROM outbox_heartbeat").fetchall())

    def now(self) -> Any:
        with psycopg.connect(self.cluster.url) as line:
            found = line.execute("SELECT clock_timestamp()").fetchone()
            assert found
            return found[0]


@pytest.fixture
def stage(tmp_path: Path, sink: Path) -> Iterator[Stage]:
    """The full profile on a PostgreSQL and a Redis of its own."""
    with ExitStack() as stack:
        cluster = Cluster(stack.enter_context(servers.postgres(passable(tmp_path))))
        stack.callback(cluster.end)
        redis = stack.enter_context(servers.redis(tmp_path))
        environment = desks.settings_of(tmp_path, cluster.url, redis.url)
        desk = stack.enter_context(desks.furnished(environment, sinks.address(sink), PATHS, EACH))
        for name, make in {"worker": desks.worker, "pump": desks.pump}.items():
            desk.run(make(tmp_path, environment), name)
        for name, make in {"web": desks.pages, "live": desks.streams}.items():
            desk.run(make(tmp_path, environment), name).wait()
        cases = desk.furniture.cases
        desk.furniture.cases[:], spare = cases[:-EACH], cases[-EACH:]
        web = desk.programs["web"]
        writing = Writing(lambda: [web.address], desk.furniture)
        wait_for(lambda: desk.ready().get("status") == "ok", 60, pause=0.1)
        yield Stage(desk, cluster, sink, writing, spare)


def passable(path: Path) -> Path:
    """A folder that PostgreSQL's user, who may be another, can pass through."""
    for folder in (path, *path.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    return path


def strike(play: Stage, turn: int) -> None:
    """The database goes down under writes and comes back; then everything goes on within seconds."""
    play.writing.more(40)
    gone_at = time.monotonic()
    (play.cluster.killed if turn % 2 else play.cluster.stopped_at_once)()
    wait_for(lambda: len(play.writing.refused(gone_at)) >= 20, 30, pause=0.1)
    politely_refused(play)
    since = play.cluster.start()
    goes_on(play, since, turn)


def politely_refused(play: Stage) -> None:
    """What people, programs and probes are told while the database is away."""
    page = play.browser()
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Back in a moment" in page.text
    assert "Traceback" not in page.text
    cookie = {settings.SESSION_COOKIE_NAME: play.desk.furniture.session}
    stream = requests.get(f"{play.desk.programs['live'].address}/live/", cookies=cookie, timeout=30)
    assert (stream.status_code, stream.headers["Retry-After"]) == (503, "5")
    assert play.desk.ready()["code"] == 503
    assert play.desk.ready()["status"] == "down"


def goes_on(play: Stage, since: float, turn: int) -> None:
    """Answers are accepted and leave, pages and streams work, pump and worker are alive: none was started again."""
    left, back = lambda: since + BACK - time.monotonic(), play.now()
    wait_for(lambda: play.writing.accepted(since), left())
    case = play.spare[turn % len(play.spare)]
    text = play.writing.post(requests.Session(), play.desk.programs["web"].address, case)
    assert text.status == 201
    wait_for(lambda: play.browser().status_code == 200, left())
    names = [play.desk.programs[name].beat for name in ("worker", "pump")]
    wait_for(lambda: all(beats_since(play.beats(), name, back) for name in names), left(), pause=0.1)
    wait_for(lambda: play.delivered(text.text), max(left(), 0.1), pause=0.2)


def beats_since(beats: dict[str, Any], name: str, moment: Any) -> bool:
    return any(at > moment for each, at in beats.items() if each.endswith(name))


def strike_and_check(play: Stage, times: int) -> tuple[str, dict[str, int], float]:
    began, processes = time.monotonic(), {name: play.desk.programs[name].process for name in OURS}
    ear = play.ear().hello()
    with play.writing.going_on():
        for turn in range(times):
            strike(play, turn)
    refused = play.writing.refused()
    assert {said.status for said in play.writing.said} == {201, 503}
    assert {(said.kind, said.retry_after) for said in refused} == {("application/problem+json", "5")}
    assert {json.loads(said.body)["code"] for said in refused} == {"unavailable"}
    assert "Traceback" not in "".join(said.body for said in refused)
    wait_for(lambda: not play.desk.inspect().unfinished, 60, pause=0.5)
    found = play.desk.inspect()
    assert {said.text for said in play.writing.accepted()} <= set(found.texts), "accepted means present"
    assert (found.orphans, found.strays) == (0, 0)
    came = check(arrivals(play.sink), len(found.texts), most_doubles=32 * times, lane_of=found.lanes)
    still_hears(play, ear)
    assert {name: play.desk.programs[name].process for name in OURS} == processes
    assert all(process and process.poll() is None for process in processes.values())
    what = f"{len(found.texts):,} replies, PostgreSQL struck down {times} times"
    return what, dict(came), time.monotonic() - began


def still_hears(play: Stage, ear: Ear) -> None:
    """The stream that was open all the time hears of the newest answer."""
    case = play.spare[0]
    play.writing.post(requests.Session(), play.desk.programs["web"].address, case)
    wait_for(lambda: ear.facts("message.added", BACK)[-1]["case"] == case, BACK)
    ear.close()


@pytest.mark.promise("P7")
def test_postgresql_goes_down_3_times_and_what_was_accepted_is_there(stage: Stage, measured: Measured) -> None:
    measured(*strike_and_check(stage, 3))


@pytest.mark.soak
@pytest.mark.promise("P7")
def test_postgresql_goes_down_10_times_and_what_was_accepted_is_there(stage: Stage, measured: Measured) -> None:
    measured(*strike_and_check(stage, 10))
