"""The doctor finds what was broken on purpose, and says what to do."""

import json
from collections import namedtuple
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.utils import timezone

from channels_custom import services as channels
from helpdesk.events.models import Event
from helpdesk.ops import diagnosis, ready
from helpdesk.outbox.models import Heartbeat
from tests import world

pytestmark = pytest.mark.django_db

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def desk(settings: Any) -> None:
    """A desk with nothing wrong but that mail goes to the log."""
    settings.DEMO = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    world.admin()
    Heartbeat.objects.create(name="pump:test:1", at=timezone.now())


def look() -> dict[str, diagnosis.Check]:
    return {check.key: check for check in diagnosis.everything()}


def test_a_healthy_desk_is_green_and_the_command_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("doctor")
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("look")] == [line for line in lines if " mail " in line]
    assert not [line for line in lines if line.startswith("BAD")]


def test_anything_red_ends_with_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    Heartbeat.objects.all().delete()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "down"
    (pump,) = [check for check in told["checks"] if check["key"] == "pump"]
    assert (pump["state"], bool(pump["advice"])) == ("red", True)


def test_every_finding_says_what_to_do(settings: Any) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS, settings.REDIS_URL = True, ["*"], "redis://127.0.0.1:1/0"
    settings.BASE_URL, settings.DEMO = "http://desk.example.com", True
    world.messenger()
    found = diagnosis.everything()
    assert len([check for check in found if check.state != "green"]) >= 7
    assert all(bool(check.advice) == (check.state != "green") for check in found)


def test_a_channel_without_an_address_is_found() -> None:
    channel = world.messenger()
    assert look()[f"endpoint_{channel.api_key}"].state == "yellow"


def test_a_private_address_that_is_not_allowed_is_found(settings: Any) -> None:
    channel = world.messenger("http://127.0.0.1:8000/hook")
    assert "not allowed" in look()[f"endpoint_{channel.api_key}"].detail
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8:8000"
    assert look()[f"endpoint_{channel.api_key}"].state == "green"


def test_a_channel_that_was_switched_off_is_found(settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8:8000"
    channel = world.messenger("http://127.0.0.1:8000/hook")
    channels.switch_off(channel, "410 Gone", by=None)
    assert "410 Gone" in look()[f"endpoint_{channel.api_key}"].detail


def test_a_lost_field_key_is_found(settings: Any) -> None:
    world.messenger("https://example.com/hook")
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert look()["field_key"].state == "red"


def test_a_desk_without_administrator_is_found() -> None:
    Event.objects.all().delete()
    world.Agent.objects.update(is_active=False)
    assert look()["team"].state == "red"


@pytest.mark.embedded
def test_a_clock_that_went_back_is_found() -> None:
    assert look()["clock"].state == "green"
    Event.objects.update(created_at=timezone.now() + timedelta(minutes=10))
    assert look()["clock"].state == "red"


@pytest.mark.parametrize(("free", "state"), [(50 << 30, "green"), (1 << 30, "yellow"), (50 << 20, "red")])
def test_a_full_disk_is_found(monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(diagnosis.shutil, "disk_usage", lambda path: Usage(free, 0, free))
    assert look()["disk"].state == state


def test_tables_that_lack_a_migration_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready, "unapplied", lambda: ["cases.0002_more"])
    found = look()
    assert found["migrations"].state == "red"
    assert "cases.0002_more" in found["migrations"].detail
    assert "team" not in found, "nothing is read from tables that may not be there"


@pytest.mark.parametrize(
    ("settings_", "key", "state"),
    [
        ({"DEBUG": True}, "settings_debug", "yellow"),
        ({"DEBUG": True, "BASE_URL": "https://desk.example.com", "SECURE": True}, "settings_debug", "red"),
        ({"ALLOWED_HOSTS": ["*"]}, "settings_hosts", "yellow"),
        ({"BASE_URL": "http://desk.example.com"}, "settings_https", "yellow"),
        ({"BASE_URL": "https://desk.example.com", "SECURE": True, "DEMO": True}, "settings_demo", "yellow"),
    ],
)
def test_dangerous_settings_are_found(settings: Any, settings_: dict[str, Any], key: str, state: str) -> None:
    for name, value in settings_.items():
        setattr(settings, name, value)
    assert look()[key].state == state
