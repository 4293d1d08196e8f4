"""The demo: a desk with everything set up for Acme, whose messenger and customer account the demo app plays.

Made by the same verbs that people use, and only what is missing; what is told once only (keys, secrets,
passwords) is kept in `DATA_DIR/demo.json`, readable by its owner.
"""

import json
import os
import secrets
from datetime import time
from pathlib import Path
from typing import Any

from django.conf import settings

from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.channels.models import Schedule, Widget, WidgetKind
from helpdesk.channels.services import schedules
from helpdesk.channels.services.hours import Period
from helpdesk.events.occasion import via
from helpdesk.ops import exchange
from helpdesk.users.models import Agent, ApiKey, CustomField, Group
from helpdesk.users.models.agents import Scope
from helpdesk.users.services import agents, keys
from identification import keys as signing_keys
from identification.models import SigningKey

FILE = "demo.json"
EXAMPLE = Path(__file__).parent / "examples" / "identification.json"
CHANNEL = "Acme Messenger"
WIDGET = "Acme customer account"
KEY = "Acme's servers"
FIELD = "tariff"
ADMIN = "admin@example.com"
ANN = "ann@example.com"
ANNS_GROUPS = ("Support", "VIP")
HOURS = "Office hours"
FRIDAY = 4


def make() -> dict[str, Any]:
    """Makes or mends the demo data and gives what CONTRACT calls `demo --json`; the second time the same."""
    with via("ops"):
        kept = _read()
        _example()
        admin, password = _agent(ADMIN, "Ada Admin", kept, is_admin=True)
        ann, anns_password = _agent(ANN, "Ann Weber", kept)
        _hours()
        channel = _channel()
        _let_in(ann, channel)
        told = {
            "url": settings.BASE_URL,
            "admin": {"email": ADMIN, "password": password},
            "agents": [{"email": ANN, "password": anns_password}],
            "api_key": _api_key(admin, kept),
            "custom_channels": [
                {"channel_id": channel.pk, "channel_api_key": channel.api_key, "secret": channel.secret}
            ],
            "widgets": {"chat": None, "identification": _widget().public_id},
            "signing_key": _signing_key(),
        }
    _write(told)
    return told


def _example() -> None:
    """Fields, groups and rules of the story: once, so that what is changed afterwards stays changed."""
    if not CustomField.objects.filter(key=FIELD).exists():
        exchange.load(json.loads(EXAMPLE.read_text(encoding="utf-8")), keep=True)


def _read() -> dict[str, Any]:
    try:
        kept = json.loads((Path(settings.DATA_DIR) / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _write(told: dict[str, Any]) -> None:
    path = Path(settings.DATA_DIR) / FILE
    draft = path.with_name(f"{FILE}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(told, indent=2))
    draft.replace(path)


def _agent(email: str, name: str, kept: dict[str, Any], *, is_admin: bool = False) -> tuple[Agent, str]:
    """The agent and a password that works: the one we know, or a new one."""
    known = [kept.get("admin", {}), *kept.get("agents", [])]
    password = next((each["password"] for each in known if each.get("email") == email), "")
    agent = Agent.objects.filter(email=email).first()
    if agent is None:
        password = password or _password(name)
        return agents.make(email, name=name, password=password, is_admin=is_admin, by=None), password
    if not password or not agent.check_password(password):
        password = _password(name)
        agent.set_password(password)
        agent.save(update_fields=["password"])
        agents.changed(agent, "password", by=None)
    return agent, password


def _password(name: str) -> str:
    return f"{name.split()[0].lower()}-{secrets.token_hex(4)}"


def _hours() -> None:
    """Office hours, once; the example's public holidays are those of Berlin."""
    if not Schedule.objects.exists():
        week = tuple(Period(day, time(9), time(18) if day < FRIDAY else time(16)) for day in range(FRIDAY + 1))
        draft = schedules.Draft(HOURS, timezone="Europe/Berlin", country="DE", region="BE", periods=week)
        schedules.save(draft, by=None)


def _channel() -> CustomChannel:
    """The messenger, with its receiver where this desk is served today."""
    url = f"{settings.BASE_URL}/demo/messenger/webhook/"
    channel = CustomChannel.objects.filter(title=CHANNEL).order_by("pk").first()
    if channel is None:
        return channels.create(title=CHANNEL, sync=True, icon="smartphone", webhook_url=url, by=None)
    if channel.webhook_url != url:
        channels.change(channel, webhook_url=url, by=None)
    return channel


def _let_in(ann: Agent, channel: CustomChannel) -> None:
    groups = list(Group.objects.filter(title__in=ANNS_GROUPS))
    sees = set(ann.groups.values_list("pk", flat=True))
    if not ann.channels.filter(pk=channel.pk).exists() or not {group.pk for group in groups} <= sees:
        agents.give_access(ann, channels=[channel], groups=groups, by=None)


def _api_key(admin: Agent, kept: dict[str, Any]) -> str:
    """The same text each time, as long as the key is there."""
    text = str(kept.get("api_key", ""))
    known = keys.check(text) if text else None
    if known is not None and known.agent_id == admin.pk:
        return text
    ApiKey.objects.filter(agent=admin, name=KEY).update(active=False)
    return keys.make(admin, name=KEY, scopes=[Scope.ADMIN])[1]


def _widget() -> Widget:
    widgets = Widget.objects.filter(kind=WidgetKind.IDENTIFICATION, title=WIDGET, active=True)
    found = widgets.order_by("pk").first()
    return found or Widget.objects.create(kind=WidgetKind.IDENTIFICATION, title=WIDGET)


def _signing_key() -> dict[str, str]:
    key = SigningKey.objects.filter(title=KEY, active=True).order_by("pk").first()
    if key is None:
        key, _secret = signing_keys.make(KEY, by=None)
    return {"kid": key.kid, "secret": key.secret}
