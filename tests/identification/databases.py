"""A company's user database: a real HTTP server that answers as a test says, and keeps what it was asked."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from channels_custom.models import CustomChannel
from helpdesk.channels.models import Widget
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job, State
from identification.models import LookUp
from identification.services import look_ups
from tests.lib.rogue import Rogue, rogue

JOHN = {
    "first_name": "John",
    "last_name": "Doe",
    "email": "john.doe@example.com",
    "phone_number": "+1234567890",
    "metadata": {"subscription_plan": "Pro", "signup_date": "2023-11-15", "company": "TechCorp"},
}


@dataclass
class Database:
    """status, answer: of each request from now on; raw: bytes instead. headers: beside the content type."""

    server: Rogue
    status: int = 200
    answer: Any = field(default_factory=lambda: JOHN)
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    @property
    def url(self) -> str:
        return self.server.url("/users/{id}")

    @property
    def lines(self) -> list[str]:
        """The first line of each request: method and path."""
        return [request.split(b"\r\n", 1)[0].decode().removesuffix(" HTTP/1.1") for request in self.server.requests]

    def said(self) -> bytes:
        if self.raw is not None:
            return self.raw
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} Whatever\r\n{head}\r\n".encode() + body


@contextmanager
def database() -> Iterator[Database]:
    def talk(server: Rogue, line: socket.socket) -> None:
        while server.read_request(line):
            line.sendall(there.said())

    with rogue(talk) as server:
        there = Database(server)
        yield there


def of(place: Widget | CustomChannel, url: str, **more: Any) -> LookUp:
    """A look-up that is switched on, for this widget or channel."""
    where = {"widget": place} if isinstance(place, Widget) else {"channel": place.channel_ptr}
    headers = more.pop("headers", None)
    wanted = {"active": True, "whom": LookUp.Whom.ALL, **where, **more}
    return look_ups.save(LookUp(url=url, headers=json.dumps(headers) if headers else "", **wanted), by=None)


def waiting() -> list[Job]:
    return list(Job.objects.filter(kind="look_up", state=State.WAITING).order_by("pk"))


def work(tries: int = 5) -> int:
    """Tries each look-up that is to be done, as the outbox would in a minute; gives how many lanes had one."""
    lanes = {job.lane_id for job in waiting()}
    for number in range(tries):
        for job in waiting():
            if number:
                outbox.retry(job, patient=True)  # the time has come
            outbox.drain(job.lane_id)
    return len(lanes)
