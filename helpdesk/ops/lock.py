"""One `up` for one DATA_DIR: two would be blind to each other's streams and write locks."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ImproperlyConfigured

NAME = "up.lock"


class CannotStart(ImproperlyConfigured):
    """One sentence about why; the command line shows it and ends with code 2."""


def take(folder: Path) -> IO[str]:
    """Locks `folder` for this process until the returned file is closed; the system lets go whatever ends it.

    Raises CannotStart where another process holds it.
    """
    file = (folder / NAME).open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise CannotStart(_taken(folder)) from error
    return file


def tell(file: IO[str], **facts: Any) -> None:
    """Writes into the lock what others want to know: url, demo."""
    file.truncate(0)
    json.dump({"pid": os.getpid(), **facts}, file)
    file.flush()


def read(folder: Path) -> dict[str, Any]:
    """What the `up` of this folder wrote, be it running or not; {} if there was none."""
    try:
        facts = json.loads((folder / NAME).read_text())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _taken(folder: Path) -> str:
    facts = read(folder)
    return (
        f"Another helpdesk is already running on {folder} (process {facts.get('pid', '?')}, "
        f"{facts.get('url', 'address unknown')}): stop it, or set DATA_DIR to another folder."
    )
