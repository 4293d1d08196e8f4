"""The address of a proven person, said without proof: nobody is linked, no customer is refused, an agent looks."""

from typing import Any

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.channels.models import Widget
from helpdesk.events.models import Event
from helpdesk.users.models import BlockedValue, Conflict, Link, Profile
from helpdesk.users.services import identity, profiles
from identification import services
from identification.models import Code, SigningKey
from identification.services import claims as claims_service
from tests import world
from tests.identification.asking import ask, claims, sign
from tests.identification.bridging import bridge, hash_of

pytestmark = pytest.mark.django_db

EMAIL = "bob@example.com"


@pytest.fixture
def proven() -> Profile:
    """Bob's account, of which the company's server says that the address is his."""
    return services.make_code({"external_id": "bob", "user_email": EMAIL}, by=None)[1].profile


def state() -> Any:
    return list(Link.objects.filter(until=None).order_by("profile").values_list("profile", "person", "level"))


def told(name: str, widget: Widget, key: SigningKey) -> dict[str, Any]:
    """Eve's page says Bob's address, by each way that a page has."""
    bridge(widget)
    return {
        "token": {"token": sign(key, claims(external_id="eve", email="BOB@example.com"))},
        "unverified": {"token": sign(key, claims(external_id="eve", email=EMAIL, email_verified="true"))},
        "page": {"external_id": "eve", "user_email": EMAIL},
        "hash": {"identifier": "eve", "identifier_hash": hash_of("eve"), "email": EMAIL},
    }[name]


@pytest.mark.parametrize("way", ["token", "unverified", "page", "hash"])
def test_the_claimed_address_of_a_proven_person_is_a_card_and_no_link(
    site: Client, trusting: Widget, key: SigningKey, proven: Profile, way: str
) -> None:
    before = state()
    answer = ask(site, trusting, told(way, trusting, key))
    assert answer.status_code == 201
    assert set(answer.json()) == {"code", "expires_in"}
    eve = Profile.objects.get(kind="external", address="eve")
    assert state()[: len(before)] == before
    assert eve.person_id != proven.person_id
    conflict = Conflict.objects.get()
    assert (conflict.kind, conflict.profile, conflict.value) == ("claimed", eve, EMAIL)
    assert conflict.account == Profile.objects.get(address=EMAIL)
    assert Event.objects.get(kind="conflict.found").red


def test_her_code_makes_nobody_bob(
    site: Client, widget: Widget, key: SigningKey, proven: Profile, messenger: CustomChannel
) -> None:
    code = ask(site, widget, told("token", widget, key)).json()["code"]
    eve = world.customer(messenger, "eve")
    world.says(eve, code)
    eve.refresh_from_db()
    assert eve.person_id == Profile.objects.get(kind="external", address="eve").person_id != proven.person_id


def test_the_address_of_nobody_proven_is_no_conflict(site: Client, trusting: Widget, key: SigningKey) -> None:
    profiles.meet("email", EMAIL)
    ask(site, trusting, told("page", trusting, key))
    assert not Conflict.objects.exists()


def test_ones_own_address_is_no_conflict(site: Client, trusting: Widget, proven: Profile) -> None:
    ask(site, trusting, {"external_id": "bob", "user_email": EMAIL})
    assert not Conflict.objects.exists()


def test_the_same_page_again_is_the_same_card(site: Client, trusting: Widget, proven: Profile) -> None:
    for _ in range(3):
        ask(site, trusting, {"external_id": "eve", "user_email": EMAIL})
    assert Conflict.objects.count() == 1


def test_a_page_that_somebody_plays_with_does_not_fill_the_list(
    proven: Profile, trusting: Widget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims_service, "MOST_OPEN", 3)
    for number in range(6):
        user = {"external_id": f"eve-{number}", "user_email": EMAIL}
        services.make_code(user, by=None, widget=trusting, level=2, method="page")
    assert Conflict.objects.count() == 3


@pytest.mark.parametrize("said", ["no address", "a" * 250, "\ud800@x.de", "null", "0000"])
def test_what_is_no_address_is_nobodys(proven: Profile, said: str) -> None:
    services.make_code({"external_id": "eve"}, by=None, method="token", display={"email": said, "phone": said})
    assert not Conflict.objects.exists()


def test_the_code_of_another_person_is_a_conflict_in_the_case(messenger: CustomChannel, bob: Profile) -> None:
    mine, _code = services.make_code({"user_email": EMAIL}, by=None)
    world.says(bob, mine)
    hers, code = services.make_code({"user_email": "carol@example.com"}, by=None)
    case = world.says(bob, hers).case
    conflict = Conflict.objects.get()
    assert (conflict.kind, conflict.profile, conflict.account, conflict.value) == ("code", bob, code.profile, "")
    assert conflict.case_id == case.pk
    found = Event.objects.get(kind="conflict.found")
    assert (found.case_id, found.data["value"]) == (case.pk, ""), "whose code it is, not everybody may read"


def test_a_code_makes_no_one_person_of_two_whom_an_agent_keeps_apart(messenger: CustomChannel, bob: Profile) -> None:
    text, code = services.make_code({"user_email": EMAIL}, by=None)
    identity.keep_apart(bob, code.profile, by=world.admin(), reason="Eve's telephone")
    before = state()
    world.says(bob, text)
    assert state() == before
    assert Event.objects.get(kind="code.checked").data["reason"] == "someone_else"
    assert Event.objects.filter(kind="conflict.again").count() == 1
    assert not Conflict.objects.open().exists()


# — addresses that many share —


@pytest.fixture
def shared() -> None:
    BlockedValue.objects.create(pattern="info@*")


@pytest.mark.usefixtures("shared")
def test_a_shared_address_beside_an_id_is_left_out() -> None:
    for name in ("1", "2"):
        services.make_code({"external_id": name, "user_email": "Info@acme.com"}, by=None)
    assert list(Profile.objects.values_list("kind", flat=True)) == ["external", "external"]
    assert not Conflict.objects.exists()


@pytest.mark.usefixtures("shared")
def test_there_is_no_code_for_a_shared_address_alone(site: Client, trusting: Widget) -> None:
    answer = ask(site, trusting, {"user_email": "info@acme.com"})
    assert (answer.status_code, answer.json()["code"]) == (422, "blocked")
    assert not Code.objects.exists()


@pytest.mark.usefixtures("shared")
def test_an_id_of_a_channel_that_looks_like_one_is_taken(messenger: CustomChannel) -> None:
    user = {"user_custom_id": "info@acme.com", "user_custom_channel": messenger.api_key}
    assert services.make_code(user, by=None)[1].profile.kind == "custom"
