"""The identification story of the seed, from HTTP to HTTP: both sides of it, in both profiles."""

import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests

from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from identification.models import Code
from rules.models import Condition, Rule
from tests.waiting import wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

BOB = {"user_email": "bob@example.com", "user_full_name": "Bob Brown", "custom_fields": {"tariff": "VIP"}}


def code_by_api(desk: Any, user: dict[str, Any]) -> str:
    return str(desk.api("POST", "identification_codes/", {"user": user}, expect=201)["code"])


def code_by_widget(desk: Any, signing_key: Any, user: dict[str, Any]) -> str:
    """What the dialog in the account page does, with a token that the company's server signed."""
    key, secret = signing_key
    claims = {
        "external_id": "customer-7",
        "exp": int(time.time()) + 300,
        "name": user["user_full_name"],
        "email": user["user_email"],
        "email_verified": True,
        "custom_fields": user["custom_fields"],
    }
    token = jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key.kid})
    url = f"{desk.url}/widget/v1/identify/{desk.widget.public_id}/codes"
    answer = requests.post(url, json={"token": token}, headers={"Origin": "https://shop.example"}, timeout=20)
    assert answer.status_code == 201, answer.text
    assert answer.json()["expires_in"] == 300
    return str(answer.json()["code"])


def make_old(code: str) -> None:
    """Six minutes pass for this one code."""
    Code.objects.filter(used_at=None, voided_at=None).update(
        created_at=Code.objects.get().created_at - timedelta(minutes=6),
        expires_at=Code.objects.get().expires_at - timedelta(minutes=6),
    )


def with_a_wrong_symbol(code: str) -> str:
    return code[:-1] + ("7" if code[-1] != "7" else "8")


def sloppy(code: str) -> str:
    """As people paste it: lower case, with spaces."""
    return f"  here it is: {code.lower().replace('-', ' ')} thanks"


@pytest.mark.seed("003", "available for the Web Widget and mobile SDK channels only: here in every channel")
@pytest.mark.seed("000", "automate the user identification process")
@pytest.mark.parametrize("by", ["widget", "api"])
def test_bob_identifies_himself_and_reaches_ann(desk, signing_key, by):  # noqa: PLR0915 (one story)
    # 1. Bob writes; a rule asks for a code and ends the chat as pending; nobody is disturbed.
    first = desk.writes("bob-1", "hello")
    assert (first["status"], first["active_chat"]) == ("pending", False)
    (asked,) = desk.receiver.wait(1)
    assert asked["object"]["sent_via_rule"] == 1
    assert asked["object"]["staff_id"] == 0
    assert asked["object"]["custom_user_id"] == "bob-1"
    assert not Case.objects.visible_to(desk.ann).at_hand().exists()

    # 2. Anything else than a code: asked again, and pending again, each time.
    for number, text in enumerate(("what code?", "I do not understand"), 2):
        again = desk.writes("bob-1", text)
        assert (again["case_id"], again["status"], again["active_chat"]) == (first["case_id"], "pending", False)
        desk.answers(number)

    # 3. A code that is six minutes old, then one with a wrong symbol.
    old = code_by_api(desk, BOB)
    make_old(old)
    desk.writes("bob-1", old)
    assert "code" in desk.answers(4)[-1].lower()
    fresh = code_by_widget(desk, signing_key, BOB) if by == "widget" else code_by_api(desk, BOB)
    wrong = desk.writes("bob-1", with_a_wrong_symbol(fresh))
    assert (wrong["status"], wrong["active_chat"]) == ("pending", False)
    told = desk.answers(5)
    assert told[3] == told[4] != told[2]

    # 4. The valid one, in lower case with spaces: linked, VIP, opened, greeted by name.
    good = desk.writes("bob-1", sloppy(fresh))
    assert good["case_id"] == first["case_id"]
    assert good["status"] == "open"
    assert "Bob" in desk.answers(6)[-1]
    case = desk.case(first["case_id"])
    user = desk.api("GET", f"users/{first['user_id']}/")
    assert user["identified"] is True
    assert user["level"] == 3
    assert user["user_full_name"] == "Bob Brown"
    assert len(user["linked_users"]) >= 2
    assert case["group_id"] is not None
    (seen,) = Case.objects.visible_to(desk.ann).at_hand()
    assert seen.group is not None
    assert seen.group.title == "VIP"
    assert user["custom_fields"] == {"tariff": "2"}

    # No code of anybody stands in the conversation.
    messages = desk.api("GET", f"cases/{first['case_id']}/messages/")["results"]
    assert not any(fresh.replace("-", "").lower() in one["content"].replace(" ", "").lower() for one in messages)
    assert messages[-1]["content"] == "hello"

    # Ann answers; it is in the messenger within a second, after the rule's.
    sent = time.monotonic()
    body = {"staff_id": desk.ann.pk, "content": "Hello Bob, how can I help?"}
    answer = desk.api("POST", f"cases/{first['case_id']}/messages/", body, expect=201)
    texts = desk.answers(7)
    assert time.monotonic() - sent < 5
    assert texts[-1] == "Hello Bob, how can I help?"
    last = desk.receiver.came[-1]
    assert [one["sequence"] for one in desk.receiver.came] == [1, 2, 3, 4, 5, 6, 7]
    assert last["previous_id"] == desk.receiver.ids[-2]
    assert last["object"]["staff_full_name"] == "Ann"
    assert last["object"]["b_from_api"] == 1

    # What the desk says of the answer agrees with what the messenger got.
    def delivered() -> bool:
        rows = desk.api("GET", f"cases/{first['case_id']}/messages/")["results"]
        return (
            next(one for one in rows if one["message_id"] == answer["message_id"])["delivery"]["state"] == "delivered"
        )

    wait_for(delivered)


@pytest.mark.seed("000", "rule for updated cases when the user has responded that they do not have an account")
def test_carol_has_no_account_and_later_identifies_herself_after_all(desk):
    first = desk.writes("carol-1", "Hi there")
    none = desk.writes("carol-1", "I don't have an account")
    assert none["case_id"] == first["case_id"]
    assert none["status"] == "open"
    user = desk.api("GET", f"users/{first['user_id']}/")
    assert user["custom_fields"] == {"tariff": "3"}
    assert user["identified"] is False
    assert len(desk.answers(2)) == 2

    started = desk.writes("carol-1", "start")
    assert (started["status"], started["active_chat"]) == ("pending", False)
    assert desk.api("GET", f"users/{first['user_id']}/")["custom_fields"] == {}
    assert len(desk.answers(3)) == 3

    carol = {"user_email": "carol@example.com", "user_full_name": "Carol", "custom_fields": {"tariff": "Standard"}}
    good = desk.writes("carol-1", code_by_api(desk, carol))
    assert good["status"] == "open"
    assert "Carol" in desk.answers(4)[-1]


@pytest.mark.seed("000", "for a user with no account")
def test_the_digit_five_starts_identification_too(desk):
    desk.writes("carol-1", "Hi there")
    desk.writes("carol-1", "no account")
    assert desk.writes("carol-1", "5")["status"] == "pending"


@pytest.mark.seed("000", "rule for new cases for users with the VIP tariff")
def test_a_known_vip_is_not_asked_again_in_a_new_chat(desk):
    first = desk.writes("bob-1", "hello")
    desk.writes("bob-1", code_by_api(desk, BOB))
    desk.api("PATCH", f"cases/{first['case_id']}/", {"status": "closed"})
    second = desk.writes("bob-1", "hello again")
    assert second["case_id"] != first["case_id"]
    assert second["status"] == "open"
    assert desk.case(second["case_id"])["group_id"] == desk.case(first["case_id"])["group_id"]
    assert "Bob" in desk.answers(3)[-1]


@pytest.mark.seed("000", "this condition helps if you want to set up identification only for new users")
def test_user_has_been_created_after_limits_it_to_new_users(desk):
    rule = Rule.objects.filter(list="new").order_by("position")[0]
    Condition.objects.create(rule=rule, field="user.created", operator="after", value="2999-01-01", position=9)
    Rule.objects.filter(pk=rule.pk).update(version=rule.version + 1)
    wrote = desk.writes("old-1", "hello")
    assert wrote["status"] == "open"
    assert wrote["active_chat"] is True
    assert not Event.objects.filter(kind="rule.fired").exists()


@pytest.mark.seed("000", "updating user data in Deskie")
def test_a_changed_tariff_is_seen_by_the_next_pass(desk):
    first = desk.writes("bob-1", "hello")
    desk.writes("bob-1", code_by_api(desk, BOB))
    desk.api("PATCH", f"users/{first['user_id']}/", {"custom_fields": {"tariff": "Standard"}})
    desk.api("PATCH", f"cases/{first['case_id']}/", {"status": "closed"})
    second = desk.writes("bob-1", "hello again")
    assert desk.case(second["case_id"])["group_id"] != desk.case(first["case_id"])["group_id"]
