"""The demo data: all that a client needs, the same each time, for nobody else to read."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.channels.models import Widget
from helpdesk.ops import demo_data
from helpdesk.users.models import Agent, ApiKey
from identification.models import SigningKey
from rules.models import Rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def rows() -> list[int]:
    return [model.objects.count() for model in (Agent, ApiKey, CustomChannel, Rule, SigningKey, Widget)]


def test_it_tells_what_the_contract_says(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpdesk.ops.ready.migrate", lambda: False)
    call_command("demo", "--json")
    told = json.loads(capsys.readouterr().out)
    channel, widget, key = CustomChannel.objects.get(), Widget.objects.get(), SigningKey.objects.get()
    assert set(told) == {"url", "admin", "agents", "api_key", "custom_channels", "widgets", "signing_key"}
    assert told["url"] == "http://localhost:8000"
    assert set(told["admin"]) == {"email", "password"}
    assert [set(agent) for agent in told["agents"]] == [{"email", "password"}]
    assert told["custom_channels"] == [
        {"channel_id": channel.pk, "channel_api_key": f"cch{channel.pk}", "secret": channel.secret}
    ]
    assert told["widgets"] == {"chat": None, "identification": widget.public_id}
    assert told["signing_key"] == {"kid": key.kid, "secret": key.secret}


def test_twice_is_the_same_as_once() -> None:
    first = demo_data.make()
    counts = rows()
    assert demo_data.make() == first
    assert rows() == counts


def test_the_logins_work_also_when_somebody_changed_a_password(client: Client) -> None:
    told = demo_data.make()
    ann = Agent.objects.get(email=demo_data.ANN)
    assert ann.check_password(told["agents"][0]["password"])
    ann.set_password("something else")
    ann.save()
    again = demo_data.make()
    ann.refresh_from_db()
    assert ann.check_password(again["agents"][0]["password"])
    assert again["admin"] == told["admin"]


def test_the_key_works_for_everything(client: Client) -> None:
    told = demo_data.make()
    answer = client.get("/api/v1/custom_channels/", headers={"Authorization": f"Bearer {told['api_key']}"})
    assert answer.status_code == 200
    assert answer.json()["results"][0]["channel_api_key"] == told["custom_channels"][0]["channel_api_key"]


def test_a_key_that_was_switched_off_is_replaced(client: Client) -> None:
    told = demo_data.make()
    ApiKey.objects.update(active=False)
    assert demo_data.make()["api_key"] != told["api_key"]
    assert ApiKey.objects.filter(active=True).count() == 1


def test_secrets_are_for_the_owner_of_the_desk_only(folder: Path) -> None:
    demo_data.make()
    assert stat.S_IMODE((folder / demo_data.FILE).stat().st_mode) == 0o600


def test_a_desk_on_another_port_has_its_answers_sent_there(settings: Any) -> None:
    demo_data.make()
    settings.BASE_URL = "http://localhost:9000"
    demo_data.make()
    assert CustomChannel.objects.get().webhook_url == "http://localhost:9000/demo/messenger/webhook/"


def test_what_was_changed_afterwards_stays_changed() -> None:
    demo_data.make()
    Rule.objects.filter(list="new").delete()
    channels.change(CustomChannel.objects.get(), silence=3, by=None)
    demo_data.make()
    assert not Rule.objects.filter(list="new").exists()
    assert CustomChannel.objects.get().silence == 3


def test_ann_sees_the_messenger_and_her_groups() -> None:
    demo_data.make()
    ann = Agent.objects.get(email=demo_data.ANN)
    assert list(ann.channels.values_list("title", flat=True)) == [demo_data.CHANNEL]
    assert set(ann.groups.values_list("title", flat=True)) == {"Support", "VIP"}
    assert not ann.is_admin


def test_a_spoilt_file_is_made_anew(folder: Path) -> None:
    demo_data.make()
    (folder / demo_data.FILE).write_text("{")
    told = demo_data.make()
    assert Agent.objects.get(email=demo_data.ADMIN).check_password(told["admin"]["password"])
