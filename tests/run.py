"""Runs every check and test, phase by phase, on private servers; the last line sums up in pytest's words.

    tests/run.py [--only PHASE]... [--promises | --soak | --fuzz] [arguments for pytest]

A phase that fails does not stop the others. Exit code 1 if anything failed or was skipped, or no test ran.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if not __package__:  # started as a file: Python looks for modules beside it
    sys.path[0] = str(ROOT)

from tests import debian, servers  # noqa: E402
from tests.phases import CHECKS, DEPLOYED, FOREIGN, NAMES, NARROWED, PHASES, PYTHON, STRAYS, Phase  # noqa: E402
from tests.plugins.figures import table as figures  # noqa: E402
from tests.results import Result, last_line, promises, table  # noqa: E402
from tests.waiting import wait_for  # noqa: E402

PHASE_LIMIT = 45 * 60  # seconds; a phase that hangs is ended and failed
MARK = "HELPDESK_TESTS"  # in the environment of all that a phase starts; its value is the phase's folder
FOUND_NOTHING = 5  # pytest's exit code


def main(words: list[str]) -> int:
    """Runs what was asked for and returns the exit code."""
    asked, rest = arguments().parse_known_args(words)
    select, phases, extra = NARROWED[asked.kind]
    if asked.marks:
        select = f"({select}) and ({asked.marks})"
    wanted = [name for name in phases if name in (asked.only or phases)]
    debian.provide(wanted)
    results, began = [], time.monotonic()
    if "lint" in wanted:
        results.append(lint())
    narrowed = bool(rest or asked.marks or asked.kind)
    for phase in PHASES:
        if phase.name in wanted:
            results.append(play(phase, select=select, words=[*extra, *rest], narrowed=narrowed))
    return tell(results, time.monotonic() - began, kind=asked.kind)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests/run.py", allow_abbrev=False, description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, help="this phase; may be repeated")
    parser.add_argument("-m", dest="marks", default="", help="a marker expression, within each phase")
    kinds = parser.add_mutually_exclusive_group()
    for kind in filter(None, NARROWED):
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, default="")
    return parser


def lint() -> Result:
    """Runs all checks of the code, also after one has failed."""
    heading("lint", "style, types, imports, migrations, deployment settings")
    result, began = Result("lint", "-"), time.monotonic()
    with home() as folder:
        for name, command in CHECKS.items():
            print(f"-- {name}", flush=True)
            environment = clean(folder)
            if name == "deployment":
                environment |= DEPLOYED
            if call(list(command), environment) == 0:
                result.counts["passed"] += 1
            else:
                result.troubles.append(f"{name} failed")
    result.seconds = time.monotonic() - began
    return result


def play(phase: Phase, *, select: str, words: list[str], narrowed: bool) -> Result:
    """Runs pytest in one phase, between the start and the end of its servers."""
    heading(phase.name, phase.title)
    result, began = Result(phase.name, phase.vendor), time.monotonic()
    with home() as folder, contextlib.ExitStack() as stack:
        environment = clean(folder) | phase.environment
        if phase.servers:
            environment["DATABASE_URL"] = stack.enter_context(servers.postgres(folder)).url
            environment["REDIS_URL"] = stack.enter_context(servers.redis(folder)).url
        junit = folder / "junit.xml"
        expression = f"({phase.select}) and ({select})"
        options = ["-q", "-rfEsx", "-m", expression, f"--junitxml={junit}", *phase.arguments]
        code = call([*PYTHON, "pytest", *options, *words], environment)
        judge(result, junit, code, narrowed=narrowed)
        result.troubles += [f"left running: {command}" for command in lingering(folder)]
    result.seconds = time.monotonic() - began
    return result


def judge(result: Result, junit: Path, code: int, *, narrowed: bool) -> None:
    """Fills `result` from pytest's file and exit code. `narrowed`: a phase without a test is no failure."""
    result.read(junit)
    if result.counts["skipped"]:
        result.troubles.append(f"{result.counts['skipped']} skipped: nothing may be skipped")
    if code == FOUND_NOTHING:
        if not narrowed:
            result.troubles.append("no test ran")
    elif code and not result.failed:
        result.troubles.append(f"pytest ended with code {code}")


def tell(results: list[Result], seconds: float, *, kind: str) -> int:
    """Prints the summary and returns the exit code."""
    tests = [result for result in results if result.phase != "lint"]
    heading("summary", "")
    if kind == "promises":
        print("\n".join(promises(tests)) + "\n")
    if kind == "soak":
        print(figures([(result.vendor, line) for result in tests for line in result.figures]) + "\n")
    print(table(results) + "\n")
    for result in results:
        for trouble in result.troubles:
            print(f"{result.phase}: {trouble}")
    nothing = bool(tests) and not any(result.counts.total() for result in tests)
    if nothing:
        print("no test ran in any phase")
    failed = [result.phase for result in results if result.failed]
    print(f"failed: {', '.join(failed)}" if failed else "", flush=True)
    # Checks are no tests: beside tests only those that failed are in the last line.
    counted = [replace(r, counts=Counter()) if tests and r.phase == "lint" else r for r in results]
    print(last_line(counted, seconds), flush=True)
    return 1 if failed or nothing else 0


def heading(name: str, title: str) -> None:
    print(f"\n==> {name}{': ' if title else ''}{title}", flush=True)


@contextlib.contextmanager
def home() -> Iterator[Path]:
    """A folder for one phase. Others may pass through it, since PostgreSQL may run as another user."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-tests-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        (folder / "data").mkdir(mode=0o700)
        try:
            yield folder
        finally:
            for process in servers.strays(f"{MARK}={folder}"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def lingering(folder: Path, limit: float = 5.0) -> list[str]:
    """The command lines of what a phase started and did not end within `limit` seconds after its end."""
    mark = f"{MARK}={folder}"
    with contextlib.suppress(AssertionError):
        wait_for(lambda: not servers.strays(mark), limit, pause=0.1)
    return list(servers.strays(mark).values())


def clean(folder: Path) -> dict[str, str]:
    """The environment with the data in `folder`. A person's own settings are empty: .env adds none."""
    kept = {k: v for k, v in os.environ.items() if k not in STRAYS and not k.startswith("HELPDESK_")}
    # With the demo: its pages are tested, and its tables and migrations are looked at, too.
    ours = {"DATA_DIR": str(folder / "data"), "DEMO": "on", MARK: str(folder), "PYTHONUNBUFFERED": "1"}
    return {**kept, **dict.fromkeys(FOREIGN, ""), **ours}


def call(command: list[str], environment: dict[str, str], folder: Path = ROOT) -> int:
    """Runs a command to its end and returns its exit code; ends it if we are ended or the limit passes."""
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        return process.wait(PHASE_LIMIT)
    except subprocess.TimeoutExpired:
        print(f"Ended after {PHASE_LIMIT} s: {' '.join(command)}", flush=True)
        return 1
    finally:
        servers.end(process, signal.SIGINT)


def obey() -> None:
    """From now on a request to end is as Ctrl-C: what was started is ended first."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


if __name__ == "__main__":
    obey()
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted; the servers are stopped.")
