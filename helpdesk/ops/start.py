"""What the command line says, turned into settings before Django reads them."""

import os
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import environ

from helpdesk.ops import lock

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
PORT = 8000
# These speak of the address that `up` serves, or served last.
AFTERWARDS = frozenset({"demo", "doctor", "sign_in_link"})


def prepare(words: Sequence[str]) -> None:
    """Sets BASE_URL, DEMO and EGRESS_ALLOW_NETWORKS for the command line `words` (as sys.argv).

    What the operator has set stays: an address of their own, and their networks, to which ours are added.
    """
    command = words[1] if len(words) > 1 else ""
    if command != "up" and command not in AFTERWARDS:
        return
    environ.Env.read_env(ROOT / ".env")
    if command == "up":
        options, _ = _options().parse_known_args(words[2:])
        url, demo = f"http://localhost:{options.port}", options.demo
    else:
        last = lock.read(Path(os.environ.get("DATA_DIR") or ROOT / "var"))
        url, demo = last.get("url") or f"http://localhost:{PORT}", last.get("demo") or command == "demo"
    os.environ["BASE_URL"] = os.environ.get("BASE_URL") or url
    if demo:
        _demo(urlsplit(url).port)


def _demo(port: int | None) -> None:
    """The messenger of the demo is a client and a receiver of its own on this machine."""
    own = f"127.0.0.0/8:{port} [::1/128]:{port}" if port else "127.0.0.0/8 [::1/128]"
    os.environ["DEMO"] = "1"
    os.environ["EGRESS_ALLOW_NETWORKS"] = f"{os.environ.get('EGRESS_ALLOW_NETWORKS', '')} {own}".strip()


def _options() -> ArgumentParser:
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--port", type=_number, default=PORT)
    parser.add_argument("--demo", action="store_true")
    return parser


def _number(text: str) -> int:
    """A wrong port is left to the command itself, which says so in a sentence."""
    return int(text) if text.isdecimal() and 0 < int(text) < 65_536 else PORT
