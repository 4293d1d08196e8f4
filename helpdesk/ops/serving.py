"""The servers of the full profile: the command lines that `manage.py web` and `manage.py live` become.

Pages and API run under WSGI, since Django under ASGI costs five to eight times the time; streams run under ASGI.
"""

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """target: the application. options: of granian, beside where it listens and with how many processes."""

    target: str
    port: int
    options: tuple[str, ...]


WEB = Kind(
    "helpdesk.wsgi:application",
    8000,
    (
        "--interface=wsgi",
        "--no-ws",
        "--blocking-threads=4",  # more of them wait for each other in one process
        "--workers-kill-timeout=20",  # seconds that requests have to end
        "--respawn-failed-workers",
    ),
)
LIVE = Kind(
    "helpdesk.asgi:application",
    8001,
    (
        "--interface=asginl",  # Django has no lifespan
        "--no-ws",
        "--backlog=2048",
        "--backpressure=20000",  # open streams; of more it takes none
        "--workers-kill-timeout=2",  # a stream ends when it is told to: the client comes again by itself
        "--respawn-failed-workers",
    ),
)


def command(kind: Kind, *, host: str, port: int, workers: int) -> list[str]:
    """Arguments of a granian that serves `kind`."""
    where = [f"--host={host}", f"--port={port}", f"--workers={workers}"]
    return [sys.executable, "-m", "granian", *kind.options, *where, kind.target]
