import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.cases import files
from helpdesk.cases import services as cases
from helpdesk.cases.models import Message
from helpdesk.events import occasion
from helpdesk.users.models import Agent
from tests import world
from tests.channels_custom.conftest import Endpoint

# Each drains for itself, so it does not matter who else would: once on PostgreSQL is enough.
pytestmark = [pytest.mark.both, pytest.mark.once, pytest.mark.django_db(transaction=True)]


def sent(endpoint: Endpoint) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(endpoint.came[-1][1])
    return body


def php(body: bytes) -> dict[str, Any]:
    """Reads a form as PHP does: `a[b][0]=c` becomes {"a": {"b": {"0": "c"}}}."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        first, *rest = re.findall(r"[^\[\]]+", name)
        branch = tree
        for key in [first, *rest][:-1]:
            branch = branch.setdefault(key, {})
        branch[[first, *rest][-1]] = value
    return tree


@pytest.mark.seed("001", "Agents' responses sent to the Webhook URL have the following structure")
def test_an_agents_answer_says_all_that_the_contract_names(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    bob = world.customer(channel, "login-1")
    case = world.says(bob, "hello").case
    message = cases.reply(case, "Good day <b>\nhttps://example.com", by=ann)
    assert deliver() == 1
    body = sent(endpoint)
    html = body["object"].pop("content_html")
    assert "&lt;b&gt;<br>" in html
    assert 'href="https://example.com"' in html
    assert body == {
        "type": "message_new",
        "object": {
            "message_id": message.pk,
            "case_id": case.pk,
            "case_number": case.number,
            "user_id": bob.pk,
            "custom_user_id": "login-1",
            "user_custom_id": "login-1",
            "staff_id": ann.pk,
            "staff_full_name": "Ann",
            "content": "Good day <b>\nhttps://example.com",
            "attachments": [],
            "note": 0,
            "sent_via_rule": 0,
            "b_from_api": 0,
            "created_at": message.created_at.isoformat(),
        },
        "sequence": 1,
        "previous_id": None,
    }
    assert endpoint.came[-1][0]["content-type"] == "application/json"


def test_the_second_answer_names_the_first(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    case = world.says(world.customer(channel), "hello").case
    for text in ("one", "two"):
        cases.reply(case, text, by=ann)
    deliver()
    (first, _), (_, second) = endpoint.came
    assert json.loads(second)["sequence"] == 2
    assert json.loads(second)["previous_id"] == first["webhook-id"]


def test_an_answer_of_the_desk_itself_says_that_no_person_wrote_it(
    channel: CustomChannel, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    cases.reply(world.says(world.customer(channel), "hello").case, "Welcome.", by=None)
    deliver()
    said = sent(endpoint)["object"]
    assert (said["sent_via_rule"], said["staff_id"], said["staff_full_name"]) == (1, 0, "")


def test_an_answer_through_the_api_says_so(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    case = world.says(world.customer(channel), "hello").case
    with occasion.via("api"):
        cases.reply(case, "From our own program.", by=ann)
    deliver()
    said = sent(endpoint)["object"]
    assert (said["b_from_api"], said["sent_via_rule"], said["staff_id"]) == (1, 0, ann.pk)


def test_notes_and_the_customers_own_messages_never_leave(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    case = world.says(world.customer(channel), "hello").case
    cases.note(case, "a rude one", by=ann)
    assert deliver() == 0
    assert not endpoint.came


@pytest.mark.seed("001", "have the following structure (attachments)")
def test_a_file_leaves_as_a_signed_link_that_opens(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int], client: Client
) -> None:
    case = world.says(world.customer(channel), "hello").case
    stored = files.store(ContentFile(b"%PDF-1.4 bill", name="bill.pdf"))
    cases.reply(case, "Your bill.", by=ann, stored=(stored,))
    deliver()
    (file,) = sent(endpoint)["object"]["attachments"]
    assert (file["file_name"], file["file_size"]) == ("bill.pdf", 13)
    assert file["mime_type"] == "application/pdf"
    path = urlsplit(file["url"]).path
    assert client.get(path).getvalue() == b"%PDF-1.4 bill"
    assert client.get(path[:-4] + "abc/").status_code == 404


def test_the_same_tree_leaves_as_a_php_form_where_the_channel_says_so(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    CustomChannel.objects.update(body_format="form")
    case = world.says(world.customer(channel, "Jörg & Söhne"), "hello").case
    stored = files.store(ContentFile(b"x", name="a b.txt"))
    message = cases.reply(case, "Grüße 😀\r\n100 % & more=that", by=ann, stored=(stored,))
    deliver()
    headers, body = endpoint.came[-1]
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    tree = php(body)
    assert (tree["type"], tree["sequence"]) == ("message_new", "1")
    assert "previous_id" not in tree, "what is null is left out, as PHP does"
    assert tree["object"]["content"] == message.text
    assert tree["object"]["custom_user_id"] == "Jörg & Söhne"
    assert tree["object"]["note"] == tree["object"]["sent_via_rule"] == "0"
    assert tree["object"]["attachments"]["0"]["file_name"] == "a b.txt"


def test_the_body_is_frozen_when_the_answer_is_given(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    case = world.says(world.customer(channel), "hello").case
    message = cases.reply(case, "as it was", by=ann)
    Message.objects.filter(pk=message.pk).update(text="changed")
    CustomChannel.objects.update(body_format="form")
    deliver()
    assert sent(endpoint)["object"]["content"] == "as it was"
    assert endpoint.came[-1][0]["content-type"] == "application/json"
