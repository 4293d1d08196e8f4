"""A company's user database and the desk, joined by HTTP alone: who writes is known when an agent looks."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.test import Client

from identification.models import LookUp, LookUpResult
from tests.identification import databases
from tests.identification.asking import SITE, claims, sign
from tests.identification.databases import Database
from tests.journeys.conftest import Desk
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there() -> Iterator[Database]:
    with databases.database() as made:
        yield made


def results(total: int) -> list[str]:
    """The outcomes, when there are that many."""
    wait_for(lambda: LookUpResult.objects.count() >= total, 30)
    return list(LookUpResult.objects.order_by("pk").values_list("outcome", flat=True))


def inbox_of(desk: Desk) -> Client:
    client = Client()
    client.force_login(desk.ann)
    return client


def beside(inbox: Client, number: str) -> str:
    return str(inbox.get(f"/cases/{number}/").content.decode())


@pytest.mark.seed("004", "automatically identify authenticated users")
def test_bob_writes_and_ann_sees_his_name_and_plan(desk: Desk, there: Database) -> None:
    databases.of(desk.channel, there.url, headers={"Authorization": "Bearer kakadu"})
    got = desk.writes("A-1001", "hello")
    assert results(1) == ["updated"]
    assert there.lines == ["GET /users/A-1001"]
    user = desk.api("GET", f"users/{got['user_id']}/")
    assert (user["user_full_name"], user["level"]) == ("John Doe", 1)
    assert user["metadata"] == databases.JOHN["metadata"]
    assert user["linked_users"] == [got["user_id"]], "its addresses link nothing"
    shown = beside(inbox_of(desk), got["case_number"])
    assert all(text in shown for text in ("John Doe", "TechCorp", "john.doe@example.com"))


@pytest.mark.seed("004", "Connect your user database to the widget to automatically identify authenticated users")
def test_a_signed_visitor_is_looked_up_and_the_messenger_he_pastes_the_code_into_knows_him(
    desk: Desk, there: Database, signing_key: Any
) -> None:
    databases.of(desk.widget, there.url, whom=LookUp.Whom.SIGNED)
    url = f"{desk.url}/widget/v1/identify/{desk.widget.public_id}/codes"
    token = sign(signing_key[0], claims(external_id="A-7"))
    answer = requests.post(url, json={"token": token}, headers={"Origin": SITE}, timeout=20)
    assert answer.status_code == 201, answer.text
    assert results(1) == ["updated"]
    got = desk.writes("bob-in-messenger", f"my code is {answer.json()['code']}")
    user = desk.api("GET", f"users/{got['user_id']}/")
    assert (user["user_full_name"], user["level"], user["external_id"]) == ("John Doe", 3, "A-7")
    assert user["metadata"]["subscription_plan"] == "Pro"


@pytest.mark.seed("004", "The request is aborted, and the issue is logged")
def test_while_the_database_is_broken_the_conversation_goes_on_and_a_refresh_mends_it(
    desk: Desk, there: Database
) -> None:
    databases.of(desk.channel, there.url)
    there.status = 400
    got = desk.writes("A-1001", "hello")
    assert results(1) == ["failed"]
    inbox = inbox_of(desk)
    assert "User data unavailable (the server answered 400)" in beside(inbox, got["case_number"])
    assert desk.writes("A-1001", "are you there?")["case_id"] == got["case_id"]
    inbox.post(f"/cases/{got['case_number']}/messages/", {"text": "yes"})
    wait_for(lambda: "yes" in desk.receiver.texts(), 15)
    there.status = 200
    inbox.post(f"/cases/{got['case_number']}/look-up/")
    assert results(2) == ["failed", "updated"]
    assert "John Doe" in beside(inbox, got["case_number"])


@pytest.mark.seed("004", "the visitor as a new profile using the provided ID")
def test_somebody_unknown_there_is_a_new_profile_with_that_id(desk: Desk, there: Database) -> None:
    databases.of(desk.channel, there.url)
    there.status, there.answer = 404, {"error": "no such user"}
    got = desk.writes("A-9", "hello")
    assert results(1) == ["not_found"]
    user = desk.api("GET", f"users/{got['user_id']}/")
    assert (user["user_custom_id"], user["user_full_name"], user["metadata"]) == ("A-9", "", {})
    assert desk.case(got["case_id"])["user_id"] == got["user_id"]


def test_a_server_error_is_tried_again_until_it_answers(desk: Desk, there: Database) -> None:
    databases.of(desk.channel, there.url)
    there.status = 503
    got = desk.writes("A-1001", "hello")
    wait_for(lambda: there.lines, 15)
    there.status = 200
    assert results(1) == ["updated"]
    assert desk.api("GET", f"users/{got['user_id']}/")["user_full_name"] == "John Doe"
    assert len(there.lines) <= 3
