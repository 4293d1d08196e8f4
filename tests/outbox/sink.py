"""A receiver in a process of its own, which outlives the workers that are killed around it.

    python -m tests.outbox.sink LOG [PORT]

Says its port in the first line of LOG, then one line for each request, in order of arrival: path, webhook-id,
sequence, SHA-256 of the body, status of the answer. `/flaky…` answers 15 % with 503, `/slow…` after 50 ms,
`/pause…` after a second, the first time.
"""

import hashlib
import itertools
import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from tests import servers
from tests.waiting import wait_for


class Arrival(NamedTuple):
    path: str
    id: str
    sequence: int
    digest: str
    status: int


def arrivals(log: Path) -> list[Arrival]:
    """What came until now; a line that is being written does not count yet."""
    lines = log.read_text().split("\n")[1:-1]
    return [Arrival(*json.loads(line)) for line in lines]


def address(log: Path) -> str:
    """The address of the sink that writes this log."""
    return f"http://127.0.0.1:{log.read_text().split()[0]}"


@contextmanager
def running(log: Path, port: int = 0) -> Iterator[Path]:
    """A sink for as long as the block runs; gives its log."""
    command = [sys.executable, "-m", "tests.outbox.sink", str(log), str(port)]
    process = servers.start(command, log=log.with_suffix(".log"))
    try:
        wait_for(lambda: log.exists() and log.read_text().count("\n"), 30)
        yield log
    finally:
        servers.end(process)


class Server(ThreadingHTTPServer):
    request_queue_size = 128


def serve(log: Path, port: int = 0) -> None:
    guard, out, count = threading.Lock(), log.open("a", buffering=1), itertools.count()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = 503 if self.path.startswith("/flaky") and random.random() < 0.15 else 200
            arrival = (self.path, self.headers["webhook-id"], json.loads(body)["sequence"])
            with guard:
                out.write(json.dumps([*arrival, hashlib.sha256(body).hexdigest(), status]) + "\n")
                first = next(count) == 0
            if self.path.startswith("/slow"):
                time.sleep(0.05)
            if self.path.startswith("/pause") and first:
                time.sleep(1.0)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = Server(("127.0.0.1", port), Answer)
    out.write(f"{server.server_port}\n")
    server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int((*sys.argv[2:], "0")[0]))
