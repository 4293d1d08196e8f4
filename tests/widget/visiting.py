"""A visitor of a live chat, as tests know it: speaks HTTP, keeps its token, and shows what came."""

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import jwt
from django.test import Client

from helpdesk.widget.models import Chat
from identification import keys


@dataclass
class Visitor:
    """One browser. token: what the host page keeps."""

    chat: Chat
    token: str = ""
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def ask(self, method: str, path: str, body: Any = None, expect: int | None = 200, **headers: str) -> Any:
        """`ask("POST", "messages/", {…})` → the answer's JSON, or the answer itself where expect is None."""
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        url = f"/widget/v1/chat/{self.chat.widget.public_id}/{path}"
        kind = "application/json"
        answer = self.client.generic(method, url, json.dumps(body) if body is not None else b"", kind, headers=headers)
        if expect is None:
            return answer
        assert answer.status_code == expect, (answer.status_code, answer.content[:2000])
        return answer.json() if answer.content else None

    def begin(self, **body: Any) -> dict[str, Any]:
        told: dict[str, Any] = self.ask("POST", "sessions/", body, 201)
        self.token = told["token"]
        return told

    def signs_in(self, expect: int = 200, **body: Any) -> dict[str, Any]:
        told: dict[str, Any] = self.ask("POST", "identify/", body, expect)
        if told and told.get("token"):
            self.token = told["token"]
        return told

    def says(self, text: str, client_id: str = "", expect: int = 201, **more: Any) -> dict[str, Any]:
        if not self.token:
            self.begin()
        body = {"text": text, "client_id": client_id or str(uuid.uuid4()), **more}
        told: dict[str, Any] = self.ask("POST", "messages/", body, expect)
        return told

    def conversations(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("GET", "conversations/")["results"]
        return rows

    def reads(self, conversation: int, query: str = "") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("GET", f"conversations/{conversation}/messages/{query}")["results"]
        return rows

    def texts(self) -> list[str]:
        """Everything that this browser can read, oldest first in each conversation."""
        return [one["text"] for row in self.conversations() for one in self.reads(row["id"])]


class Site:
    """The company's web site: signs tokens for whoever is signed in there."""

    def __init__(self) -> None:
        self.key, self.secret = keys.make("Web site", by=None)

    def token(self, who: str, *, seconds: int = 300, **claims: Any) -> str:
        told = {"external_id": who, "exp": int(time.time()) + seconds, "iat": int(time.time()), **claims}
        return jwt.encode(told, self.secret, algorithm="HS256", headers={"kid": self.key.kid})
