"""What the benchmarks share: a desk on each profile, measured from inside, and the table of what was found."""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests import servers

PROFILES = ("embedded", "full")
EMPTY = ("BASE_URL", "DATABASE_URL", "REDIS_URL", "DEBUG", "DEMO", "OUTBOX_LEASE", "EMAIL_URL")

Found = dict[str, dict[str, float]]  # {profile: {figure: value}}


class Figure(NamedTuple):
    """better: lower or higher. A figure is the worse one of all profiles."""

    name: str
    unit: str
    target: float
    better: str = "lower"

    def worst(self, found: Found) -> float:
        return (max if self.better == "lower" else min)(each[self.name] for each in found.values())

    def met(self, found: Found) -> bool:
        value = self.worst(found)
        return value <= self.target if self.better == "lower" else value >= self.target


def measured(words: Sequence[str], home: Path, more: dict[str, str], *, limit: int) -> dict[str, float]:
    """What the module `words` writes to figures.json in its home, in a process of its own. limit: seconds."""
    environment = {**os.environ, **dict.fromkeys(EMPTY, ""), "DATA_DIR": str(home / "data"), **more}
    with contextlib.ExitStack() as stack:
        process = servers.start([sys.executable, "-m", *words], log=home / "desk.log", env=environment)
        stack.callback(servers.end, process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(limit)
        if process.poll() != 0:
            raise RuntimeError(f"this was not measured:\n{(home / 'desk.log').read_text()[-4000:]}")
        found: dict[str, float] = json.loads((home / "figures.json").read_text())
        return found


@contextlib.contextmanager
def home_of(profile: str, *, redis: bool = False) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder of its own, and settings that name the profile's database, and Redis where it is wanted."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-bench-") as name, contextlib.ExitStack() as stack:
        home, more = Path(name), {}
        home.chmod(0o711)  # PostgreSQL may run as another user
        if profile == "full":
            more["DATABASE_URL"] = stack.enter_context(servers.postgres(home)).url
            if redis:
                more["REDIS_URL"] = stack.enter_context(servers.redis(home)).url
        yield home, more


def parser(name: str, about: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=name, description=about)
    made.add_argument("--json", action="store_true")
    made.add_argument("--profile", action="append", choices=PROFILES)
    return made


def tell(
    asked: argparse.Namespace,
    measure: Callable[[str], dict[str, float]],
    figures: Sequence[Figure],
    beside: Sequence[str],
) -> int:
    """Measures on each profile and prints the table, or JSON. Gives the exit code: 1 where a target is missed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended first
    found = {profile: measure(profile) for profile in asked.profile or PROFILES}
    print(as_json(found, figures) if asked.json else table(found, figures, beside))
    return 0 if asked.json or all(figure.met(found) for figure in figures) else 1


def as_json(found: Found, figures: Sequence[Figure]) -> str:
    told = [
        {
            **figure._asdict(),
            "value": round(figure.worst(found), 3),
            "profiles": {profile: round(each[figure.name], 3) for profile, each in found.items()},
        }
        for figure in figures
    ]
    return json.dumps({"figures": told}, indent=2)


def table(found: Found, figures: Sequence[Figure], beside: Sequence[str]) -> str:
    """beside: what stands below without a target."""
    lines = [f"{'figure':<29} {'target':>8}" + "".join(f" {profile:>9}" for profile in found)]
    for figure in figures:
        aim = f"{'≤' if figure.better == 'lower' else '≥'} {figure.target:g}"
        values = "".join(f" {each[figure.name]:>9.2f}" for each in found.values())
        verdict = "met" if figure.met(found) else "MISSED"
        lines.append(f"{figure.name:<29} {aim:>8}{values}  {figure.unit or '×':<3} {verdict}")
    for name in beside:
        lines.append(f"  {name:<27} {'':>8}" + "".join(f" {each[name]:>9.1f}" for each in found.values()))
    return "\n".join(lines)
