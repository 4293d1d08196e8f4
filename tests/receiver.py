"""A messenger's server: receives the webhook for real, verifies each signature, remembers what came."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from tests.waiting import wait_for


@dataclass
class Receiver:
    """url: where to POST. secret: verifies what comes, once it is set. came: bodies in order of arrival."""

    url: str = ""
    secret: str = ""
    status: int = 200
    came: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        if self.secret:
            Webhook(self.secret).verify(body, headers)
        if self.status == 200:
            self.came.append(json.loads(body))
            self.ids.append(headers["webhook-id"])
        return self.status

    def texts(self) -> list[str]:
        return [one["object"]["content"] for one in self.came]

    def wait(self, count: int, limit: float = 10.0) -> list[dict[str, Any]]:
        """The first `count` bodies, when they are there."""
        wait_for(lambda: len(self.came) >= count, limit)
        return self.came[:count]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of loopback, for as long as the block runs."""
    receiver = Receiver()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                status = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            except Exception as error:  # noqa: BLE001 (whatever is wrong with it, the sender has to see it)
                status, receiver.came = (
                    400,
                    [*receiver.came, {"error": repr(error), "object": {"content": ""}}],
                )
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
