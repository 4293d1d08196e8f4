"""Correspondence is always in the last chat: open or pending goes on, closed begins anew, merged follows."""

import pytest

from tests.api.test_cases import new
from tests.api.test_custom_channels import inbound

pytestmark = pytest.mark.django_db


@pytest.mark.seed("001", "if it is in the open or pending status — add a message to the same chat")
@pytest.mark.parametrize("status", ["open", "pending"])
@pytest.mark.parametrize("sync", [True, False])
def test_a_chat_that_is_open_or_pending_goes_on(api, channel, forum, status, sync):
    path = f"custom_channels/{(channel if sync else forum).api_key}/messages/"
    first = api.post(path, inbound())
    api.patch(f"cases/{first['case_id']}/", {"status": status})
    assert api.post(path, inbound(external_id="m-2"))["case_id"] == first["case_id"]
    by_case = {"user_id": first["user_id"], "content": "more"}
    assert api.post(f"cases/{first['case_id']}/messages/", by_case)["case_id"] == first["case_id"]


@pytest.mark.seed("001", "if the chat is in the closed status, you need to create a new case")
@pytest.mark.parametrize("sync", [True, False])
def test_a_closed_case_refuses_by_its_own_call_and_gives_a_new_one_by_the_channels(api, channel, forum, sync):
    path = f"custom_channels/{(channel if sync else forum).api_key}/messages/"
    first = api.post(path, inbound())
    api.patch(f"cases/{first['case_id']}/", {"status": "closed"})
    by_case = {"user_id": first["user_id"], "content": "more"}
    assert api.post(f"cases/{first['case_id']}/messages/", by_case, expect=409)["code"] == "case_closed"
    named = api.post(path, inbound(external_id="m-2", case_id=first["case_id"]))
    assert named["case_id"] != first["case_id"]
    assert api.post(path, inbound(external_id="m-3"))["case_id"] == named["case_id"]


@pytest.mark.seed("001", "correspondence is always conducted only in the last chat")
def test_in_a_channel_like_mail_an_older_case_may_be_named_and_in_a_chat_the_last_one_goes_on(api, channel, forum):
    first, last = (api.post("cases/", new(forum))["case_id"] for _ in range(2))
    path = f"custom_channels/{forum.api_key}/messages/"
    assert api.post(path, inbound(user_custom_id="bob-1"))["case_id"] == last
    assert api.post(path, inbound(user_custom_id="bob-1", external_id="m-2", case_id=first))["case_id"] == first
    old = api.post("cases/", new(channel))["case_id"]
    api.patch(f"cases/{old}/", {"status": "closed"})
    chat = api.post("cases/", new(channel))["case_id"]
    api.patch(f"cases/{old}/", {"status": "open"})
    path = f"custom_channels/{channel.api_key}/messages/"
    assert api.post(path, inbound(user_custom_id="bob-1", external_id="m-3", case_id=old))["case_id"] == chat


@pytest.mark.parametrize("sync", [True, False])
def test_a_case_of_somebody_else_cannot_be_named(api, channel, forum, sync):
    where = channel if sync else forum
    theirs = api.post("cases/", new(where, user_custom_id="carol"))["case_id"]
    path = f"custom_channels/{where.api_key}/messages/"
    api.post(path, inbound())
    assert api.post(path, inbound(external_id="m-2", case_id=theirs), expect=404)["code"] == "not_their_case"


@pytest.mark.seed("001", "you need to add a response exactly to the previous chat (the last one at the moment)")
@pytest.mark.parametrize("sync", [True, False])
def test_a_message_to_a_merged_case_goes_on_in_the_one_it_became_part_of(api, channel, forum, sync):
    where = channel if sync else forum
    path = f"custom_channels/{where.api_key}/messages/"
    first = api.post("cases/", new(where))
    if sync:
        api.patch(f"cases/{first['case_id']}/", {"status": "closed"})
    second = api.post("cases/", new(where))
    api.post(f"cases/{second['case_id']}/merge/", {"case_id": first["case_id"]}, expect=200)
    api.patch(f"cases/{first['case_id']}/", {"status": "open"})
    mine = {"user_custom_id": "bob-1"}
    assert api.post(path, inbound(**mine))["case_id"] == first["case_id"]
    assert api.post(path, inbound(**mine, external_id="2", case_id=second["case_id"]))["case_id"] == first["case_id"]
    by_case = {"user_id": first["user_id"], "content": "more"}
    assert api.post(f"cases/{second['case_id']}/messages/", by_case)["case_id"] == first["case_id"]
    api.patch(f"cases/{first['case_id']}/", {"status": "closed"})
    assert api.post(f"cases/{second['case_id']}/messages/", by_case, expect=409)["code"] == "case_closed"
    fresh = api.post(path, inbound(**mine, external_id="3"))
    assert fresh["case_id"] not in {first["case_id"], second["case_id"]}


def test_a_case_merged_into_a_closed_one_does_not_hide_an_older_one_that_is_open(api, forum):
    path = f"custom_channels/{forum.api_key}/messages/"
    open_one, closed, merged = (api.post("cases/", new(forum))["case_id"] for _ in range(3))
    api.post(f"cases/{merged}/merge/", {"case_id": closed}, expect=200)
    api.patch(f"cases/{closed}/", {"status": "closed"})
    assert api.post(path, inbound(user_custom_id="bob-1"))["case_id"] == open_one
