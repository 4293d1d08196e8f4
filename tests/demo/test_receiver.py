"""The demo's receiver, held to what it teaches: signature, once, in order, 503 on purpose."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from helpdesk.demo import cast
from helpdesk.demo.models import Bubble, Call, Outage, Phone

pytestmark = pytest.mark.django_db

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = "/demo/messenger/webhook/"


@pytest.fixture(autouse=True)
def demo_file(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    told = {
        "url": "http://localhost:8000",
        "api_key": "hd_x",
        "custom_channels": [{"channel_id": 1, "channel_api_key": "cch1", "secret": SECRET}],
        "widgets": {"chat": None, "identification": "1-abcdefgh"},
        "signing_key": {"kid": "k", "secret": "s" * 43},
    }
    (tmp_path / "demo.json").write_text(json.dumps(told))
    cast.gather()


def message(number: int, text: str, **more: Any) -> dict[str, Any]:
    facts = {"message_id": number, "case_id": 7, "case_number": "664-245651", "user_custom_id": "bob.kern"}
    facts |= {"content": text, "staff_full_name": "Ann", "sent_via_rule": 0, "b_from_api": 0}
    facts |= {"created_at": timezone.now().isoformat()}
    return {"type": "message_new", "object": {**facts, **more}, "sequence": number, "previous_id": None}


def deliver(said: dict[str, Any], *, webhook_id: str, secret: str = SECRET, at: datetime | None = None) -> int:
    body = json.dumps(said)
    at = at or datetime.now(UTC)
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, body),
    }
    return Client().post(HOOK, body, content_type="application/json", headers=headers).status_code


def texts() -> list[str]:
    return [bubble.text for bubble in Bubble.objects.of(Phone.objects.get(login="bob.kern"))]


def test_a_signed_answer_is_shown_on_the_right_phone() -> None:
    assert deliver(message(1, "Hello Bob"), webhook_id="msg_1") == 200
    assert texts() == ["Hello Bob"]
    assert Call.objects.filter(status=200, verified=True, phone__owner="Bob").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_" + "A" * 32},
        {"at": datetime.now(UTC) - timedelta(minutes=6)},
    ],
)
def test_what_the_desk_did_not_sign_just_now_is_refused(wrong: dict[str, Any]) -> None:
    assert deliver(message(1, "I am the desk"), webhook_id="msg_1", **wrong) == 401
    assert texts() == []
    assert Call.objects.get().verified is False


def test_an_unsigned_call_is_refused() -> None:
    assert Client().post(HOOK, "{}", content_type="application/json").status_code == 401


def test_the_same_id_is_shown_once() -> None:
    said = message(1, "Hello Bob")
    assert [deliver(said, webhook_id="msg_1") for _ in range(3)] == [200, 200, 200]
    assert texts() == ["Hello Bob"]
    assert Bubble.objects.get().copies == 3


def test_the_order_of_the_sequence_is_kept_whatever_comes_first() -> None:
    for number in (1, 3, 2, 5, 4):
        deliver(message(number, f"answer {number}"), webhook_id=f"msg_{number}")
    assert texts() == [f"answer {number}" for number in range(1, 6)]


def test_out_of_order_it_answers_503_keeps_nothing_and_counts_the_tries() -> None:
    Outage.objects.create(until=timezone.now() + timedelta(seconds=30))
    said = message(1, "Hello Bob")
    assert [deliver(said, webhook_id="msg_1") for _ in range(2)] == [503, 503]
    assert texts() == []
    Outage.objects.create(until=timezone.now())
    assert deliver(said, webhook_id="msg_1") == 200
    assert Bubble.objects.get().tries == 3


def test_an_answer_for_somebody_new_makes_a_phone() -> None:
    deliver(message(1, "Hello", user_custom_id="zoe"), webhook_id="msg_1")
    assert Phone.objects.get(login="zoe").bubbles.get().text == "Hello"


def test_other_types_are_taken_and_not_shown() -> None:
    assert deliver({"type": "test", "object": {}}, webhook_id="msg_1") == 200
    assert not Bubble.objects.exists()


def test_without_demo_data_nothing_is_believed(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "demo.json").unlink()
    assert deliver(message(1, "Hello"), webhook_id="msg_1") == 401


@pytest.mark.parametrize(
    ("facts", "writer"), [({"sent_via_rule": 1}, "rule"), ({"b_from_api": 1}, "api"), ({}, "agent")]
)
def test_the_bubble_says_whose_words_they_are(client: Client, facts: dict[str, Any], writer: str) -> None:
    deliver(message(1, "Hello", **facts), webhook_id="msg_1")
    assert Bubble.objects.get().writer == writer
    page = client.get("/demo/messenger/bob.kern/").content.decode()
    thread = page[page.index('id="thread"') : page.index('id="composer"')]
    assert "signed" in thread
    assert [word in thread for word in ("Rule", "API", "Ann")] == [writer == each for each in ("rule", "api", "agent")]
