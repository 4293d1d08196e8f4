"""One open stream: a short queue between the hub's thread and the event loop that writes to the client."""

import asyncio
import secrets
from collections import deque

from helpdesk.cases import feed
from helpdesk.cases.listening import Listener

# Chunks that may wait for a slow client; then all are dropped, and it is told to read anew.
MOST = 200
# Seconds. Proxies cut what is silent for 30 or 60.
HEARTBEAT = 20.0
BEAT = b": still here\n\n"
# How one tells apart, in what is queued, that something happened and that something was missed.
NEWS, RESYNC = b'data: {"', b"event: resync"


def event(name: str, position: feed.Position | None = None) -> bytes:
    """A server-sent event without content. position: where a client that comes again goes on."""
    lead = f"id: {feed.write(position)}\n" if position is not None else ""
    return f"{lead}event: {name}\ndata: {{}}\n\n".encode()


def opening() -> bytes:
    """The first bytes. After a restart all clients come again: each at its own moment within four seconds."""
    return f"retry: {1000 + secrets.randbelow(4000)}\n\n".encode()


class Stream:
    """What one client has still to be told. `put` and `end` on the loop's thread only; the hub uses `on_loop`."""

    def __init__(self, reader: Listener, cursor: str = "") -> None:
        self.reader = reader
        self.cursor = cursor
        self.loop = asyncio.get_running_loop()
        self.joined = False
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._ended = False

    def put(self, chunk: bytes) -> None:
        """Queues a chunk. A client that does not keep up loses the queue and reads anew."""
        if self._ended:
            return
        if len(self._waiting) >= MOST:
            self._waiting.clear()
            chunk = event("resync")
        self._waiting.append(chunk)
        self._news.set()

    def end(self) -> None:
        """Nothing more after what is queued."""
        self._ended = True
        self._news.set()

    async def next(self, patience: float = HEARTBEAT) -> bytes | None:
        """All that is queued; a heartbeat when nothing came for `patience` seconds; None when the stream has ended."""
        try:
            async with asyncio.timeout(patience):
                await self._news.wait()
        except TimeoutError:
            return BEAT
        self._news.clear()
        chunk = b"".join(self._waiting)
        self._waiting.clear()
        if self._ended:
            self._news.set()
            return chunk or None
        return chunk
