"""One process: which half answers, what a slow sender costs, and how a stream ends."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.ops import server
from helpdesk.ops.lock import CannotStart

Environ = dict[str, Any]


class Client:
    """One request, spoken to the application directly."""

    def __init__(self, path: str, *, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": headers or [],
            "scheme": "http",
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
        }
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.heard: list[dict[str, Any]] = []

    def says(self, body: bytes, *, more: bool = False) -> "Client":
        self.inbox.put_nowait({"type": "http.request", "body": body, "more_body": more})
        return self

    async def hears(self, message: dict[str, Any]) -> None:
        self.heard.append(message)

    async def asks(self, desk: server.Desk) -> bytes:
        await desk(self.scope, self.inbox.get, self.hears)
        return b"".join(message.get("body", b"") for message in self.heard)


def pages(answer: Callable[[Environ], bytes]) -> Any:
    """A WSGI application that answers 200 with what the function gives."""

    def application(environ: Environ, start_response: Any) -> list[bytes]:
        body = answer(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body]

    return application


async def endless(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that streams until the client goes."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello ", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


def test_streams_run_on_the_event_loop_and_pages_on_threads() -> None:
    async def play() -> None:
        threads: list[str] = []

        def note(environ: Environ) -> bytes:
            threads.append(threading.current_thread().name)
            return environ["PATH_INFO"].encode()

        desk = server.Desk(pages=pages(note), streams=endless)
        assert await Client("/cases/").says(b"").asks(desk) == b"/cases/"
        assert threads[0] != threading.current_thread().name
        stream = Client("/live/").says(b"")
        stream.inbox.put_nowait({"type": "http.disconnect"})
        assert await stream.asks(desk) == b"hello "

    asyncio.run(play())


def test_a_body_arrives_whole_whatever_its_pieces() -> None:
    async def play() -> None:
        desk = server.Desk(pages=pages(lambda environ: environ["wsgi.input"].read()), streams=endless)
        client = Client("/api/")
        parts = [bytes([number]) * server.READ_AHEAD for number in range(3)]
        for part in parts:
            client.says(part, more=True)
        assert await client.says(b"end").asks(desk) == b"".join(parts) + b"end"

    asyncio.run(play())


def test_senders_that_never_finish_do_not_hold_the_threads() -> None:
    async def play() -> None:
        desk = server.Desk(pages=pages(lambda environ: b"here"), streams=endless)
        slow = [asyncio.create_task(Client("/").says(b"x", more=True).asks(desk)) for _ in range(server.THREADS)]
        await asyncio.sleep(0)
        answer = await asyncio.wait_for(Client("/").says(b"").asks(desk), 5)
        assert answer == b"here"
        for task in slow:
            task.cancel()

    asyncio.run(play())


def test_a_header_with_an_underscore_cannot_pose_as_another() -> None:
    async def play() -> None:
        desk = server.Desk(pages=pages(lambda e: e.get("HTTP_X_FORWARDED_FOR", "none").encode()), streams=endless)
        posing = Client("/", headers=[(b"x_forwarded_for", b"10.0.0.1")])
        assert await posing.says(b"").asks(desk) == b"none"
        honest = Client("/", headers=[(b"x-forwarded-for", b"10.0.0.1")])
        assert await honest.says(b"").asks(desk) == b"10.0.0.1"

    asyncio.run(play())


def test_an_open_stream_is_ended_properly_when_the_process_stops() -> None:
    async def play() -> None:
        desk = server.Desk(pages=pages(lambda environ: b""), streams=endless)
        client = Client("/live/").says(b"")
        stream = asyncio.create_task(client.asks(desk))
        while len(client.heard) < 2:
            await asyncio.sleep(0)
        desk.closing.set()
        await asyncio.wait_for(stream, 5)
        assert client.heard[-1] == {"type": "http.response.body", "body": b"", "more_body": False}

    asyncio.run(play())


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"^Port {port} of 127\.0\.0\.1 is not free .*\.$"):
            server.listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_one_sentence() -> None:
    with pytest.raises(CannotStart, match=r"is no address of this machine\.$"):
        server.listen("no such host.invalid", 80)
