"""A receiver in a process of its own, quick enough not to be what is measured.

    python -m bench.delivering.sink FILE

Writes its port into FILE. Answers 200 to each POST and remembers when it came; `/dead…` is never answered. GET tells
what came: [[path, webhook-id, seconds on this machine's monotonic clock]], and forgets it.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.request import urlopen

from tests import servers
from tests.waiting import wait_for

Arrival = tuple[str, str, float]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

_came: list[Arrival] = []


class Sink(asyncio.Protocol):
    """One connection, kept open for request after request."""

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.line = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            size = int(headers.get("content-length", "0"))
            if len(rest) < size:
                return
            self.buffer = rest[size:]
            method, path, _version = first.split(" ")
            self.answer(method, path, headers.get("webhook-id", ""))

    def answer(self, method: str, path: str, name: str) -> None:
        if method == "GET":
            told = json.dumps(_came).encode()
            _came.clear()
            self.line.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told))
            return
        _came.append((path, name, time.monotonic()))
        if not path.startswith("/dead"):
            self.line.write(OK)


class Log:
    """What came to the sink at `url`, gathered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.came: dict[str, Arrival] = {}

    def read(self) -> dict[str, Arrival]:
        """The first arrival of each webhook-id until now."""
        with urlopen(self.url, timeout=30) as answer:
            for path, name, at in json.load(answer):
                self.came.setdefault(name, (path, name, at))
        return self.came


@contextmanager
def running(home: Path) -> Iterator[str]:
    """A sink for as long as the block runs; gives its address."""
    file = home / "sink.port"
    process = servers.start([sys.executable, "-m", "bench.delivering.sink", str(file)], log=home / "sink.log")
    try:
        wait_for(lambda: file.exists() and file.read_text().endswith("\n"), 30)
        yield f"http://127.0.0.1:{file.read_text().strip()}"
    finally:
        servers.end(process)


async def serve(file: Path) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0, backlog=512)
    file.write_text(f"{server.sockets[0].getsockname()[1]}\n")
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
