"""`GET events/`: a program that was away reads what it missed."""

from typing import Any

import pytest

from helpdesk.cases import feed
from helpdesk.cases import services as cases
from helpdesk.events.models import Event
from tests import world
from tests.api.conftest import Api

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


def read_all(api: Api, cursor: str, limit: int = 100) -> tuple[list[dict[str, Any]], str]:
    """Page after page until one is empty."""
    seen: list[dict[str, Any]] = []
    while True:
        page = api.get(f"events/?after={cursor}&limit={limit}")
        cursor = page["next"]
        if not page["results"]:
            return seen, cursor
        assert len(page["results"]) <= limit
        seen += page["results"]


def test_events_are_read_from_where_one_left_off(admin_api, channel):
    _, start = read_all(admin_api, "")
    said = world.says(world.customer(channel), "hello")
    missed, now = read_all(admin_api, start)
    (added,) = [one for one in missed if one["kind"] == "message.added"]
    assert (added["case_id"], added["message_id"], added["user_id"]) == (
        said.case.pk,
        said.message.pk,
        said.message.profile_id,
    )
    assert read_all(admin_api, now) == ([], now)


def test_small_pages_follow_each_other_in_order_without_gap_or_repeat(admin_api, channel):
    for number in range(7):
        world.says(world.customer(channel, f"customer-{number}"), "hello")
    ids = [one["event_id"] for one in read_all(admin_api, "", limit=3)[0]]
    assert ids == list(Event.objects.order_by("tx", "pk").values_list("pk", flat=True))
    assert len(ids) > 14


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1e2", ""])
def test_a_page_holds_1_to_100(admin_api, limit):
    assert "limit" in admin_api.get(f"events/?limit={limit}", expect=400)["errors"]


@pytest.mark.parametrize("cursor", ["nonsense", "MS4x", "MS4tMS4x", "0", "1"])
def test_a_cursor_that_is_none_of_ours_is_refused_in_a_sentence(admin_api, cursor):
    problem = admin_api.get(f"events/?after={cursor}", expect=422)
    assert problem["code"] == "bad_cursor"
    assert "not a cursor of ours" in problem["detail"]
    assert "after" in problem["errors"]


def test_a_cursor_of_a_database_that_was_put_back_is_told_to_read_anew(admin_api, channel):
    world.says(world.customer(channel), "hello")
    later = feed.write(feed.Position(2**62, 5))
    problem = admin_api.get(f"events/?after={later}", expect=410)
    assert problem["code"] == "cursor_lost"
    assert "anew" in problem["detail"]


def test_a_key_reads_what_its_agent_may_see(api, as_key, channel):
    other = world.messenger(title="Other")
    said = world.says(world.customer(channel), "hello")
    hidden = world.says(world.customer(other), "not for Ann")
    assert {one["case_id"] for one in read_all(api, "")[0]} == {said.case.pk, None}
    eve = as_key(world.api_key(world.agent("Eve"), "read"))
    assert read_all(eve, "")[0] == []
    assert hidden.case.pk not in {one["case_id"] for one in read_all(api, "")[0]}


@pytest.mark.parametrize("admin", [False, True])
def test_a_channels_own_key_reads_what_happened_in_its_channel_only(as_key, channel, admin):
    other = world.messenger(title="Other")
    owner = world.agent("Olga", admin=admin, sees=[channel.channel_ptr, other.channel_ptr])
    bob = world.customer(channel)
    said = world.says(bob, "hello")
    answer = cases.reply(said.case, "hi", by=owner)
    there = world.says(world.customer(other, "carol"), "elsewhere")
    seen, _ = read_all(as_key(world.api_key(owner, "channel", channel=channel.channel_ptr)), "")
    assert {one["case_id"] for one in seen} == {said.case.pk, None}
    assert {one["user_id"] for one in seen if one["case_id"] is None} == {bob.pk}
    assert {one["message_id"] for one in seen} >= {said.message.pk, answer.pk}
    assert there.message.pk not in {one["message_id"] for one in seen}


def test_an_event_tells_who_did_it_and_by_which_way(admin_api, channel):
    ann = world.agent("Ann", sees=[channel.channel_ptr])
    case = world.says(world.customer(channel), "hello").case
    cases.change_status(case, "closed", by=ann)
    (closed,) = [one for one in read_all(admin_api, "")[0] if one["kind"] == "case.status_changed"]
    assert closed["done_by"] == f"agent_{ann.pk}"
    assert (closed["data"]["old"], closed["data"]["new"]) == ("open", "closed")
