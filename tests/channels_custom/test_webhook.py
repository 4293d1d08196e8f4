import json
import random
import socket
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from time import monotonic
from typing import Any

import pytest
from django.utils import timezone
from werkzeug import Response

from channels_custom import services as channels
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.events.models import Event
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job, State
from helpdesk.users.models import Agent
from tests import world
from tests.channels_custom.conftest import Endpoint, state
from tests.outbox.probe import Time

# Each drains for itself, so it does not matter who else would: once on PostgreSQL is enough.
pytestmark = [pytest.mark.both, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def case(channel: CustomChannel) -> Case:
    return world.says(world.customer(channel), "hello").case


def texts(endpoint: Endpoint) -> list[str]:
    return [json.loads(body)["object"]["content"] for _, body in endpoint.came]


@pytest.mark.seed("001", "When an agent writes a response, we send it to the URL specified in the settings")
def test_an_answer_is_queued_then_delivered(
    case: Case, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    message = cases.reply(case, "Good day", by=ann)
    assert state(message) == "queued"
    deliver()
    message.refresh_from_db()
    assert (message.delivery, message.attempts, message.problem) == ("delivered", 1, "")
    assert message.delivered_at is not None
    assert Event.objects.filter(kind="message.delivered", message_id=message.pk, case_id=case.pk).count() == 1


def test_a_receiver_in_trouble_is_tried_again_and_the_message_says_when(
    case: Case, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    endpoint.says(503, Retry_After="120")
    message = cases.reply(case, "Good day", by=ann)
    deliver()
    message.refresh_from_db()
    assert (message.delivery, message.attempts) == ("retrying", 1)
    assert message.problem == "The server answered 503 Service Unavailable."
    assert message.next_try_at == time.now + timedelta(seconds=120)
    endpoint.says(200)
    time.pass_by(120)
    deliver()
    assert state(message) == "delivered"
    assert Message.objects.get(pk=message.pk).problem == ""
    (one, first), (two, second) = endpoint.came
    assert one["webhook-id"] == two["webhook-id"]
    assert first == second


def test_retry_after_may_be_a_date(
    case: Case, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    at = timezone.now() + timedelta(minutes=30)
    endpoint.says(429, Retry_After=format_datetime(at.replace(microsecond=0), usegmt=True))
    message = cases.reply(case, "Good day", by=ann)
    deliver()
    message.refresh_from_db()
    assert message.delivery == "retrying"
    assert message.next_try_at is not None
    assert abs((message.next_try_at - at).total_seconds()) < 5


@pytest.mark.promise("A6")
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(
    case: Case, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], status: int
) -> None:
    endpoint.says(status, Location=endpoint.url)
    message = cases.reply(case, "Good day", by=ann)
    deliver()
    assert state(message) == "retrying"
    assert len(endpoint.came) == 1


def test_a_refused_message_turns_red_after_six_tries_and_the_case_goes_on(
    case: Case, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    endpoint.answer = lambda body: Response("unknown user", 422 if b"bad" in body else 200)
    bad, good = cases.reply(case, "bad", by=ann), cases.reply(case, "good", by=ann)
    for _ in range(6):
        deliver()
        time.pass_by(60)
    assert texts(endpoint) == ["bad"] * 6 + ["good"]
    assert (state(bad), state(good)) == ("refused", "delivered")
    assert Message.objects.get(pk=bad.pk).problem.startswith("The server answered 422")
    assert Event.objects.get(kind="message.refused").red
    tried = Job.objects.get(message_id=bad.pk).tries.all()
    assert [(one.number, one.status, one.head) for one in tried] == [(n, 422, "unknown user") for n in range(1, 7)]


def test_a_message_that_nobody_takes_for_three_days_has_failed_and_retry_really_sends(
    case: Case, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    endpoint.says(500)
    message = cases.reply(case, "Good day", by=ann)
    for _ in range(17):
        deliver()
        time.pass_by(24 * 3600)
    assert (state(message), len(endpoint.came)) == ("failed", 17)
    assert deliver() == 0
    endpoint.says(200)
    outbox.retry(Job.objects.get(message_id=message.pk))
    deliver()
    assert state(message) == "delivered"
    assert len({headers["webhook-id"] for headers, _ in endpoint.came}) == 1


@pytest.mark.promise("P12")
def test_410_switches_the_channel_off_until_somebody_switches_it_on(
    case: Case, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    endpoint.says(410)
    first, second = cases.reply(case, "one", by=ann), cases.reply(case, "two", by=ann)
    deliver()
    channel.refresh_from_db()
    assert channel.switched_off_at is not None
    assert "410" in channel.switched_off_why
    assert (state(first), state(second)) == ("off", "off")
    assert len(endpoint.came) == 1, "the second is not even tried"
    third = cases.reply(case, "three", by=ann)
    assert (state(third), deliver()) == ("off", 0)
    assert Event.objects.filter(kind="channel.switched_off", red=True).count() == 1
    endpoint.says(200)
    channels.switch_on(channel, by=ann)
    fourth = cases.reply(case, "four", by=ann)
    deliver()
    assert state(fourth) == "delivered"
    assert channels.resend_failed(channel, time.now - timedelta(hours=1), by=ann) == 3
    deliver()
    deliver()
    assert texts(endpoint) == ["one", "four", "one", "two", "three"], "nothing was lost, and in order"
    assert {state(one) for one in (first, second, third)} == {"delivered"}


@pytest.mark.parametrize(
    ("change", "why"), [({"active": False}, "not active"), ({"webhook_url": ""}, "no webhook URL")]
)
def test_where_there_is_nowhere_to_send_to_the_message_says_so_and_waits(
    case: Case,
    channel: CustomChannel,
    ann: Agent,
    deliver: Callable[[], int],
    change: dict[str, object],
    why: str,
) -> None:
    before = {name: getattr(channel, name) for name in change}
    channels.change(channel, by=ann, **change)
    message = cases.reply(case, "Good day", by=ann)
    message.refresh_from_db()
    assert (message.delivery, deliver()) == ("off", 0)
    assert why in message.problem
    channels.change(channel, by=ann, **before)
    cases.send_again(message, by=ann)
    deliver()
    assert state(message) == "delivered", "it was kept"


@pytest.mark.promise("A1")
def test_a_private_address_is_refused_again_when_it_is_called(
    case: Case, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], settings: Any
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ""
    message = cases.reply(case, "Good day", by=ann)
    deliver()
    message.refresh_from_db()
    assert message.delivery == "retrying"
    assert "not allowed" in message.problem.lower()
    assert "127." not in message.problem
    assert not endpoint.came


@pytest.mark.promise("P10")
def test_a_receiver_that_never_answers_is_cut_off_at_the_deadline(
    case: Case, channel: CustomChannel, ann: Agent, deliver: Callable[[], int], settings: Any
) -> None:
    settings.OUTBOX_LEASE = 4  # and the deadline 1.5 s; 40 and 15 would make this a test of patience
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channels.change(channel, webhook_url=f"http://127.0.0.1:{silent.getsockname()[1]}/", by=ann)
        message = cases.reply(case, "Good day", by=ann)
        began = monotonic()
        deliver()
        assert 1.4 < monotonic() - began < 2.5 + 2.0  # the promise, and room for a busy machine
    message.refresh_from_db()
    assert (message.delivery, message.problem) == ("retrying", "The server did not answer within 1.5 seconds.")


def test_answers_of_a_case_arrive_in_order_and_other_cases_do_not_wait(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    bobs = world.says(world.customer(channel, "bob"), "hello").case
    carols = world.says(world.customer(channel, "carol"), "hello").case
    endpoint.answer = lambda body: Response("", 503 if b"bob 1" in body else 200)
    for n in (1, 2, 3):
        cases.reply(bobs, f"bob {n}", by=ann)
        cases.reply(carols, f"carol {n}", by=ann)
    deliver()
    assert texts(endpoint) == ["bob 1", "carol 1", "carol 2", "carol 3"]
    endpoint.says(200)
    time.pass_by(2)
    deliver()
    assert texts(endpoint)[4:] == ["bob 1", "bob 2", "bob 3"]


@pytest.mark.seed("001", "Webhook URL the address all agents' responses go to")
def test_the_address_is_read_when_a_message_leaves(
    case: Case, channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    """Shopify delivers to the old address for ever; here, whoever corrects a mistyped one gets what waited."""
    channels.change(channel, webhook_url="http://127.0.0.1:1/wrong", by=ann)
    message = cases.reply(case, "Good day", by=ann)
    deliver()
    assert state(message) == "retrying"
    channels.change(channel, webhook_url=endpoint.url, by=ann)
    time.pass_by(2)
    deliver()
    assert state(message) == "delivered"


@pytest.mark.promise("P13")
def test_the_state_on_the_message_agrees_with_what_the_receiver_said(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    chance = random.Random(13)
    accepted: set[int] = set()

    def answer(body: bytes) -> Response:
        status = chance.choice([200, 200, 204, 400, 404, 500, 503, 302])
        if status < 300:
            accepted.add(json.loads(body)["object"]["message_id"])
        return Response("", status)

    endpoint.answer = answer
    for name in ("bob", "carol", "dave"):
        one = world.says(world.customer(channel, name), "hello").case
        for n in range(12):
            cases.reply(one, f"{n}", by=ann)
    while Job.objects.filter(state=State.WAITING).exists():
        deliver()
        delivered = set(Message.objects.filter(delivery="delivered").values_list("pk", flat=True))
        assert delivered == accepted
        time.pass_by(3600)
    assert len(accepted) > 30


def test_a_test_takes_the_same_way_and_is_tried_once(
    channel: CustomChannel, endpoint: Endpoint, deliver: Callable[[], int], time: Time
) -> None:
    endpoint.says(404)
    job = channels.send_test(channel)
    deliver()
    time.pass_by(24 * 3600)
    assert deliver() == 0
    job.refresh_from_db()
    assert (job.state, job.last_error) == ("parked", "The server answered 404 Not Found.")
    headers, body = endpoint.came[0]
    assert json.loads(body)["type"] == "test"
    assert headers["webhook-id"] == job.public_id
    assert headers["webhook-signature"].startswith("v1,")
    assert [one.status for one in channels.last_attempts(channel)] == [404]
