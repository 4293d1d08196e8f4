"""Deliveries in the API: what leaves, every try, sent again or taken back by a call."""

from typing import Any

import pytest
from django.utils import timezone

from channels_custom import services as channels
from helpdesk.cases import services as cases
from helpdesk.outbox.models import Attempt, Job
from tests import world
from tests.receiver import receiving
from tests.waiting import wait_for

LIST = "webhooks/deliveries/"


@pytest.fixture
def answer(channel, ann):
    bob = world.customer(channel)
    world.says(bob, "hello")
    return lambda text="good morning": cases.reply(bob.cases.latest("pk"), text, by=ann)


def only(api: Any, query: str = "") -> dict[str, Any]:
    (found,) = api.get(f"{LIST}{query}")["results"]
    return dict(found)


def test_a_delivery_tells_what_it_is_and_how_far_it_got(api, channel, answer):
    message = answer()
    job = Job.objects.get(message_id=message.pk)
    shown = only(api)
    assert shown == {
        "delivery_id": job.pk,
        "webhook_id": job.public_id,
        "type": "message_new",
        "channel": channel.api_key,
        "message_id": message.pk,
        "case_id": message.case_id,
        "sequence": 1,
        "state": "queued",
        "next_try_at": job.due_at.isoformat(),
        "problem": "",
        "created_at": job.created_at.isoformat(),
        "finished_at": None,
        "attempts": [],
    }
    assert api.get(f"{LIST}{job.pk}/") == api.get(f"{LIST}{job.public_id}/") == shown


@pytest.mark.both
@pytest.mark.promise("P13")
@pytest.mark.django_db(transaction=True)
def test_the_api_the_message_and_the_receiver_agree_and_retry_really_sends(api, as_key, ann, channel, answer, outbox):
    with receiving() as receiver:
        channels.change(channel, webhook_url=receiver.url, by=None)
        receiver.secret, receiver.status = channel.secret, 404
        message = answer()
        wait_for(lambda: only(api)["state"] == "retrying")
        shown = only(api)
        assert shown["attempts"][0]["status"] == 404
        assert shown["attempts"][0]["webhook_url"] is None, "an address may hold a secret"
        program = as_key(world.api_key(ann, "channel", channel=channel.channel_ptr))
        assert only(program)["attempts"][0]["webhook_url"] == receiver.url
        assert shown["problem"] == "The server answered 404 Not Found."
        told = api.get(f"cases/{message.case_id}/messages/?limit=1")["results"][0]["delivery"]
        assert told["state"] == "retrying"
        assert told["next_try_at"] > shown["created_at"]
        receiver.status = 200
        assert api.post(f"{LIST}{shown['delivery_id']}/retry/", {}, expect=200)["state"] == "queued"
        receiver.wait(1)
        wait_for(lambda: only(api)["state"] == "delivered")
        shown = only(api)
        told = api.get(f"cases/{message.case_id}/messages/?limit=1")["results"][0]["delivery"]
        assert receiver.ids == [shown["webhook_id"]]
        assert [attempt["delivered"] for attempt in shown["attempts"]] == [False, True]
        assert (told["state"], told["attempts"]) == ("delivered", 2)
        assert told["delivered_at"]
        assert api.post(f"{LIST}{shown['delivery_id']}/retry/", {}, expect=409)["code"] == "nothing_to_send"
        assert len(receiver.came) == 1


def test_what_waits_is_taken_back_by_a_call(api, answer):
    answer()
    number = only(api)["delivery_id"]
    assert api.post(f"{LIST}{number}/cancel/", {}, expect=200)["state"] == "cancelled"
    assert api.post(f"{LIST}{number}/cancel/", {}, expect=409)["code"] == "nothing_to_send"
    assert only(api, "?state=cancelled")["finished_at"]


def test_the_list_is_filtered_and_paged(api, channel, ann, answer):
    first, second = answer("one"), answer("two")
    other = world.messenger("http://127.0.0.1:9/other", title="Other")
    ann.channels.add(other.channel_ptr)
    carol = world.customer(other, "carol")
    world.says(carol, "hi")
    third = cases.reply(carol.cases.get(), "three", by=ann)
    cases.retrying(first.pk, attempts=1, at=timezone.now(), problem="timeout")

    def ids(query: str) -> list[int]:
        return [one["message_id"] for one in api.get(f"{LIST}?{query}")["results"]]

    assert ids("") == [third.pk, second.pk, first.pk]
    assert ids(f"channel={channel.api_key}") == ids(f"channel={channel.pk}") == [second.pk, first.pk]
    assert ids("state=retrying") == [first.pk]
    assert ids(f"message_id={second.pk}") == [second.pk]
    assert ids(f"case_id={third.case_id}&state=queued") == [third.pk]
    page = api.get(f"{LIST}?limit=2")
    rest = api.get(f"{LIST}?limit=2&cursor={page['next']}")
    assert [one["message_id"] for one in rest["results"]] == [first.pk]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [("state=none", "state"), ("state=x", "state"), ("case_id=x", "case_id"), ("message_id=²", "message_id"),
     ("channel=cch", "channel"), ("channel=chat", "channel"), ("limit=0", "limit"), ("cursor=§", "cursor")],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_named(api, query, field):
    assert field in api.get(f"{LIST}?{query}", expect=400)["errors"]


def test_tests_are_for_admins_and_are_not_sent_again(api, admin_api, channel):
    job = channels.send_test(channel)
    assert api.get(LIST)["results"] == []
    shown = only(admin_api)
    assert (shown["type"], shown["message_id"], shown["case_id"], shown["state"]) == ("test", None, None, "queued")
    assert only(admin_api, "?state=queued") == shown
    assert admin_api.get(f"{LIST}?state=failed")["results"] == []
    assert admin_api.post(f"{LIST}{job.pk}/retry/", {}, expect=409)["code"] == "nothing_to_send"


def test_what_a_channel_is_told_besides_answers_stands_there_by_its_type(admin_api, channel):
    channels.change(channel, also_sends=["case_closed"], by=None)
    case = world.says(world.customer(channel), "hello").case
    cases.set_status(case, "closed", by=None)
    assert only(admin_api)["type"] == "case_closed"


def test_a_key_of_one_channel_sees_that_channel_only(as_key, channel, ann, answer):
    answer()
    other = world.messenger("http://127.0.0.1:9/other", title="Other")
    ann.channels.add(other.channel_ptr)
    mine = as_key(world.api_key(ann, "channel", channel=channel.channel_ptr))
    theirs = as_key(world.api_key(ann, "channel", channel=other.channel_ptr))
    number = only(mine)["delivery_id"]
    assert theirs.get(LIST)["results"] == []
    for deed in ("retry", "cancel"):
        theirs.post(f"{LIST}{number}/{deed}/", {}, expect=404)
    assert mine.post(f"{LIST}{number}/cancel/", {}, expect=200)["state"] == "cancelled"
    assert mine.post(f"{LIST}{number}/retry/", {}, expect=200)["state"] == "queued"


def test_addresses_and_answers_are_for_admins_and_the_channels_own_program(
    api, admin_api, as_key, ann, channel, answer
):
    job = Job.objects.get(message_id=answer().pk)
    Attempt.objects.create(
        job=job,
        number=1,
        started_at=timezone.now(),
        seconds=0.1,
        ok=False,
        address="https://a.example/t0ken",
        head="internal",
    )
    program = as_key(world.api_key(ann, "channel", channel=channel.channel_ptr))
    told = [only(one)["attempts"][0] for one in (api, admin_api, program)]
    assert [(one["webhook_url"], one["answer"]) for one in told] == [
        (None, None),
        ("https://a.example/t0ken", "internal"),
        ("https://a.example/t0ken", "internal"),
    ]


def test_a_key_that_reads_changes_nothing(as_key, ann, answer):
    answer()
    reading = as_key(world.api_key(ann, "read"))
    number = only(reading)["delivery_id"]
    for deed in ("retry", "cancel"):
        reading.post(f"{LIST}{number}/{deed}/", {}, expect=403)
    assert only(reading)["state"] == "queued"


@pytest.mark.parametrize("number", ["0", "987654", "x", "²", "9" * 30, "msg_0"])
def test_what_is_no_delivery_is_not_found(api, number):
    api.get(f"{LIST}{number}/", expect=404)
    api.post(f"{LIST}{number}/retry/", {}, expect=404)


def test_a_list_of_many_deliveries_takes_few_queries(api, answer, django_assert_max_num_queries):
    for number in range(30):
        answer(str(number))
    api.get(LIST)
    with django_assert_max_num_queries(8):
        assert len(api.get(LIST)["results"]) == 30
