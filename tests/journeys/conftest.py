"""A company as the journeys know it: its messenger, its web site, and the desk, joined by HTTP alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import call_command

from channels_custom.models import CustomChannel
from helpdesk.channels.models import Widget, WidgetKind
from helpdesk.users.models import Agent, Group
from identification import keys as signing_keys
from tests import world
from tests.receiver import Receiver, receiving
from tests.waiting import wait_for

RULES = Path("helpdesk/ops/examples/identification.json")


@dataclass
class Desk:
    """The desk from outside: its address, a key, and one messenger."""

    url: str
    key: str
    channel: CustomChannel
    receiver: Receiver
    ann: Agent
    widget: Widget
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def api(self, method: str, path: str, body: dict[str, Any] | None = None, expect: int = 200) -> dict[str, Any]:
        answer = requests.request(
            method, f"{self.url}/api/v1/{path}", json=body, headers={"Authorization": f"Bearer {self.key}"}, timeout=20
        )
        assert answer.status_code == expect, answer.text[:2000]
        found: dict[str, Any] = answer.json()
        return found

    def writes(self, who: str, text: str) -> dict[str, Any]:
        """Somebody writes in the messenger; gives the desk's answer."""
        body = {"user_custom_id": who, "external_id": f"m-{next(self.numbers)}", "content": text}
        return self.api("POST", f"custom_channels/{self.channel.api_key}/messages/", body, expect=201)

    def case(self, case_id: int) -> dict[str, Any]:
        return self.api("GET", f"cases/{case_id}/")

    def answers(self, total: int) -> list[str]:
        """All answers that the messenger has got, when there are that many."""
        wait_for(lambda: len(self.receiver.came) >= total, 15)
        return self.receiver.texts()


@pytest.fixture
def desk(outbox: None, live_server: Any, settings: Any) -> Iterator[Desk]:
    """A desk with the seed's ten rules, one messenger, one identification widget, and Ann in both groups."""
    with receiving() as receiver:
        admin = world.admin()
        call_command("import_config", str(RULES), "--apply", verbosity=0)
        channel = world.messenger(receiver.url)
        receiver.secret = channel.secret
        ann = world.agent("Ann", sees=[channel.channel_ptr], groups=Group.objects.all())
        widget = Widget.objects.create(kind=WidgetKind.IDENTIFICATION, title="Account")
        yield Desk(live_server.url, world.api_key(admin, "admin"), channel, receiver, ann, widget)


@pytest.fixture
def signing_key() -> Any:
    """(kid, secret) of a new signing key."""
    return signing_keys.make("Web site", by=None)
