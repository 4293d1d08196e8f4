"""How soon an answer leaves after its commit, how many leave in a second, and what dead endpoints cost the others.

    bench/deliveries.py [--json] [--profile embedded | full]

Both profiles, each on a database of its own; a figure is the worse one of the two. Needs PostgreSQL and Redis.
Takes about five minutes.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # started as a file: `bench` and `tests` are packages of the project

from bench.delivering import sink  # noqa: E402
from tests import servers  # noqa: E402

LIMIT = 300  # seconds for one profile
PROFILES = ("embedded", "full")
EMPTY = ("BASE_URL", "DATABASE_URL", "REDIS_URL", "DEBUG", "DEMO", "OUTBOX_LEASE", "EMAIL_URL")
# name, unit, target, whether more is better
FIGURES = (
    ("commit_to_request_p50_ms", "ms", 50.0, False),
    ("commit_to_request_p99_ms", "ms", 250.0, False),
    ("deliveries_to_thread_pool", "", 0.3, True),
    ("isolation_p95_ratio", "", 1.5, False),
)
BESIDE = ("deliveries_per_s", "thread_pool_per_s", "alone_p95_ms", "beside_p95_ms")


def measure(profile: str) -> dict[str, float]:
    """The figures of one profile, on a new database."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-") as name, contextlib.ExitStack() as stack:
        home = Path(name)
        home.chmod(0o711)  # PostgreSQL may run as another user
        address = stack.enter_context(sink.running(home))
        environment = {**os.environ, **dict.fromkeys(EMPTY, ""), "DATA_DIR": str(home / "data")}
        environment |= {"EGRESS_ALLOW_NETWORKS": "127.0.0.0/8", **stack.enter_context(engines(profile, home))}
        words = [sys.executable, "-m", "bench.delivering.desk", address, str(home)]
        process = servers.start(words, log=home / "desk.log", env=environment)
        stack.callback(servers.end, process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LIMIT)
        if process.poll() != 0:
            raise RuntimeError(f"{profile} was not measured:\n{(home / 'desk.log').read_text()[-4000:]}")
        found: dict[str, float] = json.loads((home / "figures.json").read_text())
        return found


@contextlib.contextmanager
def engines(profile: str, home: Path) -> Iterator[dict[str, str]]:
    """Settings that name the database and Redis of the profile."""
    if profile == "embedded":
        yield {}
        return
    with servers.postgres(home) as database, servers.redis(home) as broker:
        yield {"DATABASE_URL": database.url, "REDIS_URL": broker.url}


def worst(found: dict[str, dict[str, float]], name: str, *, more: bool) -> float:
    return (min if more else max)(each[name] for each in found.values())


def table(found: dict[str, dict[str, float]]) -> tuple[str, bool]:
    """The table, and whether all targets are met."""
    lines = [f"{'figure':<26} {'target':>8}" + "".join(f" {profile:>9}" for profile in found)]
    good = True
    for name, unit, target, more in FIGURES:
        value = worst(found, name, more=more)
        met = value >= target if more else value <= target
        good = good and met
        aim = f"{'≥' if more else '≤'} {target:g}"
        values = "".join(f" {each[name]:>9.2f}" for each in found.values())
        lines.append(f"{name:<26} {aim:>8}{values}  {unit or '×':<3} {'met' if met else 'MISSED'}")
    for name in BESIDE:
        lines.append(f"  {name:<24} {'':>8}" + "".join(f" {each[name]:>9.1f}" for each in found.values()))
    return "\n".join(lines), good


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/deliveries.py", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--profile", action="append", choices=PROFILES)
    asked = parser.parse_args(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended first
    found = {profile: measure(profile) for profile in asked.profile or PROFILES}
    if asked.json:
        figures = [
            {
                "name": name,
                "value": round(worst(found, name, more=more), 3),
                "unit": unit,
                "target": target,
                "better": "higher" if more else "lower",
                "profiles": {profile: round(each[name], 3) for profile, each in found.items()},
            }
            for name, unit, target, more in FIGURES
        ]
        print(json.dumps({"figures": figures}, indent=2))
        return 0
    text, good = table(found)
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
