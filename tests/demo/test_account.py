"""The customer account: the token it signs, the code it asks for, the tariff it tells."""

from typing import Any

import jwt
import pytest
from django.test import Client

from helpdesk.channels.models import Level, Widget
from helpdesk.demo import cast, tokens
from helpdesk.demo.models import Account
from helpdesk.users.models import Profile
from identification.services.offering import offer

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNT = "/demo/account/A-1001/"


@pytest.fixture
def page(client: Client, connected: dict[str, Any]) -> Client:
    client.get("/demo/account/", follow=True)
    return client


def bob() -> Account:
    return Account.objects.get(number="A-1001")


def test_the_token_is_signed_for_the_customer_who_is_signed_in(page: Client, connected: dict[str, Any]) -> None:
    token = page.get(f"{ACCOUNT}token/").json()["token"]
    key = connected["signing_key"]
    claims = jwt.decode(token, key["secret"], algorithms=["HS256"])
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    assert (claims["external_id"], claims["name"]) == ("A-1001", "Bob Kern")
    assert claims["custom_fields"] == {"tariff": "vip"}
    assert key["secret"] not in page.get(ACCOUNT).content.decode()


def test_the_widget_makes_a_code_of_it(page: Client) -> None:
    code = offer(Widget.objects.get(), {"token": tokens.make(bob())}, visitor="127.0.0.1")
    profile = code.code.profile
    assert (profile.address, profile.kind) == ("A-1001", "external")


def test_the_page_carries_the_real_snippet(page: Client, connected: dict[str, Any]) -> None:
    text = page.get(ACCOUNT).content.decode()
    assert f'src="/widget/v1/identify.js" data-widget-id="{connected["widgets"]["identification"]}"' in text
    assert text.count("deskie-identifier-widget") == 2
    assert page.get("/widget/v1/identify.js").status_code == 200


def test_a_code_made_by_the_api_works_in_the_messenger(page: Client) -> None:
    code = page.post(f"{ACCOUNT}code/").json()["code"]
    page.get("/demo/messenger/bob.kern/")
    page.post("/demo/messenger/bob.kern/send/", {"text": f"here you are: {code.lower()}"})
    profile = Profile.objects.get(address="bob.kern")
    assert profile.level == Level.PROVEN
    assert profile.person.name == "Bob Kern"
    assert profile.person.values == {"tariff": "2"}


def test_a_changed_tariff_reaches_the_desk(page: Client) -> None:
    unknown = page.post(f"{ACCOUNT}tariff/", {"tariff": "standard"})
    assert unknown["Location"].endswith("?told=no")
    page.post(f"{ACCOUNT}code/")
    known = page.post(f"{ACCOUNT}tariff/", {"tariff": "vip"})
    assert known["Location"].endswith("?told=yes")
    assert Profile.objects.get(address="bob@example.com").person.values == {"tariff": "2"}
    assert bob().tariff == "vip"


def test_a_tariff_that_does_not_exist_is_not_taken(page: Client) -> None:
    page.post(f"{ACCOUNT}tariff/", {"tariff": "gold"})
    assert bob().tariff == "vip"


def test_a_desk_that_is_away_does_not_lose_the_change(page: Client, settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ""
    assert page.post(f"{ACCOUNT}tariff/", {"tariff": "standard"})["Location"].endswith("?told=failed")
    assert bob().tariff == "standard"
    answer = page.post(f"{ACCOUNT}code/")
    assert answer.status_code == 502
    assert answer.json()["problem"]


def test_carol_opens_an_account_once(page: Client) -> None:
    for _ in range(2):
        assert page.post("/demo/account/new/")["Location"] == "/demo/account/A-1003/"
    assert Account.objects.filter(name="Carol Diaz").count() == 1


def test_without_demo_data_the_page_says_what_to_do(client: Client, settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    cast.gather()
    answer = client.get(ACCOUNT)
    assert answer.status_code == 200
    assert "manage.py demo" in answer.content.decode()
    assert client.get(f"{ACCOUNT}token/").status_code == 503
