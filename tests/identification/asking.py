"""What a site and its server do: sign tokens, send what the page says, ask for codes."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
from django.test import Client

from helpdesk.channels.models import Widget
from identification.models import SigningKey

SITE = "https://shop.example"
BOB = {"user_email": "bob@example.com"}


def claims(**more: Any) -> dict[str, Any]:
    told = {"external_id": "42", "exp": int(time.time()) + 600, **more}
    return {name: value for name, value in told.items() if value is not ...}


def sign(key: SigningKey, payload: dict[str, Any] | None = None, header: dict[str, Any] | None = None) -> str:
    return jwt.encode(payload or claims(), key.secret, algorithm="HS256", headers={"kid": key.kid, **(header or {})})


def by_hand(header: dict[str, Any], payload: Any, secret: str) -> str:
    """A token as a careless or hostile library would make it."""

    def part(data: Any) -> str:
        raw = data if isinstance(data, bytes) else json.dumps(data).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    signed = f"{part(header)}.{part(payload)}"
    return f"{signed}.{part(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def ask(client: Client, widget: Widget | str, body: Any, **headers: str) -> Any:
    public_id = widget if isinstance(widget, str) else widget.public_id
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(f"/widget/v1/identify/{public_id}/codes", data, content_type="application/json", headers=headers)


def problem(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]
