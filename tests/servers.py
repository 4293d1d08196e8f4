"""Private servers: PostgreSQL, Redis and a Celery worker on free ports, ended with their `with` block.

Standard library only, because the runner and the benchmarks use it too. Each server is a process group of its
own, so that Ctrl-C in a terminal reaches the tests first, and it is ended by its own id, never by a name.
"""

import contextlib
import glob
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent
OLDEST_POSTGRES = 15
POSTGRES_SETTINGS = {
    "fsync": "on",  # a test that pulls the plug must mean it
    "shared_buffers": "64MB",
    "max_connections": "100",
    "unix_socket_directories": "",
    "listen_addresses": "127.0.0.1",
    "log_lock_waits": "on",
}


@dataclass(frozen=True)
class Server:
    """A running server. `url` is what DATABASE_URL or REDIS_URL takes; a worker has none."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def end_of_log(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def postgres_programs() -> Path | None:
    """The folder with initdb of the newest PostgreSQL here that is new enough, or None."""
    beside = shutil.which("initdb")
    folders = [Path(name) for name in glob.glob("/usr/lib/postgresql/*/bin")]
    folders += [Path(beside).resolve().parent] if beside else []
    return max((f for f in folders if _version(f) >= OLDEST_POSTGRES), key=_version, default=None)


@contextlib.contextmanager
def postgres(home: Path) -> Iterator[Server]:
    """An empty PostgreSQL below `home`, with the role and the database "helpdesk"."""
    programs = postgres_programs()
    if programs is None:
        raise RuntimeError(f"PostgreSQL {OLDEST_POSTGRES} or newer is missing")
    password = secrets.token_hex(16)
    owner = unprivileged()
    data = _cluster(home, programs, password=password, owner=owner)

    def command(port: int) -> list[str]:
        options = [f"--{name}={value}" for name, value in POSTGRES_SETTINGS.items()]
        return [str(programs / "postgres"), "-D", str(data), f"--port={port}", *options]

    def client(name: str, port: int, *arguments: str) -> bool:
        call = [str(programs / name), "-h", "127.0.0.1", "-p", str(port), "-U", "helpdesk", *arguments]
        environment = {**os.environ, "PGPASSWORD": password}
        return subprocess.run(call, env=environment, capture_output=True, check=False).returncode == 0

    with _listening(command, log=home / "postgres.log", ready=lambda p: client("pg_isready", p), **owner) as (
        process,
        port,
    ):
        if not client("createdb", port, "helpdesk"):
            raise RuntimeError(f"PostgreSQL refused createdb: {(home / 'postgres.log').read_text()}")
        url = f"postgres://helpdesk:{password}@127.0.0.1:{port}/helpdesk"
        yield Server(process, home / "postgres.log", url)


@contextlib.contextmanager
def redis(home: Path) -> Iterator[Server]:
    """An empty Redis that writes nothing to disk."""
    password = secrets.token_hex(16)
    settings = home / "redis.conf"
    settings.touch(mode=0o600)
    settings.write_text(f'bind 127.0.0.1\nsave ""\nappendonly no\nrequirepass {password}\ndir {home}\n')

    def command(port: int) -> list[str]:
        return ["redis-server", str(settings), "--port", str(port)]

    def answers(port: int) -> bool:
        return b"+PONG" in _ask(port, f"AUTH {password}\r\nPING\r\n".encode())

    with _listening(command, log=home / "redis.log", ready=answers) as (process, port):
        yield Server(process, home / "redis.log", f"redis://:{password}@127.0.0.1:{port}/0")


@contextlib.contextmanager
def worker(home: Path, environment: Mapping[str, str], *, limit: float = 60.0) -> Iterator[Server]:
    """A real Celery worker, with its beat, that has said it is ready. `limit` in seconds."""
    log = home / "worker.log"
    process = start(worker_command(home), log=log, env=dict(environment))
    try:
        wait_for(lambda: process.poll() is not None or " ready." in log.read_text(), limit, pause=0.05)
        if process.poll() is not None:
            raise RuntimeError(f"The worker ended at its start:\n{log.read_text()}")
        yield Server(process, log)
    finally:
        end(process)


def worker_command(home: Path) -> list[str]:
    """The one command line of a worker. Threads, because a lane spends its time waiting for the network."""
    celery = [sys.executable, "-m", "celery", "-A", "helpdesk", "worker"]
    schedule = ["--beat", f"--schedule={home / 'beat'}"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [*celery, *schedule, *alone, "--pool=threads", "--concurrency=16", "--loglevel=INFO"]


def with_database(url: str, name: str) -> str:
    """The same DATABASE_URL for another database of that server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def start(command: list[str], *, log: Path, cwd: Path = ROOT, **options: Any) -> subprocess.Popen[bytes]:
    """Starts a process in a group of its own; what it says goes to the end of `log`."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )


def end(process: subprocess.Popen[bytes], ask: signal.Signals = signal.SIGTERM, *, patience: float = 15.0) -> None:
    """Asks the process to end, and kills what is left of its group after `patience` seconds."""
    if process.poll() is None:
        process.send_signal(ask)
        process.send_signal(signal.SIGCONT)  # a frozen server cannot hear
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def strays(mark: str) -> dict[int, str]:
    """The command lines, by process id, of what runs with `mark` ("NAME=value") in its environment.

    Empty where there is no /proc.
    """
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # ended meanwhile, or another user's
            if mark.encode() in (process / "environ").read_bytes().split(b"\0"):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(process.name)] = words.decode(errors="replace").strip()
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _listening(
    command: Callable[[int], list[str]], *, log: Path, ready: Callable[[int], bool], **options: Any
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Starts `command(port)` until it is ready; three ports, since another process may take one first."""
    for _ in range(3):
        port = free_port()
        process = start(command(port), log=log, cwd=log.parent, **options)
        try:
            wait_for(partial(_settled, process, port, ready), 60, pause=0.05)
            if process.poll() is None:
                yield process, port
                return
        finally:
            end(process, signal.SIGINT)  # for PostgreSQL: end the sessions and stop
    raise RuntimeError(f"{command(0)[0]} did not start:\n{log.read_text(errors='replace')}")


def _settled(process: subprocess.Popen[bytes], port: int, ready: Callable[[int], bool]) -> bool:
    """Has it either ended or become ready?"""
    return process.poll() is not None or ready(port)


def _cluster(home: Path, programs: Path, *, password: str, owner: dict[str, Any]) -> Path:
    """Runs initdb below `home` and returns the data folder."""
    data, secret = home / "postgres", home / "postgres.password"
    data.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    secret.write_text(password)
    for path in (data, secret) if owner else ():
        os.chown(path, owner["user"], owner["group"])
    command = [str(programs / "initdb"), "-D", str(data), "-U", "helpdesk", f"--pwfile={secret}"]
    options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run([*command, *options], cwd=home, capture_output=True, check=False, **owner)
    if made.returncode:
        raise RuntimeError(f"initdb failed: {(made.stdout + made.stderr).decode(errors='replace')}")
    return data


def unprivileged() -> dict[str, Any]:
    """For root, who may not run PostgreSQL: options of Popen that make the process another user's."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _version(folder: Path) -> int:
    said = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, check=False)
    found = re.search(rb" (\d+)", said.stdout)
    return int(found.group(1)) if found else 0


def _ask(port: int, question: bytes) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(question)
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(4096), b""))
    except OSError:
        return b""
