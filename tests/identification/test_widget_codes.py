"""The identification widget over HTTP: what a site may say, what it gets, and how often."""

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from channels_custom.models import CustomChannel
from helpdesk.channels.models import Widget
from helpdesk.events.models import Event
from helpdesk.users.models import CustomField, Link, Profile
from helpdesk.users.services import blocking, profiles
from identification import keys
from identification.models import Code, SigningKey, TokenRefusal
from tests import world
from tests.identification.asking import BOB, SITE, ask, by_hand, claims, problem, sign

pytestmark = pytest.mark.django_db


@pytest.mark.seed("003", "leverage your app or website's existing authentication mechanism")
@pytest.mark.seed("000", "the user generates a unique code")
def test_a_token_gives_a_code_that_proves(site: Client, widget: Widget, key: SigningKey, bob: Profile) -> None:
    payload = claims(name="Bob", email="bob@example.com", email_verified=True)
    answer = ask(site, widget, {"token": sign(key, payload)})
    assert answer.status_code == 201
    assert answer.json() == {"code": answer.json()["code"], "expires_in": 300}
    assert "no-store" in answer["Cache-Control"]
    world.says(bob, answer.json()["code"])
    bob.refresh_from_db()
    assert (bob.level, bob.person.name) == (3, "Bob")
    assert {one.kind for one in profiles.linked(bob)} == {"custom", "external", "email"}
    assert Event.objects.get(kind="code.made").via == "widget"


def test_what_stands_beside_a_token_does_not_count(site: Client, trusting: Widget, key: SigningKey) -> None:
    answer = ask(site, trusting, {"token": sign(key), "user_email": "eve@example.com", "external_id": "1"})
    assert answer.status_code == 201
    assert Code.objects.get().profile.address == "42"
    assert not Profile.objects.filter(kind="email").exists()


def test_an_email_that_is_not_verified_is_linked_to_nobody(site: Client, widget: Widget, key: SigningKey) -> None:
    ask(site, widget, {"token": sign(key, claims(email="carol@example.com"))})
    account = Profile.objects.get()
    assert (account.kind, account.display) == ("external", {"email": "carol@example.com"})


def test_page_data_is_refused_where_it_is_not_trusted(site: Client, widget: Widget) -> None:
    assert problem(ask(site, widget, BOB)) == (403, "unsigned")
    assert not Profile.objects.exists()


@pytest.mark.seed("000", "you need to pass their data to the widget script in the appropriate fields")
def test_trusted_page_data_gives_a_code_that_vouches(site: Client, trusting: Widget, bob: Profile) -> None:
    code = ask(site, trusting, BOB | {"user_full_name": "Bob"}).json()["code"]
    world.says(bob, code)
    bob.refresh_from_db()
    assert (bob.level, bob.person.name) == (2, "Bob")


@pytest.mark.seed("000", "Or Id of the currently signed in user")
def test_page_data_may_name_an_id_of_a_custom_channel(site: Client, trusting: Widget, messenger: CustomChannel) -> None:
    user = {"user_custom_id": 4711, "user_custom_channel": messenger.pk}
    assert ask(site, trusting, user).status_code == 201
    assert Code.objects.get().profile.address == "4711"


def test_a_sites_mistake_beside_the_address_is_named_and_stops_nobody(
    site: Client, trusting: Widget, tariff: CustomField
) -> None:
    user = BOB | {"custom_fields": {"tariff": "Gold", "shoe_size": 44}, "colour": "red", "user_full_name": 7}
    answer = ask(site, trusting, user)
    assert answer.status_code == 201
    assert sorted(answer.json()["ignored"]) == ["colour", "shoe_size", "tariff", "user_full_name"]


def test_a_fresh_code_voids_the_one_before(site: Client, trusting: Widget) -> None:
    first, second = (ask(site, trusting, BOB).json()["code"] for _ in range(2))
    assert first != second
    assert [bool(code.voided_at) for code in Code.objects.order_by("pk")] == [True, False]


@pytest.mark.promise("A28")
@pytest.mark.parametrize(
    ("user", "answer"),
    [
        ({}, (422, "nobody_named")),
        ({"user_full_name": "Bob"}, (422, "nobody_named")),
        ({"user_email": "null"}, (422, "blocked")),
        ({"user_custom_id": "YOUR_USER_ID_HERE"}, (422, "blocked")),
        ({"user_email": "x"}, (422, "bad_user")),
        ({"user_email": {}}, (422, "bad_user")),
        ({"external_id": ["a"]}, (422, "bad_user")),
        ({"external_id": "x" * 300}, (422, "bad_user")),
        ({"user_custom_id": "a", "user_custom_channel": "cch77"}, (422, "bad_user")),
        ({"token": 7}, (401, "bad_signature")),
        ({"token": None}, (401, "bad_signature")),
        ({"token": "a.b.c"}, (401, "bad_signature")),
    ],
)
def test_nobody_is_nobody(site: Client, trusting: Widget, user: Any, answer: tuple[int, str]) -> None:
    assert problem(ask(site, trusting, user)) == answer
    assert not Profile.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 422),
        ("{", 400),
        ("[]", 400),
        ('"text"', 400),
        ("7", 400),
        ("null", 400),
        (b"\xff\xfe", 400),
        ('{"user_email": "a\\u0000@example.com"}', 400),
        ('{"user_full_name": "\\ud800", "user_email": "bob@example.com"}', 400),
        ('{"user_email": NaN}', 400),
        ("[" * 100_000, 400),
        ('{"a":' * 200 + "1" + "}" * 200, 400),
        ('{"user_email": "' + "x" * 10_000_000 + '"}', 413),
        ('{"external_id": ' + "9" * 5000 + "}", 400),
    ],
)
def test_bad_bodies_are_refused_in_words_and_write_nothing(
    site: Client, trusting: Widget, body: str | bytes, status: int
) -> None:
    answer = ask(site, trusting, body)
    assert problem(answer)[0] == status
    assert not Profile.objects.exists()


def test_another_type_of_body_is_refused(site: Client, trusting: Widget) -> None:
    path = f"/widget/v1/identify/{trusting.public_id}/codes"
    assert site.post(path, "user_email=bob@example.com", content_type="text/plain").status_code == 415
    assert site.post(path, {"user_email": "bob@example.com"}).status_code == 415
    assert site.put(path, "{}", content_type="application/json").status_code == 405
    assert site.get(path).status_code == 405


def test_there_is_no_code_for_somebody_who_is_blocked(site: Client, trusting: Widget) -> None:
    blocking.block(profiles.meet("email", "bob@example.com").person, by=None)
    assert problem(ask(site, trusting, BOB)) == (403, "blocked")


@pytest.mark.promise("A29", "A30")
@pytest.mark.parametrize("proof", ["none", "damaged", "forged", "expired", "other widget", "retired key", "of Carol"])
def test_without_a_proof_of_ones_own_nobodys_identity_changes(
    site: Client, widget: Widget, key: SigningKey, bob: Profile, proof: str
) -> None:
    other, _secret = keys.make("Other", by=None)
    good = sign(key, claims(external_id="carol"))
    bodies = {
        "none": BOB,
        "damaged": {"token": good[:-4] + "AAAA"},
        "forged": {"token": by_hand({"alg": "HS256", "kid": key.kid}, claims(), other.secret)},
        "expired": {"token": sign(key, claims(exp=1))},
        "other widget": {"token": sign(key, claims(aud="1-abcdefgh"))},
        "retired key": {"token": sign(other, claims())},
        "of Carol": {"token": good},
    }
    keys.retire(other, by=None)
    before = list(Link.objects.filter(profile=bob).values())
    answer = ask(site, widget, bodies[proof])
    assert (answer.status_code == 201) == (proof == "of Carol")
    assert list(Link.objects.filter(profile=bob).values()) == before
    assert not Profile.objects.exclude(pk=bob.pk).exclude(address="carol").exists()


# --- refusals and brakes ---


def test_refusals_are_counted_by_reason_for_the_admins_page(site: Client, widget: Widget, key: SigningKey) -> None:
    for _ in range(2):
        assert problem(ask(site, widget, {"token": sign(key, claims(exp=1))})) == (401, "expired")
    ask(site, widget, BOB)
    counts = dict(TokenRefusal.objects.filter(widget=widget).values_list("reason", "count"))
    assert counts == {"expired": 2, "unsigned": 1}


def test_one_account_gets_ten_codes_and_then_waits(site: Client, trusting: Widget) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        statuses = [ask(site, trusting, BOB).status_code for _ in range(11)]
        assert statuses == [201] * 10 + [429]
        refused = ask(site, trusting, BOB)
        assert problem(refused) == (429, "throttled")
        assert 0 < int(refused["Retry-After"]) <= 61
        assert refused["Access-Control-Allow-Origin"] == SITE
        assert ask(site, trusting, {"user_email": "carol@example.com"}).status_code == 201
        clock.shift(61)
        assert ask(site, trusting, BOB).status_code == 201


def test_one_address_asks_sixty_times_and_then_waits_whatever_it_says(site: Client, widget: Widget) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        statuses = [ask(site, widget, {"token": "a.b.c"}).status_code for _ in range(61)]
        assert statuses == [401] * 60 + [429]
        elsewhere = Client(headers={"Origin": SITE}, REMOTE_ADDR="198.51.100.7")
        assert ask(elsewhere, widget, {"token": "a.b.c"}).status_code == 401
