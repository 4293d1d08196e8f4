"""The commands: what `make` installs and when, what the locks promise, and what is said when tools lack."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.phases import PHASES

ROOT = Path(__file__).resolve().parent.parent
HASHES = r"\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n)+)"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)([^\\\n]*)" + HASHES, re.M)

# Stands in for an interpreter: makes "environments" that hold itself, writes down what it was asked.
INTERPRETER = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
    *version_info*) exit ${OLD:-0} ;;
    *ensurepip*) exit ${BARE:-0} ;;
    "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip"*) exit ${BROKEN:-0} ;;
esac
"""


class Machine:
    """A folder with the installer, two locks, and an interpreter that takes notes instead of installing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, folder / "calls"
        (folder / "requirements").mkdir()
        shutil.copy(ROOT / "requirements/install.sh", folder / "requirements")
        self.lock("run", "django==5")
        self.lock("test", "django==5 pytest==9")
        self.interpreter = folder / "python3"
        self.interpreter.write_text(INTERPRETER)
        self.interpreter.chmod(0o755)

    def lock(self, name: str, text: str) -> None:
        (self.folder / f"requirements/{name}.txt").write_text(text)

    def install(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {"PATH": os.environ["PATH"], "PYTHON": str(self.interpreter), "CALLS": str(self.calls)}
        command = ["sh", str(self.folder / "requirements/install.sh"), name]
        return subprocess.run(command, env=variables | environment, capture_output=True, text=True, check=False)

    def installed(self) -> list[str]:
        """The locks that pip was given, in order."""
        calls = self.calls.read_text() if self.calls.exists() else ""
        return re.findall(r"^-m pip .*requirements/(\w+)\.txt", calls, re.M)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_start_installs_and_the_second_does_nothing(machine: Machine) -> None:
    assert machine.install("run").returncode == 0
    machine.calls.unlink()
    second = machine.install("run")
    assert (second.returncode, second.stdout, machine.installed()) == (0, "", [])


def test_packages_are_installed_by_their_hashes_only(machine: Machine) -> None:
    machine.install("run")
    (call,) = [line for line in machine.calls.read_text().splitlines() if line.startswith("-m pip")]
    assert {"--require-hashes", "--no-deps"} <= set(call.split())


def test_the_test_set_serves_the_helpdesk_too(machine: Machine) -> None:
    machine.install("run")
    machine.install("test")
    machine.install("run")
    assert machine.installed() == ["run", "test"]


def test_a_changed_lock_is_installed(machine: Machine) -> None:
    machine.install("test")
    machine.lock("run", "django==6")
    machine.install("run")
    machine.install("test")
    assert machine.installed() == ["test", "run", "test"]


def test_an_environment_whose_interpreter_is_gone_is_made_anew(machine: Machine) -> None:
    machine.install("run")
    (machine.folder / ".venv/bin/python").unlink()
    assert machine.install("run").returncode == 0
    assert machine.installed() == ["run", "run"]


def test_a_failed_installation_is_tried_again(machine: Machine) -> None:
    failed = machine.install("run", BROKEN="1")
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    assert machine.install("run").returncode == 0
    assert machine.installed() == ["run", "run"]


@pytest.mark.parametrize(
    ("lack", "sentence"),
    [
        ({"PYTHON": "/nowhere/python3"}, "Python 3.11 or newer is missing: looked for /nowhere/python3;"),
        ({"OLD": "1"}, "Python 3.11 or newer is missing"),
        ({"BARE": "1"}, "The venv module of"),
    ],
)
def test_what_is_missing_is_named_in_one_sentence(machine: Machine, lack: dict[str, str], sentence: str) -> None:
    refused = machine.install("run", **lack)
    assert refused.returncode == 1
    assert refused.stderr.startswith(sentence)
    assert refused.stderr.count("\n") == 1
    assert not (machine.folder / ".venv").exists()


@pytest.mark.parametrize("name", ["run", "test"])
def test_every_package_of_a_lock_is_pinned_with_hashes(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    named = re.findall(r"^[a-z0-9][^\n]*", text, re.M)
    assert len(PIN.findall(text)) == len(named) > 20
    assert "://" not in text
    options = re.search(r"^\s*-", text.replace("    --hash=", ""), re.M)
    assert options is None, "an option of pip, such as the address of an index"


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    run, test = (
        {match[:3] for match in PIN.findall((ROOT / f"requirements/{name}.txt").read_text())}
        for name in ("run", "test")
    )
    assert run <= test


def test_the_machine_runs_what_anyone_can_run() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["exec make test"]
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_make_run_hands_the_port_over() -> None:
    command = ["make", "--dry-run", "run", "PORT=9123"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert 'manage.py up --demo --port "9123"' in shown


def test_make_help_names_every_command() -> None:
    makefile = (ROOT / "Makefile").read_text()
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    assert targets == set(re.findall(r"make ([a-z]+) ", shown))
    assert {"run", "test", "promises", "bench"} <= targets


def test_every_app_has_its_place_in_the_order_of_imports() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = " ".join(config["tool"]["importlinter"]["contracts"][0]["layers"])
    apps = {path.parent.name for path in ROOT.glob("helpdesk/*/__init__.py")}
    assert {f"helpdesk.{app}" for app in apps} <= set(re.findall(r"helpdesk\.\w+", layers))


def test_every_kind_of_test_runs_in_some_phase() -> None:
    for marks in ({"both"}, {"full"}, {"full", "once"}, {"embedded"}, {"browser"}, {"both", "browser"}, set[str]()):
        names = dict.fromkeys(("both", "full", "once", "embedded", "browser"), False) | dict.fromkeys(marks, True)
        assert [phase.name for phase in PHASES if eval(phase.select, names)], marks
