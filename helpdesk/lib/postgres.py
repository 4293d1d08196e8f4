"""What a session on PostgreSQL does not put up with for ever."""

from dataclasses import dataclass
from typing import Any

from django.db import connections

PROBES = {
    # A server whose machine is gone says nothing: this many seconds until we ask, between questions, and until what
    # was sent counts as lost (milliseconds).
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}


@dataclass(frozen=True)
class Limits:
    """Seconds: for connecting, for waiting for a lock, for a transaction that does nothing; 0 sets none."""

    connect: int
    lock: int
    idle: int

    def options(self) -> dict[str, Any]:
        """The OPTIONS of Django's connection, as libpq takes them."""
        limits = {"lock_timeout": self.lock, "idle_in_transaction_session_timeout": self.idle}
        told = " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items() if seconds)
        return {"connect_timeout": self.connect, **PROBES, **({"options": told} if told else {})}


def wait_patiently(using: str, **_: object) -> None:
    """Before migrations, which may think for long between two questions. They still wait for no lock for long."""
    _tell(using, "SET idle_in_transaction_session_timeout = 0")


def wait_no_longer(using: str, **_: object) -> None:
    """After them."""
    _tell(using, "RESET idle_in_transaction_session_timeout")


def _tell(using: str, command: str) -> None:
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute(command)
