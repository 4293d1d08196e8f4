"""What a hundred rules of eight conditions cost, and how fast they are asked beside other engines from PyPI.

    bench/rules.py [--json] [--profile embedded | full]

Both profiles, each on a database of its own; a figure is the worse one of the two. Needs PostgreSQL.
The other engines are asked the same rules about the same events in the same process, and have to agree first.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # started as a file: `bench` and `tests` are packages of the project

from tests import servers  # noqa: E402

LIMIT = 300  # seconds for one profile
PROFILES = ("embedded", "full")
EMPTY = ("BASE_URL", "DATABASE_URL", "REDIS_URL", "DEBUG", "DEMO", "EMAIL_URL")
TIMES = 300
# name, unit, target, which is better
FIGURES = (
    ("rules_pass_ms", "ms", 0.5, "lower"),
    ("rules_pass_queries", "", 3.0, "lower"),
    ("rules_to_best_engine", "", 1.5, "higher"),
)
ENGINES = ("zen_engine", "json_logic", "rule_engine", "zen_engine_at_once")
BESIDE = ("rules_pass_us_best", "events_s", *(f"events_s_{name}" for name in ENGINES), "trace_bytes")


def measure(profile: str, times: int) -> dict[str, float]:
    """The figures of one profile, on a new database."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-") as name, contextlib.ExitStack() as stack:
        home = Path(name)
        home.chmod(0o711)  # PostgreSQL may run as another user
        environment = {**os.environ, **dict.fromkeys(EMPTY, ""), "DATA_DIR": str(home / "data")}
        if profile == "full":
            environment["DATABASE_URL"] = stack.enter_context(servers.postgres(home)).url
        words = [sys.executable, "-m", "bench.ruling.desk", str(home), str(times)]
        process = servers.start(words, log=home / "desk.log", env=environment)
        stack.callback(servers.end, process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LIMIT)
        if process.poll() != 0:
            raise RuntimeError(f"{profile} was not measured:\n{(home / 'desk.log').read_text()[-4000:]}")
        found: dict[str, float] = json.loads((home / "figures.json").read_text())
        return found


def worst(found: dict[str, dict[str, float]], name: str, better: str) -> float:
    values = [each[name] for each in found.values()]
    return max(values) if better == "lower" else min(values)


def table(found: dict[str, dict[str, float]]) -> tuple[str, bool]:
    """The table, and whether all targets are met."""
    lines = [f"{'figure':<29} {'target':>8}" + "".join(f" {profile:>9}" for profile in found)]
    good = True
    for name, unit, target, better in FIGURES:
        value = worst(found, name, better)
        met = value <= target if better == "lower" else value >= target
        good = good and met
        sign = "≤" if better == "lower" else "≥"
        values = "".join(f" {each[name]:>9.2f}" for each in found.values())
        lines.append(f"{name:<29} {f'{sign} {target:g}':>8}{values}  {unit or '×':<3} {'met' if met else 'MISSED'}")
    for name in BESIDE:
        lines.append(f"  {name:<27} {'':>8}" + "".join(f" {each[name]:>9.0f}" for each in found.values()))
    return "\n".join(lines), good


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/rules.py", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--profile", action="append", choices=PROFILES)
    parser.add_argument("--times", type=int, default=TIMES, help="passes; the median counts")
    asked = parser.parse_args(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended first
    found = {profile: measure(profile, asked.times) for profile in asked.profile or PROFILES}
    if asked.json:
        figures = [
            {
                "name": name,
                "value": round(worst(found, name, better), 3),
                "unit": unit,
                "target": target,
                "better": better,
                "profiles": {profile: round(each[name], 3) for profile, each in found.items()},
            }
            for name, unit, target, better in FIGURES
        ]
        print(json.dumps({"figures": figures}, indent=2))
        return 0
    text, good = table(found)
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
