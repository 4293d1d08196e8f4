"""A real server for streams, and a client that reads server-sent events from a socket."""

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.test import Client

from helpdesk.live.hub import HUB
from helpdesk.users.models import Agent
from tests.waiting import wait_for


@contextmanager
def server() -> Iterator[int]:
    """Django's own ASGI handler on uvicorn, in a thread of this process; gives the port."""
    config = uvicorn.Config(
        get_asgi_application(),
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_level="error",
        timeout_graceful_shutdown=1,
    )
    running = uvicorn.Server(config)
    line = socket.socket()
    line.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: asyncio.run(running.serve(sockets=[line])), daemon=True)
    thread.start()
    wait_for(lambda: running.started)
    try:
        yield line.getsockname()[1]
    finally:
        running.should_exit = True
        thread.join(15)
        line.close()
        assert not thread.is_alive()
        wait_for(lambda: not HUB.running)


def cookie(agent: Agent) -> str:
    """A signed-in session, as the browser would send it."""
    client = Client()
    client.force_login(agent)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@dataclass
class Told:
    """One event of a stream."""

    event: str
    id: str
    data: dict[str, Any] = field(default_factory=dict)


class Ended(Exception):
    """The server has ended the stream."""


class Ear:
    """A client of one stream. Reading raises TimeoutError after `limit` seconds and Ended at the end."""

    def __init__(self, port: int, session: str = "", *, last: str = "", path: str = "/live/", token: str = "") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Accept: text/event-stream"]
        if session:
            lines.append(f"Cookie: {settings.SESSION_COOKIE_NAME}={session}")
        if token:
            lines.append(f"Authorization: Bearer {token}")
        if last:
            lines.append(f"Last-Event-ID: {last}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._raw, self._text = b"", ""
        self.last = last
        head = self._until(b"\r\n\r\n").decode()
        self.status = int(head.split(" ", 2)[1])
        self.headers = {k.lower(): v for k, v in re.findall(r"^([^:\r\n]+): ?(.*?)\r?$", head, re.MULTILINE)}

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._raw:
            self._more()
        part, _, self._raw = self._raw.partition(mark)
        return part

    def _more(self) -> None:
        got = self.socket.recv(65536)
        if not got:
            raise Ended
        self._raw += got

    def _chunk(self) -> None:
        size = int(self._until(b"\r\n"), 16)
        while len(self._raw) < size + 2:
            self._more()
        self._text += self._raw[:size].decode()
        self._raw = self._raw[size + 2 :]
        if size == 0:
            raise Ended

    def block(self, limit: float = 10.0) -> str:
        """The next block of lines, whatever it says."""
        self.socket.settimeout(limit)
        while "\n\n" not in self._text:
            self._chunk()
        part, _, self._text = self._text.partition("\n\n")
        return part

    def next(self, limit: float = 10.0) -> Told:
        """The next event; comments and the retry line are passed over."""
        end = time.monotonic() + limit
        while True:
            lines = dict(line.split(": ", 1) for line in self.block(max(0.01, end - time.monotonic())).splitlines())
            if "data" in lines:
                self.last = lines.get("id", self.last)
                return Told(lines.get("event", "message"), self.last, json.loads(lines["data"]))

    def hello(self) -> "Ear":
        """Reads up to the greeting: from here on nothing is missed."""
        while self.next().event != "hello":
            pass
        return self

    def facts(self, until: str, limit: float = 10.0) -> list[dict[str, Any]]:
        """All facts up to and with the first of this kind."""
        got: list[dict[str, Any]] = []
        while not got or until not in got[-1]["kinds"]:
            told = self.next(limit)
            if told.event == "message":
                got.append(told.data)
        return got

    def silent(self, seconds: float = 0.6) -> bool:
        """Whether no event comes in this time."""
        try:
            self.next(seconds)
        except TimeoutError:
            return True
        return False

    def close(self) -> None:
        self.socket.close()
