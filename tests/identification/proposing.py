"""What a page does where codes only propose: it looks, and it decides."""

import json
from typing import Any

from django.test import Client

from helpdesk.channels.models import Widget
from helpdesk.users.models import Profile
from tests import world
from tests.identification.asking import BOB, ask


def post(client: Client, widget: Widget, path: str, body: Any) -> Any:
    data = body if isinstance(body, str) else json.dumps(body)
    return client.post(f"/widget/v1/identify/{widget.public_id}/{path}", data, content_type="application/json")


def look(client: Client, widget: Widget, proof: Any = BOB) -> list[dict[str, Any]]:
    answer = post(client, widget, "proposals", {"proof": proof})
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["proposals"]
    return found


def decide(client: Client, widget: Widget, number: Any, accept: Any = True, proof: Any = BOB) -> Any:
    return post(client, widget, f"proposals/{number}", {"proof": proof, "accept": accept})


def proposed(site: Client, widget: Widget, writer: Profile, user: Any = BOB) -> dict[str, Any]:
    """The code is made on the page and sent by the writer; gives what the page shows."""
    code = ask(site, widget, user).json()["code"]
    world.says(writer, f"here: {code}")
    (shown,) = look(site, widget, user)
    return shown
