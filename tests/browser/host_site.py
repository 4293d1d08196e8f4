"""A customer's web site and a desk beside it: two small servers on different sites."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "widget"
HOSTILE = """
    * { color: green !important; font-family: cursive !important; letter-spacing: 9px !important }
    dialog { width: 9px !important }
"""

# Path and body of a request → status, type and content of the answer.
Reply = Callable[[str, bytes], tuple[int, str, bytes]]


@dataclass
class Desk:
    """The desk's side of the identification widget. `answer` is status and body for the next codes."""

    url: str = ""
    answer: tuple[int, dict[str, Any]] = (201, {"code": "ID-7K2QF-9XH3M", "expires_in": 300})
    texts: dict[str, Any] = field(default_factory=lambda: {"dir": "ltr", "lang": "en", "texts": {}})
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def bodies(self) -> list[Any]:
        return [body for path, body in self.asked if path.endswith("/codes")]

    def reply(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, type and content for a request to the desk."""
        if path.endswith(".js"):
            return 200, "text/javascript", (SCRIPTS / path.rpartition("/")[2]).read_bytes()
        self.asked.append((path, json.loads(body) if body else None))
        status, content = (200, self.texts) if "/texts" in path else self.answer
        return status, "application/json", json.dumps(content).encode()


@dataclass
class Site:
    """The customer's site: files by path, one policy for all of them."""

    url: str = ""
    policy: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def reply(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        kinds = {"js": "text/javascript", "css": "text/css"}
        kind = kinds.get(path.rpartition(".")[2], "text/html; charset=utf-8")
        return (200, kind, self.files[path].encode()) if path in self.files else (404, kind, b"")


@contextmanager
def desk_and_site(desk: Desk | None = None) -> Iterator[tuple[Desk, Site]]:
    """A desk on 127.0.0.1 and a site on localhost: other hosts, so to a browser they are different sites."""
    desk, site = desk or Desk(), Site()

    def reply(path: str, body: bytes) -> tuple[int, str, bytes]:
        return desk.reply(path, body)

    with _served(reply, lambda: "") as one, _served(site.reply, lambda: site.policy) as two:
        desk.url, site.url = f"http://127.0.0.1:{one}", f"http://localhost:{two}"
        site.policy = (
            f"default-src 'none'; script-src 'self' {desk.url}; style-src 'self'; img-src data:; "
            f"connect-src {desk.url}; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )
        yield desk, site


@contextmanager
def _served(reply: Reply, policy: Callable[[], str]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _requests(reply, policy))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _requests(reply: Reply, policy: Callable[[], str]) -> type[BaseHTTPRequestHandler]:
    class Request(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, kind, content = (204, "", b"") if self.command == "OPTIONS" else reply(self.path, body)
            self.send_response(status)
            headers = {
                "Content-Type": kind,
                "Content-Length": str(len(content)),
                "Content-Security-Policy": policy(),
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Allow-Headers": "Content-Type",
            }
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_OPTIONS = _answer  # noqa: N815 (names of http.server)

        def log_message(self, *args: object) -> None:
            """Quiet: the tests look at what was asked."""

    return Request
