"""What it costs to make one person of two with long histories, and to redeem a code where a million are stored.

    bench/identity.py [--json] [--profile embedded | full]

Both profiles, each on a database of its own; a figure is the worse one of the two. Needs PostgreSQL.
Takes about three minutes.
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

LIMIT = 600  # seconds for one profile
PROFILES = ("embedded", "full")
EMPTY = ("BASE_URL", "DATABASE_URL", "REDIS_URL", "DEBUG", "DEMO", "EMAIL_URL")
CASES, CODES, TIMES = 10_000, 1_000_000, 25
# name, unit, target; less is better
FIGURES = (
    ("merge_ms", "ms", 50.0),
    ("merge_rows_growth", "", 1.0),
    # The whole verb, in which two people become one: as long as a merge may take.
    ("redeem_ms_1m", "ms", 50.0),
    # What the million codes have to do with it: the code is found by its index and used up, to the commit.
    ("redeem_code_ms_1m", "ms", 5.0),
    ("redeem_1m_to_few", "", 1.5),
)
BESIDE = ("merge_ms_few", "merge_rows", "plan_ms", "undo_ms", "redeem_ms_few", "commit_ms", "receive_ms_1m")


def measure(profile: str, sizes: tuple[int, int, int]) -> dict[str, float]:
    """The figures of one profile, on a new database. sizes: cases, codes, times."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-") as name, contextlib.ExitStack() as stack:
        home = Path(name)
        home.chmod(0o711)  # PostgreSQL may run as another user
        environment = {**os.environ, **dict.fromkeys(EMPTY, ""), "DATA_DIR": str(home / "data")}
        if profile == "full":
            environment["DATABASE_URL"] = stack.enter_context(servers.postgres(home)).url
        words = [sys.executable, "-m", "bench.identifying.desk", str(home), *map(str, sizes)]
        process = servers.start(words, log=home / "desk.log", env=environment)
        stack.callback(servers.end, process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LIMIT)
        if process.poll() != 0:
            raise RuntimeError(f"{profile} was not measured:\n{(home / 'desk.log').read_text()[-4000:]}")
        found: dict[str, float] = json.loads((home / "figures.json").read_text())
        return found


def worst(found: dict[str, dict[str, float]], name: str) -> float:
    return max(each[name] for each in found.values())


def table(found: dict[str, dict[str, float]]) -> tuple[str, bool]:
    """The table, and whether all targets are met."""
    lines = [f"{'figure':<20} {'target':>8}" + "".join(f" {profile:>9}" for profile in found)]
    good = True
    for name, unit, target in FIGURES:
        met = worst(found, name) <= target
        good = good and met
        values = "".join(f" {each[name]:>9.2f}" for each in found.values())
        lines.append(f"{name:<20} {f'≤ {target:g}':>8}{values}  {unit or '×':<3} {'met' if met else 'MISSED'}")
    for name in BESIDE:
        lines.append(f"  {name:<18} {'':>8}" + "".join(f" {each[name]:>9.2f}" for each in found.values()))
    return "\n".join(lines), good


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/identity.py", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--profile", action="append", choices=PROFILES)
    parser.add_argument("--cases", type=int, default=CASES, help="of each of the two people")
    parser.add_argument("--codes", type=int, default=CODES, help="that are stored")
    parser.add_argument("--times", type=int, default=TIMES, help="each is done; the median counts")
    asked = parser.parse_args(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended first
    found = {
        profile: measure(profile, (asked.cases, asked.codes, asked.times)) for profile in asked.profile or PROFILES
    }
    if asked.json:
        figures = [
            {
                "name": name,
                "value": round(worst(found, name), 3),
                "unit": unit,
                "target": target,
                "better": "lower",
                "profiles": {profile: round(each[name], 3) for profile, each in found.items()},
            }
            for name, unit, target in FIGURES
        ]
        print(json.dumps({"figures": figures}, indent=2))
        return 0
    text, good = table(found)
    print(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
