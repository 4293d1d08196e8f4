"""The whole product in its own processes, on a database of its own, for tests that break things around it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests
from django.conf import settings
from django.db import connection

from tests import deployed, servers
from tests.faults.inside import Found, Furniture, call
from tests.product import ROOT
from tests.waiting import wait_for

STARTS = 60.0  # seconds
MANAGE = (sys.executable, str(ROOT / "manage.py"))


def words(process: subprocess.Popen[bytes]) -> list[str]:
    """The command line of a process, to start it again."""
    assert isinstance(process.args, list)
    return [str(word) for word in process.args]


@dataclass
class Program:
    """A process of the product that can be killed and started again. port: where it answers, 0 where it does not."""

    command: list[str]
    environment: Mapping[str, str]
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def beat(self) -> str:
        """The end of the name under which it gives signs of life."""
        assert self.process
        return f":{socket.gethostname()}:{self.process.pid}"

    def start(self) -> "Program":
        """Starts it; ends it first, if it runs."""
        self.end()
        self.process = servers.start(self.command, log=self.log, env=dict(self.environment))
        return self

    def wait(self) -> "Program":
        """Until it answers."""
        wait_for(self.answers, STARTS, pause=0.02)
        return self

    def answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return requests.get(f"{self.address}/healthz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """-9, with all of its children."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        if self.process:
            servers.end(self.process)


def pages(home: Path, environment: Mapping[str, str], name: str = "web") -> Program:
    """Pages and API, as the full profile serves them."""
    return _deployed(home, environment, "web", name)


def streams(home: Path, environment: Mapping[str, str], name: str = "live") -> Program:
    """Streams, as the full profile serves them."""
    return _deployed(home, environment, "live", name)


def pump(home: Path, environment: Mapping[str, str], name: str = "pump") -> Program:
    return Program(deployed.here(deployed.by_systemd("pump")), environment, home / f"{name}.log")


def whole(home: Path, environment: Mapping[str, str], name: str = "up") -> Program:
    """Everything in one process: the embedded profile."""
    port = servers.free_port()
    return Program([*MANAGE, "up", "--no-input", "--port", str(port)], environment, home / f"{name}.log", port)


def worker(home: Path, environment: Mapping[str, str], name: str = "worker") -> Program:
    folder = home / name
    folder.mkdir(exist_ok=True)
    return Program(servers.worker_command(folder), environment, home / f"{name}.log")


def _deployed(home: Path, environment: Mapping[str, str], unit: str, name: str) -> Program:
    """A server by the command line of its unit in `deploy/`."""
    port = servers.free_port()
    return Program(deployed.here(deployed.by_systemd(unit), port), environment, home / f"{name}.log", port)


def settings_of(home: Path, url: str, redis_url: str = "", **more: str) -> dict[str, str]:
    """The environment of a desk on this database, with data of its own and the keys of these tests."""
    data = home / "data"
    data.mkdir(exist_ok=True)
    own = {
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        "EGRESS_ALLOW_NETWORKS": "127.0.0.0/8",
        "FIELD_KEY": settings.FIELD_KEYS[0],
        "OUTBOX_LEASE": "6",  # a lane whose worker is gone waits for its end
        "PUMP": "on",
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": settings.SECRET_KEY,
    }
    return {**os.environ, **own, **more}


@contextmanager
def database(home: Path, name: str) -> Iterator[str]:
    """The address of a new database without tables: a file, or one beside the tests' own on the same server."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{home / name}.sqlite3"
        return
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as line:
        line.execute(f'CREATE DATABASE "{name}"')
        try:
            yield servers.with_database(server, name)
        finally:
            line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@dataclass
class Desk:
    """Programs on one database, with cases to answer."""

    environment: Mapping[str, str]
    furniture: Furniture
    programs: dict[str, Program] = field(default_factory=dict)

    def run(self, program: Program, name: str) -> Program:
        self.programs[name] = program.start()
        return program

    def end(self) -> None:
        for program in self.programs.values():
            program.end()

    def ready(self) -> dict[str, Any]:
        """What `/readyz` says; {} where it does not answer."""
        try:
            got = requests.get(f"{self.programs['web'].address}/readyz", timeout=10)
        except requests.RequestException:
            return {}
        return {"code": got.status_code, **got.json()}

    def doctor(self) -> str:
        """The status that `doctor` gives."""
        done = subprocess.run(
            [*MANAGE, "doctor", "--json"], env=dict(self.environment), capture_output=True, timeout=60, check=False
        )
        return str(json.loads(done.stdout)["status"])

    def inspect(self) -> Found:
        return Found(**json.loads(call(self.environment, "inspect")))


@contextmanager
def furnished(environment: Mapping[str, str], address: str, paths: list[str], each: int) -> Iterator[Desk]:
    """A desk with tables, static files, and cases on each endpoint of this address; its programs end with the block."""
    for command in ("migrate", "collectstatic"):
        subprocess.run([*MANAGE, command, "--no-input", "-v0"], env=dict(environment), timeout=120, check=True)
    desk = Desk(environment, Furniture(**json.loads(call(environment, "furnish", address, ",".join(paths), str(each)))))
    try:
        yield desk
    finally:
        desk.end()
