"""One process: pages and API on eight threads, streams on the event loop.

Django under ASGI costs five to eight times the time it takes under WSGI, so only what stays open runs there.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from a2wsgi import WSGIMiddleware

from helpdesk.ops.lock import CannotStart

THREADS = 8
GRACE = 2  # seconds that running requests have when the process stops
BACKLOG = 512
# Bytes of a body that are read before a thread is taken: a slow sender must not hold one.
READ_AHEAD = 1 << 20
STREAMS = "/live/"

Message = dict[str, Any]


def listen(host: str, port: int) -> socket.socket:
    """A socket on this address; who connects now is answered when the server runs. Raises CannotStart."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        line = socket.socket(family, kind, proto)
    except OSError as error:
        raise CannotStart(f"{host!r} is no address of this machine.") from error
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        line.bind(address)
        line.listen(BACKLOG)
    except OSError as error:
        line.close()
        raise CannotStart(f"Port {port} of {host} is not free ({error.strerror}): choose another one.") from error
    return line


class Desk:
    """The ASGI application: `/live/` on the event loop, everything else on the threads."""

    def __init__(self, *, pages: Any, streams: Any) -> None:
        self.pages: Any = WSGIMiddleware(pages, workers=THREADS)
        self.streams = streams
        self.closing = asyncio.Event()

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        # In WSGI, X_Real_Ip and X-Real-Ip would become the same name; proxies clean only the second.
        scope = {**scope, "headers": [pair for pair in scope["headers"] if b"_" not in pair[0]]}
        if scope["path"].startswith(STREAMS):
            await self.stream(scope, receive, send)
        else:
            await self.pages(scope, await read_ahead(receive), send)

    async def stream(self, scope: Message, receive: Any, send: Any) -> None:
        """A stream ends when the client goes or the process stops; Django hears the same in both cases."""
        state = {"type": ""}

        async def note(message: Message) -> None:
            state.update(message)
            await send(message)

        await self.streams(scope, lambda: self._next(receive), note)
        if self.closing.is_set() and state["type"] and state.get("more_body", True):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self, receive: Any) -> Message:
        waiting = {asyncio.ensure_future(receive()), asyncio.ensure_future(self.closing.wait())}
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            said = [task.result() for task in done if isinstance(task.result(), dict)]
            return said[0] if said else {"type": "http.disconnect"}
        finally:
            for task in waiting:
                task.cancel()


async def read_ahead(receive: Any) -> Any:
    """The same `receive`, with the first READ_AHEAD bytes of the body already here."""
    kept: list[Message] = []
    size, more = 0, True
    while more and size < READ_AHEAD:
        message = await receive()
        kept.append(message)
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    kept.reverse()

    async def replay() -> Message:
        return kept.pop() if kept else await receive()

    return replay


class Server(uvicorn.Server):
    """Stops within GRACE, streams at once, without a traceback.

    begin: called when it serves. end: called in a thread, while running requests have their grace.
    """

    def __init__(self, desk: Desk, *, begin: Callable[[], object], end: Callable[[], object]) -> None:
        self.desk = desk
        self.begin = begin
        self.end = end
        super().__init__(
            uvicorn.Config(
                desk,
                interface="asgi3",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                backlog=BACKLOG,
                # TRUSTED_PROXIES decides whose word is taken, in one place.
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begin()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What is cut off now is cut off on purpose: no error, no traceback.
        logging.getLogger("uvicorn.error").disabled = True
        self.desk.closing.set()
        ending = asyncio.ensure_future(asyncio.to_thread(self.end))
        await super().shutdown(sockets)
        await ending
