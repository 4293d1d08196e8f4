"""`manage.py up` as a newcomer meets it: a process of its own, asked over HTTP."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests import servers
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
STOPS = 6.0  # seconds: two of grace, the rest for a busy machine

pytestmark = [pytest.mark.slow, pytest.mark.embedded]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """A desk of its own in `folder`, on SQLite and without the settings of these tests."""
    empty = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "BASE_URL", "DEMO", "EGRESS_ALLOW_NETWORKS"), "")
    return {**os.environ, **empty, "DATA_DIR": str(folder), "PUMP": "on", "PYTHONUNBUFFERED": "1", **more}


def command(*words: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *words]


def run(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), env=environment(folder, **more), capture_output=True, text=True, timeout=120, check=False
    )


@dataclass
class Desk:
    """A running desk. url: as it was printed."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def said(self) -> str:
        return self.log.read_text()

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOPS)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as line:
        return int(line.getsockname()[1])


@contextmanager
def up(folder: Path, *words: str, limit: float = 120.0) -> Iterator[Desk]:
    """`manage.py up` on a free port, once it has said that it is there."""
    port = free_port()
    log = folder / f"up-{port}.log"
    words = ("up", "--no-input", "--port", str(port), *words)
    process = servers.start(command(*words), log=log, env=environment(folder))
    desk = Desk(process, log, port, folder)
    try:
        wait_for(lambda: process.poll() is not None or "Ctrl-C ends it" in desk.said(), limit, pause=0.05)
        assert process.poll() is None, desk.said()
        yield desk
    finally:
        servers.end(process)


def sign_in(desk: Desk, email: str, password: str) -> requests.Session:
    session = requests.Session()
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', session.get(f"{desk.url}/accounts/login/").text)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1], "login": email, "password": password}
    session.post(f"{desk.url}/accounts/login/", data=form, headers={"Origin": desk.url}, allow_redirects=False)
    return session


def test_the_demo_says_where_to_go_and_ends_cleanly(tmp_path: Path) -> None:
    with up(tmp_path, "--demo") as desk:
        said = desk.said()
        for path in ("/demo/messenger/", "/demo/account/", "/", "/admin/"):
            assert f"{desk.url}{path}\n" in said
            assert requests.get(desk.url + path, timeout=30).status_code == 200, path
        assert requests.get(f"{desk.url}/readyz", timeout=30).json()["status"] == "ok"

        logins = re.findall(r"(\w+@example\.com) +(\S+)", said)
        assert [email for email, _ in logins] == ["ann@example.com", "admin@example.com"]
        ann = sign_in(desk, *logins[0])
        stream = ann.get(f"{desk.url}/live/", stream=True, timeout=30)
        assert stream.headers["Content-Type"].startswith("text/event-stream")

        # A second one on the same folder: one sentence, whatever its port.
        second = run(tmp_path, "up", "--port", str(desk.port + 1))
        assert second.returncode == 2
        assert "Another helpdesk is already running" in second.stderr
        assert second.stderr.count("\n") == 1

        # The commands beside it speak of the same address and the same keys.
        told = run(tmp_path, "demo", "--json").stdout
        assert f'"url": "{desk.url}"' in told
        assert run(tmp_path, "doctor").returncode == 0

        assert desk.stop() == 0
        assert stream.content.endswith(b"\n\n")
        assert "Traceback" not in desk.said()
        assert "ERROR" not in desk.said()


def test_the_first_up_prints_a_link_for_the_first_administrator(tmp_path: Path) -> None:
    with up(tmp_path) as desk:
        link = re.search(rf"{re.escape(desk.url)}/sign-in/\S+", desk.said())
        assert link is not None
        session = requests.Session()
        page = session.get(link[0], timeout=30)
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page.text)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1]}
        came = session.post(link[0], data=form, headers={"Origin": desk.url}, timeout=30)
        assert came.url == f"{desk.url}/accounts/password/set/"
        assert requests.get(link[0], timeout=30).status_code == 410
        assert requests.get(f"{desk.url}/demo/messenger/", timeout=30).status_code == 404
        assert desk.stop(signal.SIGTERM) == 0
    with up(tmp_path) as desk:
        assert "/sign-in/" not in desk.said()


def test_a_taken_port_is_one_sentence_and_leaves_nothing_locked(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        refused = run(tmp_path, "up", "--port", str(other.getsockname()[1]))
    assert refused.returncode == 2
    assert "is not free" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "helpdesk.sqlite3").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/helpdesk"),
        ("REDIS_URL", "localhost:6379"),
        ("BASE_URL", "desk.example.com"),
        ("FIELD_KEY", "too short"),
        ("EGRESS_ALLOW_NETWORKS", "everything"),
        ("TRUSTED_PROXIES", "-1"),
        ("DEBUG", "perhaps"),
        ("DESK_TIME_ZONE", "Mars/Olympus"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    refused = run(tmp_path, "up", **{name: value})
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"The helpdesk did not start. {name} ")
    assert refused.stderr.count("\n") == 1


def test_a_database_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    refused = run(tmp_path, "up", "--port", str(free_port()), DATABASE_URL="postgres://desk@127.0.0.1:1/desk")
    assert refused.returncode == 2
    assert "The database cannot be used" in refused.stderr
    assert refused.stderr.count("\n") == 1
