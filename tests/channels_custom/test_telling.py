"""What a channel's software is told besides answers, and how the desk behaves when its address changes or is gone."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from werkzeug import Response

from channels_custom import headers
from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.events.models import Event
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job
from helpdesk.outbox.services import endpoints, watching
from helpdesk.users.models import Agent, Profile
from helpdesk.users.models.people import Method
from helpdesk.users.services import identity, profiles
from helpdesk.users.services.told import Told, tell
from tests import world
from tests.channels_custom.conftest import Endpoint, state
from tests.outbox.probe import DOWN, Time
from tests.threads import at_once

# Each drains for itself, so it does not matter who else would: once on PostgreSQL is enough.
pytestmark = [pytest.mark.both, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bob(channel: CustomChannel) -> Profile:
    return world.customer(channel, "bob")


@pytest.fixture
def case(bob: Profile) -> Case:
    return world.says(bob, "hello").case


def told(endpoint: Endpoint) -> list[tuple[str, dict[str, Any]]]:
    trees = [json.loads(body) for _, body in endpoint.came]
    return [(tree["type"], tree["object"]) for tree in trees]


def tells(channel: CustomChannel, *what: str) -> CustomChannel:
    return channels.change(channel, also_sends=list(what), by=None)


def test_nothing_else_is_told_unless_it_is_wanted(
    case: Case, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    cases.set_status(case, "closed", by=ann)
    assert deliver() == 0
    assert not Job.objects.exists()


def test_a_closed_case_is_told_after_its_last_answer(
    case: Case, bob: Profile, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    tells(channel, "case_closed")
    cases.reply(case, "Good bye", by=ann)
    cases.set_status(case, "closed", by=ann)
    deliver()
    (first, _), (second, closed) = told(endpoint)
    assert (first, second) == ("message_new", "case_closed")
    assert closed == {
        "case_id": case.pk,
        "case_number": case.number,
        "user_id": bob.pk,
        "custom_user_id": "bob",
        "user_custom_id": "bob",
        "status": "closed",
    }
    assert [json.loads(body)["sequence"] for _, body in endpoint.came] == [1, 2]


def test_an_answer_that_was_refused_or_cancelled_is_told(
    case: Case, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    tells(channel, "message_status")
    endpoint.answer = lambda body: Response("", 422 if b'"content":"bad"' in body else 200)
    bad, unwanted = cases.reply(case, "bad", by=ann), cases.reply(case, "unwanted", by=ann)
    cases.cancel_sending(unwanted, by=ann)
    for _ in range(7):
        deliver()
        time.pass_by(60)
    statuses = [tree for kind, tree in told(endpoint) if kind == "message_status"]
    assert [(tree["message_id"], tree["status"]) for tree in statuses] == [
        (unwanted.pk, "cancelled"),
        (bad.pk, "refused"),
    ]
    assert statuses[1]["problem"].startswith("The server answered 422")
    assert (state(bad), state(unwanted)) == ("refused", "cancelled")
    assert b"unwanted" not in b"".join(body for _, body in endpoint.came), "it never left"


def test_a_cancelled_answer_can_be_sent_after_all(
    case: Case, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    first = cases.reply(case, "first", by=ann)
    second = cases.reply(case, "second", by=ann)
    cases.cancel_sending(first, by=ann)
    deliver()
    cases.send_again(first, by=ann)
    deliver()
    assert [tree["content"] for _, tree in told(endpoint)] == ["second", "first"]
    assert (state(first), state(second)) == ("delivered", "delivered")
    assert Event.objects.filter(kind="message.cancelled", message_id=first.pk).exists()


def test_a_user_who_is_recognised_is_told_with_all_profiles(
    bob: Profile, channel: CustomChannel, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    tells(channel, "user_merged")
    other = world.customer(channel, "bob from the shop")
    identity.merge(other.person, into=bob.person, by=None)
    deliver()
    kinds = told(endpoint)
    assert [(kind, tree["user_custom_id"]) for kind, tree in kinds] == [
        ("user_merged", "bob"),
        ("user_merged", "bob from the shop"),
    ]
    assert kinds[0][1]["linked_users"] == [bob.pk, other.pk]


def accounts(endpoint: Endpoint) -> list[tuple[str, list[int]]]:
    """What was told since the last time: (user_custom_id, linked_users) of each `user_merged`."""
    heard = [(tree["user_custom_id"], tree["linked_users"]) for kind, tree in told(endpoint) if kind == "user_merged"]
    endpoint.came.clear()
    return heard


def test_a_split_a_link_and_an_undo_are_told_to_both_sides(
    bob: Profile, channel: CustomChannel, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    tells(channel, "user_merged")
    other, mail = world.customer(channel, "shop"), profiles.meet("email", "bob@example.com")
    merged = identity.merge(other.person, into=bob.person, by=None)
    deliver()
    both = [bob.pk, other.pk]
    assert accounts(endpoint) == [("bob", both), ("shop", both)]
    split = identity.split([other], by=None)
    deliver()
    apart = [("bob", [bob.pk]), ("shop", [other.pk])]
    assert accounts(endpoint) == apart
    identity.undo(split, by=None)
    identity.undo(merged, by=None)
    deliver()
    assert accounts(endpoint) == [("bob", both), ("shop", both), *apart]
    identity.prove(bob, mail, method=Method.CODE, level=3, evidence={}, by=None)
    deliver()
    assert accounts(endpoint) == [("bob", [bob.pk, mail.pk])]
    identity.unlink(mail, by=None)
    deliver()
    assert accounts(endpoint) == [("bob", [bob.pk])]


def test_an_address_that_nobody_had_before_and_a_surer_level_are_no_news(
    bob: Profile, channel: CustomChannel, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    tells(channel, "user_merged")
    tell(bob, Told(email="bob@example.com"), by=None)
    person = Profile.objects.get(pk=bob.pk).person
    identity.link(bob, person, method=Method.AGENT, level=2, by=None)
    assert deliver() == 0


@pytest.mark.seed("001", "the structure of agents' responses")
def test_a_channel_that_takes_forms_gets_everything_as_a_form(
    case: Case, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    channels.change(channel, body_format="form", also_sends=["case_closed"], by=ann)
    cases.reply(case, "ümlaut & more", by=ann)
    cases.set_status(case, "closed", by=ann)
    channels.send_test(channel)
    deliver()
    forms = [parse_qs(body.decode()) for _, body in endpoint.came]
    assert {form["type"][0] for form in forms} == {"message_new", "case_closed", "test"}
    assert forms[0]["object[content]"] == ["ümlaut & more"]
    assert {sent["content-type"] for sent, _ in endpoint.came} == {"application/x-www-form-urlencoded"}


# --- headers ---


def test_own_headers_are_sent_and_ours_stay_ours(
    case: Case, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    channels.change(channel, headers="X-Team: blue\nAuthorization: Bearer abc: def", by=ann)
    cases.reply(case, "hi", by=ann)
    deliver()
    sent, _ = endpoint.came[0]
    assert (sent["x-team"], sent["authorization"]) == ("blue", "Bearer abc: def")
    assert sent["content-type"] == "application/json"
    assert sent["webhook-signature"].startswith("v1,")


@pytest.mark.promise("A13")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("webhook-id: x", "set by the helpdesk"),
        ("Webhook-Signature: v1,abc", "set by the helpdesk"),
        ("content-TYPE: text/plain", "set by the helpdesk"),
        ("Cookie: a=b", "set by the helpdesk"),
        ("Host: evil.example", "not allowed"),
        ("Content-Length: 0", "not allowed"),
        ("Transfer-Encoding: chunked", "not allowed"),
        ("Connection: close", "not allowed"),
        ("Proxy-Authorization: x", "not allowed"),
        ("X-A: 1\rX-B: 2", "not allowed"),
        ("X-A: a\0b", "not allowed"),
        ("X A: 1", "not allowed"),
        ("Ключ: 1", "not allowed"),
        ("X-A: ключ", "not allowed"),
        ("no colon", "is no header"),
        (": empty", "not allowed"),
        ("X-A: 1\nx-a: 2", "there twice"),
        ("\n".join(f"X-{n}: 1" for n in range(21)), "At most 20"),
    ],
)
def test_a_header_that_would_change_the_request_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        headers.parsed(text)
    with pytest.raises(ValidationError) as refused:
        CustomChannel(headers=text).clean()
    assert why in str(refused.value.message_dict["headers"])


# --- an address that changes, fails, or is gone ---


@pytest.mark.slow
def test_five_hundred_that_wait_go_to_the_new_address_and_the_log_says_so(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    channels.change(channel, webhook_url="http://127.0.0.1:1/wrong", by=ann)
    five = [world.says(world.customer(channel, f"c{n}"), "hello").case for n in range(5)]
    sent = [cases.reply(case, f"{n}", by=ann) for n in range(100) for case in five]
    deliver()
    assert endpoint.came == []
    channels.change(channel, webhook_url=endpoint.url, by=ann)
    changed = Event.objects.filter(kind="channel.changed").latest("pk")
    assert (changed.data["what"], changed.data["waiting"]) == (["webhook_url"], 500)
    watching.recover()
    for _ in range(5):
        deliver()
    assert len(endpoint.came) == 500
    for case in five:
        mine = [tree["content"] for _, tree in told(endpoint) if tree["case_id"] == case.pk]
        assert mine == [str(n) for n in range(100)]
    assert {state(message) for message in sent[:5]} == {"delivered"}
    job = Job.objects.get(message_id=sent[0].pk)
    assert {one.address for one in job.tries.all()} == {"http://127.0.0.1:1/wrong", endpoint.url}


@pytest.mark.promise("P12")
def test_administrators_hear_of_an_address_that_fails_and_of_its_end(
    channel: CustomChannel, ann: Agent, deliver: Callable[[], int], time: Time
) -> None:
    ada = world.admin()
    for hours in (0, 2, 24, 72, 48):
        time.pass_by(hours * 3600)
        with transaction.atomic():
            endpoints.tell([(channel.lane_group, DOWN)], time.now)
        watching.watch()
        deliver()
    subjects = [sent.subject for sent in mail.outbox]
    assert {tuple(sent.to) for sent in mail.outbox} == {(ada.email,)}
    assert subjects == [
        "Answers through “Messenger” do not arrive",
        "Answers through “Messenger” do not arrive",
        "Answers through “Messenger” do not arrive",
        "No answers leave through “Messenger” any more",
    ]
    assert f"/admin/channels_custom/customchannel/{channel.pk}/change/" in mail.outbox[0].body
    channel.refresh_from_db()
    assert channel.switched_off_why == "nothing has got through for five days."


def test_a_channel_that_is_switched_off_with_answers_waiting_loses_none(
    case: Case, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    sent = [cases.reply(case, f"{n}", by=ann) for n in range(3)]
    channels.change(channel, active=False, by=ann)
    deliver()
    assert {state(message) for message in sent} == {"off"}
    assert endpoint.came == []
    channels.change(channel, active=True, by=ann)
    assert channels.resend_failed(channel, time.now - timedelta(hours=1), by=ann) == 3
    deliver()
    deliver()
    assert [tree["content"] for _, tree in told(endpoint)] == ["0", "1", "2"]


def test_two_who_hear_that_it_is_gone_switch_it_off_once(channel: CustomChannel) -> None:
    world.admin()
    at_once(lambda _: channels.switch_off(channel, "it is gone", by=None), range(6), limit=30)
    assert Event.objects.filter(kind="channel.switched_off").count() == 1
    assert Job.objects.filter(kind="notice").count() == 1


def test_a_pause_keeps_answers_waiting_and_says_nothing_wrong(
    case: Case, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    channels.pause(channel, by=ann)
    message = cases.reply(case, "hi", by=ann)
    assert (deliver(), state(message)) == (0, "queued")
    with pytest.raises(outbox.EndpointPaused):
        cases.send_again(retrying(message), by=ann)
    channels.resume(channel, by=ann)
    deliver()
    assert state(message) == "delivered"
    kinds = Event.objects.filter(kind__startswith="channel.").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["channel.paused", "channel.resumed"]


def test_a_new_address_does_not_end_a_pause(
    case: Case, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    channels.change(channel, webhook_url="http://127.0.0.1:1/wrong", by=ann)
    channels.pause(channel, by=ann)
    cases.reply(case, "hi", by=ann)
    channels.change(channel, webhook_url=endpoint.url, by=ann)
    channels.switch_on(channel, by=ann)
    assert (deliver(), endpoint.came) == (0, [])
    channels.resume(channel, by=ann)
    assert deliver() == 1


def retrying(message: Message) -> Message:
    """As it is after a failed try."""
    Message.objects.filter(pk=message.pk).update(delivery="retrying")
    return message


def test_while_it_is_being_tried_the_message_says_so(
    case: Case, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    message = cases.reply(case, "hi", by=ann)
    seen: list[str] = []

    def look(body: bytes) -> Response:
        seen.append(state(message))
        connection.close()  # of the server's thread
        return Response("")

    endpoint.answer = look
    deliver()
    assert (seen, state(message)) == (["sending"], "delivered")
