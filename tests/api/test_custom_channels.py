"""Custom channels over HTTP: settings, the one inbound call, receipts."""

import pytest

from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from tests import world

pytestmark = pytest.mark.django_db


def inbound(**more):
    return {"user_custom_id": "bob-1", "external_id": "m-1", "content": "hello", **more}


@pytest.mark.seed("001", "The API has a Custom Channels section for getting a list of custom channels")
def test_channels_are_listed_with_their_parameters(api, channel):
    (shown,) = api.get("custom_channels/")["results"]
    assert shown["channel_api_key"] == f"cch{channel.pk}"
    assert shown["channel_type"] == "sync"
    assert shown["webhook_url"] == channel.webhook_url
    assert channel.secret not in str(shown)


def test_a_channel_is_made_and_its_secret_told_once(admin_api):
    made = admin_api.post("custom_channels/", {"title": "Forum", "channel_type": "async"})
    assert made["secret"].startswith("whsec_")
    again = admin_api.get(f"custom_channels/{made['channel_api_key']}/")
    assert "secret" not in again
    assert again["secret_set"] is True
    changed = admin_api.patch(f"custom_channels/{made['channel_id']}/", {"sender_level": 2})
    assert changed["sender_level"] == 2


def test_settings_need_scope_admin_and_an_admin(api, as_key, ann):
    body = {"title": "Forum", "channel_type": "async"}
    api.post("custom_channels/", body, expect=403)
    as_key(world.api_key(ann, "admin")).post("custom_channels/", body, expect=403)


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.8/hook", "http://169.254.169.254/", "ftp://x.example/", "http://user:pw@x.example/", "nonsense"],
)
def test_an_address_that_may_not_be_called_is_refused_on_save(admin_api, url):
    body = {"title": "Forum", "channel_type": "async", "webhook_url": url}
    assert "webhook_url" in admin_api.post("custom_channels/", body, expect=400)["errors"]
    assert not CustomChannel.objects.exists()


@pytest.mark.seed("001", "we receive this data from you")
def test_one_call_finds_or_opens_the_right_case(api, channel):
    path = f"custom_channels/{channel.api_key}/messages/"
    first = api.post(path, inbound(user_full_name="Bob"))
    assert set(first) >= {"message_id", "case_id", "case_number", "user_id", "status", "active_chat", "warnings"}
    assert api.post(path, inbound(content="whatever"), expect=200)["message_id"] == first["message_id"]
    assert api.post(path, inbound(external_id="m-2"))["case_id"] == first["case_id"]
    api.patch(f"cases/{first['case_id']}/", {"status": "closed"})
    assert api.post(path, inbound(external_id="m-3"))["case_id"] != first["case_id"]


def test_the_external_id_is_required_and_exact(api, channel):
    path = f"custom_channels/{channel.pk}/messages/"
    body = inbound()
    del body["external_id"]
    assert "external_id" in api.post(path, body, expect=400)["errors"]
    api.post(path, inbound(external_id=" m-1"))
    api.post(path, inbound(external_id="m-1"))
    assert Message.objects.count() == 2


def test_a_channels_own_key_writes_there_and_nowhere_else(as_key, ann, channel):
    other = world.messenger(title="Other")
    ann.channels.add(other.channel_ptr)
    key = as_key(world.api_key(ann, "channel", channel=channel.channel_ptr))
    key.post(f"custom_channels/{channel.api_key}/messages/", inbound())
    key.post(f"custom_channels/{other.api_key}/messages/", inbound(), expect=404)
    key.get("cases/", expect=403)
    key.get("users/", expect=403)


def test_a_channel_that_is_switched_off_takes_nothing(api, channel):
    CustomChannel.objects.update(active=False)
    api.post(f"custom_channels/{channel.api_key}/messages/", inbound(), expect=400)
    assert not Case.objects.exists()


def test_a_strangers_channel_does_not_exist(as_key, channel):
    eve = as_key(world.api_key(world.agent("Eve"), "write"))
    eve.get(f"custom_channels/{channel.api_key}/", expect=404)
    eve.post(f"custom_channels/{channel.api_key}/messages/", inbound(), expect=404)


def test_receipts_of_the_channel_move_the_message_forward_only(api, channel, ann):
    case = world.says(world.customer(channel), "hello").case
    answer = cases.reply(case, "hi", by=ann)
    path = f"messages/{answer.pk}/status/"
    assert api.post(path, {"status": "delivered"}, expect=200)["delivery"]["state"] == "delivered"
    assert api.post(path, {"status": "read"}, expect=200)["delivery"]["state"] == "read"
    assert api.post(path, {"status": "delivered"}, expect=200)["delivery"]["state"] == "read"
    api.post(path, {"status": "eaten"}, expect=400)


def test_a_failure_that_the_channel_reports_says_why(api, channel, ann):
    case = world.says(world.customer(channel), "hello").case
    answer = cases.reply(case, "hi", by=ann)
    shown = api.post(f"messages/{answer.pk}/status/", {"status": "failed", "reason": "blocked"}, expect=200)
    assert shown["delivery"] == {**shown["delivery"], "state": "failed", "problem": "blocked"}


def test_a_customers_own_message_takes_no_receipt(api, channel):
    message = world.says(world.customer(channel), "hello").message
    api.post(f"messages/{message.pk}/status/", {"status": "read"}, expect=404)
