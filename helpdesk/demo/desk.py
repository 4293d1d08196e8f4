"""A client of the helpdesk's API: three calls are all that Acme needs.

Each call is written down, so that the demo can show it.
"""

import json
import threading
import time
from typing import Any
from urllib.parse import urlencode

from helpdesk.demo import config
from helpdesk.demo.models import Call, Phone
from helpdesk.lib import egress

DEADLINE = 10.0  # seconds
SHOWN = 4000  # characters of a call that are kept to be shown
# The demo and the helpdesk share eight threads: half of them may wait for the other half.
_slots = threading.BoundedSemaphore(4)


class Refused(Exception):
    """The helpdesk said no, or nothing. str(): a sentence; `status` 0: it was not reached."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


def send(phone: Phone, *, key: str, text: str) -> dict[str, Any]:
    """The customer's message. The same key again is the same message: repeating a call does no harm."""
    desk = config.read()
    path = f"/api/v1/custom_channels/{desk.channel_id}/messages/"
    body = {"user_custom_id": phone.login, "external_id": key, "content": text}
    return _call("POST", path, body, phone)


def make_code(user: dict[str, Any]) -> dict[str, Any]:
    """{"code", "expires_at"} for a customer whom our own web site has signed in."""
    return _call("POST", "/api/v1/identification_codes/", {"user": user})


def tell(*, number: str, email: str, custom_fields: dict[str, Any]) -> bool:
    """Tells what has changed about a customer. False: the helpdesk does not know them yet, and need not."""
    for asked in ({"external_id": number}, {"user_email": email}):
        for user in _call("GET", f"/api/v1/users/?{urlencode(asked)}")["results"]:
            _call("PATCH", f"/api/v1/users/{user['user_id']}/", {"custom_fields": custom_fields})
            return True
    return False


def _call(method: str, path: str, body: Any = None, phone: Phone | None = None) -> dict[str, Any]:
    desk = config.read()
    asked = "" if body is None else json.dumps(body, ensure_ascii=False, indent=2)
    headers = {"Authorization": f"Bearer {desk.api_key}", "Content-Type": "application/json"}
    started = time.monotonic()
    status, answered = _ask(method, desk.url + path, headers, asked)
    Call.objects.create(
        phone=phone,
        incoming=False,
        line=f"{method} {path}"[:200],
        status=status,
        seconds=time.monotonic() - started,
        headers={"Authorization": "Bearer hd_…", "Content-Type": "application/json"},
        asked=asked[:SHOWN],
        answered=_pretty(answered)[:SHOWN],
    )
    return _understood(status, answered)


def _ask(method: str, url: str, headers: dict[str, str], body: str) -> tuple[int, str]:
    if not _slots.acquire(blocking=False):
        return 0, "Too many messages at once."
    try:
        answer = egress.call(method, url, headers=headers, body=body.encode() or None, deadline=DEADLINE)
        return answer.status, answer.body.decode(errors="replace")
    except egress.EgressError as error:
        return 0, str(error)
    finally:
        _slots.release()


def _understood(status: int, answered: str) -> dict[str, Any]:
    """The answer of a call that went well; a problem document (RFC 9457) or an outage raises Refused."""
    if not status:
        raise Refused(answered)
    try:
        said = json.loads(answered)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Refused(f"The helpdesk answered {status}.", status)
    if status >= 300:
        raise Refused(said.get("detail") or said.get("title") or f"The helpdesk answered {status}.", status)
    return said


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text
