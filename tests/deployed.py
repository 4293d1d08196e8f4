"""What `deploy/` starts: the command lines of compose.yml and of the systemd units, as the tests start them too."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
PROCESSES = ("web", "live", "worker", "beat", "pump")


def compose() -> dict[str, Any]:
    """compose.yml as it is read, its anchors resolved."""
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    return read


def by_compose(name: str) -> list[str]:
    """The command line of a service."""
    return [str(word) for word in compose()["services"][name]["command"]]


def by_systemd(name: str) -> list[str]:
    """The command line of a unit, with `python` for the interpreter of the project."""
    (line,) = re.findall(r"^ExecStart=(.+)$", (DEPLOY / f"systemd/helpdesk-{name}.service").read_text(), re.M)
    program, *words = shlex.split(line)
    assert program == "/opt/helpdesk/.venv/bin/python"
    return ["python", *words]


def here(words: list[str], port: int = 0) -> list[str]:
    """The same command line for this machine: our interpreter, loopback, and `port` where it names one."""
    program, *rest = words
    assert program == "python"
    for number, word in enumerate(rest):
        if word in {"--host", "--port"}:
            rest[number + 1] = {"--host": "127.0.0.1", "--port": str(port)}[word]
    return [sys.executable, *rest]
