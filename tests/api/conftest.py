"""The API from outside: a client that speaks JSON with a key."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import world
from tests.channels_custom.conftest import deliver, time  # noqa: F401 (the outbox, by hand)


class Api:
    """`api.post("cases/", {...}, expect=201)` → the parsed answer."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.client = Client(raise_request_exception=False)
        self.last: Any = None

    def call(self, method: str, path: str, body: Any = None, expect: int = 200, **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        self.last = self.client.generic(
            method,
            f"/api/v1/{path}",
            raw,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}", **headers},
        )
        assert self.last.status_code == expect, self.last.content[:2000]
        return self.last.json() if self.last.content else None

    def get(self, path: str, expect: int = 200) -> Any:
        return self.call("GET", path, expect=expect)

    def post(self, path: str, body: Any, expect: int = 201, **headers: str) -> Any:
        return self.call("POST", path, body, expect, **headers)

    def upload(self, path: str, body: dict[str, Any], expect: int = 201, **headers: str) -> Any:
        """POST as multipart; files are `SimpleUploadedFile`s."""
        self.last = self.client.post(
            f"/api/v1/{path}", body, headers={"Authorization": f"Bearer {self.key}", **headers}
        )
        assert self.last.status_code == expect, self.last.content[:2000]
        return self.last.json()

    def patch(self, path: str, body: Any, expect: int = 200) -> Any:
        return self.call("PATCH", path, body, expect)

    def put(self, path: str, body: Any, expect: int = 200) -> Any:
        return self.call("PUT", path, body, expect)


@pytest.fixture
def channel(db):
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def ann(channel):
    return world.agent(sees=[channel.channel_ptr])


@pytest.fixture
def forum(ann) -> Any:
    """A channel like mail, which Ann sees."""
    made = world.messenger("http://127.0.0.1:9/hook", sync=False, title="Forum")
    ann.channels.add(made.channel_ptr)
    return made


@pytest.fixture
def api(ann) -> Api:
    return Api(world.api_key(ann, "write"))


@pytest.fixture
def admin_api(db) -> Api:
    return Api(world.api_key(world.admin(), "admin"))


@pytest.fixture
def as_key() -> Callable[[str], Api]:
    return Api
