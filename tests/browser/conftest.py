"""The product in this process for a real browser, and a guard that no page gets past.

The guard fails a test whose pages ask another host, log an error, or raise one; a test that provokes such a thing
takes it out of the list.
"""

import asyncio
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from helpdesk.live.hub import HUB
from helpdesk.ops import server
from helpdesk.users.models import Agent
from tests.waiting import wait_for

SIZE = {"width": 1440, "height": 860}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": shutil.which("chromium"), "args": ["--no-sandbox", "--disable-gpu"]}


@pytest.fixture
def desk_url(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Pages on threads and streams on the event loop, as `manage.py up` serves them."""
    # Each request gives its connection back: the threads outlive the test, and the database must not.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    line = socket.socket()
    line.bind(("127.0.0.1", 0))
    desk = server.Desk(pages=get_wsgi_application(), streams=get_asgi_application())
    started = threading.Event()
    running = server.Server(desk, begin=started.set, end=lambda: None)
    thread = threading.Thread(target=lambda: asyncio.run(running.serve(sockets=[line])), daemon=True)
    thread.start()
    assert started.wait(20)
    yield f"http://localhost:{line.getsockname()[1]}"
    running.should_exit = True
    thread.join(20)
    line.close()
    assert not thread.is_alive()
    wait_for(lambda: not HUB.running)


@dataclass
class Guard:
    """What went wrong in the pages of one test. `forgive` takes out what the test itself has provoked."""

    host: str
    troubles: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self.request)
        context.on("console", self.console)
        context.on("weberror", lambda error: self.troubles.append(f"error: {error.error}"))
        context.on("dialog", lambda dialog: self.troubles.append(f"dialog: {dialog.message}"))

    def request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self.host:
            self.troubles.append(f"foreign host: {request.url}")

    def console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"console: {message.text}")

    def forgive(self, words: str) -> None:
        """Takes out troubles with these words in them; there must be one."""
        kept = [trouble for trouble in self.troubles if words not in trouble]
        assert len(kept) < len(self.troubles), f"{words!r} did not happen: {self.troubles}"
        self.troubles[:] = kept


@pytest.fixture
def guard(desk_url: str) -> Iterator[Guard]:
    guard = Guard(urlsplit(desk_url).netloc)
    yield guard
    assert guard.troubles == []


@pytest.fixture
def open_desk(browser: Browser, desk_url: str, guard: Guard) -> Iterator[Callable[..., Page]]:
    """Opens a browser of its own, signed in as an agent, at a path of the desk."""
    contexts = []

    def open_one(agent: Agent | None = None, path: str = "/", **options: Any) -> Page:
        given = {"viewport": SIZE, "reduced_motion": "reduce", "locale": "en-GB", "base_url": desk_url, **options}
        context = browser.new_context(**given)
        contexts.append(context)
        guard.watch(context)
        if agent:
            client = Client()
            client.force_login(agent)
            value = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": desk_url}])
        page = context.new_page()
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def console(context: BrowserContext) -> Iterator[list[str]]:
    """What a customer's page complains about; a test that expects a complaint takes it out of the list."""
    lines: list[str] = []

    def keep(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            lines.append(message.text)

    context.on("console", keep)
    context.on("weberror", lambda error: lines.append(str(error.error)))
    yield lines
    assert not lines
