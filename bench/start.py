"""How long the second start takes to its first page, and how much memory the idle process holds.

    bench/start.py [--json]

Starts `manage.py up --demo` in an empty folder, ends it, starts it again and measures that. Targets: 5 s, 200 MB.
"""

import argparse
import json
import os
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # started as a file: `tests` is a package of the project

from tests import servers  # noqa: E402
from tests.waiting import wait_for  # noqa: E402

STARTS = 3  # the fastest counts: other work on the machine only makes it slower
LIMIT = 180.0  # seconds
REST = 3.0  # seconds of idleness before the memory is read
PAGES = ("/accounts/login/", "/demo/messenger/", "/demo/account/", "/readyz")
EMPTY = ("BASE_URL", "DATABASE_URL", "REDIS_URL", "EGRESS_ALLOW_NETWORKS", "DEBUG", "DEMO")


def measure() -> dict[str, float]:
    """{"start_s": …, "idle_mb": …}"""
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-") as name:
        folder = Path(name)
        with started(folder):
            pass
        seconds, memory = [], 0.0
        for _ in range(STARTS):
            with started(folder) as (process, url, took):
                seconds.append(took)
                memory = max(memory, idle(process, url))
        return {"start_s": min(seconds), "idle_mb": memory}


@contextmanager
def started(folder: Path) -> Iterator[tuple[int, str, float]]:
    """A running desk: process id, address, seconds from the command to the first page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(ROOT / "manage.py"), "up", "--demo", "--no-input", "--port", str(port)]
    environment = {**os.environ, **dict.fromkeys(EMPTY, ""), "DATA_DIR": str(folder / "data"), "PUMP": "on"}
    began = time.monotonic()
    process = servers.start(command, log=folder / "up.log", env=environment)
    try:
        wait_for(lambda: process.poll() is not None or answers(url + PAGES[0]), LIMIT, pause=0.02)
        took = time.monotonic() - began
        if process.poll() is not None:
            raise RuntimeError(f"It did not start:\n{(folder / 'up.log').read_text()}")
        yield process.pid, url, took
    finally:
        servers.end(process)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=LIMIT) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def idle(process: int, url: str) -> float:
    """Resident megabytes after each page was shown and a rest."""
    for page in PAGES:
        assert answers(url + page), page
    time.sleep(REST)
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


TARGETS = (("start_s", "s", 5), ("idle_mb", "MB", 200))


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/start.py", description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(words)
    found = measure()
    if asked.json:
        figures = [
            {"name": name, "value": round(found[name], 2), "unit": unit, "target": target, "better": "lower"}
            for name, unit, target in TARGETS
        ]
        print(json.dumps({"figures": figures}, indent=2))
        return 0
    print(f"{'figure':<10} {'value':>8}  {'target':>8}")
    for name, unit, target in TARGETS:
        print(f"{name:<10} {found[name]:>8.2f}  {'≤ ' + str(target):>8} {unit}")
    return 0 if all(found[name] <= target for name, _, target in TARGETS) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
