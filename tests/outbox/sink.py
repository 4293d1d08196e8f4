"""A receiver in a process of its own, which outlives the workers that are killed around it.

    python -m tests.outbox.sink LOG

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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple


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


def serve(log: Path) -> None:
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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    out.write(f"{server.server_port}\n")
    server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
