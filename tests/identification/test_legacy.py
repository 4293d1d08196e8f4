"""Hashes beside an id, as sites have them that come from Chatwoot or Intercom: for a while, and worth less."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from helpdesk.channels.models import Widget
from helpdesk.users.models import CustomField, Profile
from helpdesk.users.services import profiles
from identification import hashes, keys, services
from identification.models import Code, SigningKey, TokenRefusal
from tests import world
from tests.identification.asking import ask, by_hand, claims, problem
from tests.identification.bridging import SECRET, bridge, hash_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def chatwoot(widget: Widget) -> SigningKey:
    return bridge(widget)


@pytest.fixture
def intercom(widget: Widget) -> SigningKey:
    return bridge(widget, "intercom")


@pytest.mark.parametrize("name", ["identifier", "external_id"])
def test_a_right_identifier_hash_vouches(
    site: Client, widget: Widget, chatwoot: SigningKey, bob: Profile, name: str
) -> None:
    answer = ask(
        site, widget, {name: "42", "identifier_hash": hash_of("42"), "name": "Bob", "email": "bob@example.com"}
    )
    assert answer.status_code == 201
    code = Code.objects.get()
    assert (code.level, code.method, code.profile.address) == (2, "hash", "42")
    assert code.profile.display == {"name": "Bob", "email": "bob@example.com"}
    world.says(bob, answer.json()["code"])
    bob.refresh_from_db()
    assert (bob.level, bob.person_id) == (2, code.profile.person_id)
    assert not Profile.objects.filter(kind="email").exists()
    chatwoot.refresh_from_db()
    assert chatwoot.last_used_at


@pytest.mark.parametrize(
    ("told", "kind", "address"),
    [
        ({"user_id": "42", "user_hash": hash_of("42")}, "external", "42"),
        ({"user_id": 42, "user_hash": hash_of("42")}, "external", "42"),
        ({"external_id": "42", "user_hash": hash_of("42")}, "external", "42"),
        ({"email": "Bob@Example.com", "user_hash": hash_of("Bob@Example.com")}, "email", "bob@example.com"),
        ({"user_email": "bob@example.com", "user_hash": hash_of("bob@example.com")}, "email", "bob@example.com"),
    ],
)
def test_a_right_user_hash_vouches_for_the_id_or_else_the_address(
    site: Client, widget: Widget, intercom: SigningKey, told: dict[str, Any], kind: str, address: str
) -> None:
    assert ask(site, widget, told).status_code == 201
    code = Code.objects.get()
    assert (code.level, code.profile.kind, code.profile.address) == (2, kind, address)


@pytest.mark.promise("A29")
@pytest.mark.parametrize(
    "told",
    [
        {"identifier": "43", "identifier_hash": hash_of("42")},
        {"identifier": "42", "identifier_hash": hash_of("42", "another secret")},
        {"identifier": "42", "identifier_hash": hash_of("42")[:-1]},
        {"identifier": "42", "identifier_hash": hash_of("42").upper()},
        {"identifier": "42", "identifier_hash": ""},
        {"identifier": "42", "identifier_hash": "ü" * 64},
        {"identifier": "42", "identifier_hash": None},
        {"identifier": "42", "identifier_hash": [hash_of("42")]},
        {"identifier": "42", "identifier_hash": True},
        {"identifier": "42", "identifier_hash": SECRET},
        {"identifier": "43", "external_id": "42", "identifier_hash": hash_of("42")},
        {"identifier": "42", "identifier_hash": hashlib.sha256(b"42").hexdigest()},
    ],
)
def test_a_wrong_hash_is_a_bad_signature_and_nobody_is_met(
    site: Client, widget: Widget, chatwoot: SigningKey, told: dict[str, Any]
) -> None:
    assert problem(ask(site, widget, told)) == (401, "bad_signature")
    assert not Profile.objects.exists()
    assert TokenRefusal.objects.get().reason == "bad_signature"


def test_what_stands_beside_the_id_is_not_believed(
    site: Client, widget: Widget, chatwoot: SigningKey, tariff: CustomField
) -> None:
    """Somebody with a hash of their own says whatever they like beside it."""
    carol = profiles.meet("email", "carol@example.com")
    told = {
        "identifier": "42",
        "identifier_hash": hash_of("42"),
        "user_id": "1",
        "user_email": "carol@example.com",
        "user_custom_id": "7",
        "custom_fields": {"tariff": "VIP"},
        "name": "x\x07",
    }
    answer = ask(site, widget, {**told, "name": "Eve"})
    assert answer.status_code == 201
    assert answer.json()["ignored"] == ["custom_fields", "user_custom_id", "user_id"]
    code = Code.objects.get()
    assert (code.payload, code.profile.person_id != carol.person_id) == ("", True)
    assert code.profile.display == {"email": "carol@example.com", "name": "Eve"}


def test_where_the_page_is_trusted_its_values_count_as_the_page_s(
    site: Client, trusting: Widget, chatwoot: SigningKey, tariff: CustomField, bob: Profile
) -> None:
    told = {"external_id": "42", "identifier_hash": hash_of("42"), "custom_fields": {"tariff": "VIP"}}
    world.says(bob, ask(site, trusting, told).json()["code"])
    bob.refresh_from_db()
    assert (bob.level, bob.person.values) == (2, {"tariff": "2"})


@pytest.mark.parametrize("told", [{}, {"identifier": ""}, {"user_id": "42"}, {"email": "bob@example.com"}])
def test_a_hash_of_nothing_is_a_missing_claim(
    site: Client, widget: Widget, chatwoot: SigningKey, told: dict[str, Any]
) -> None:
    assert problem(ask(site, widget, {**told, "identifier_hash": hash_of("42")})) == (401, "missing_claim")


@pytest.mark.parametrize("said", [{"identifier": ["42"]}, {"identifier": {"a": 1}}, {"identifier": True}])
def test_an_id_that_is_no_text_is_a_bad_claim(
    site: Client, widget: Widget, chatwoot: SigningKey, said: dict[str, Any]
) -> None:
    assert problem(ask(site, widget, {**said, "identifier_hash": hash_of("42")})) == (401, "bad_claim")


def test_an_id_that_says_nothing_is_blocked_whatever_its_hash(
    site: Client, widget: Widget, chatwoot: SigningKey
) -> None:
    assert problem(ask(site, widget, {"identifier": "null", "identifier_hash": hash_of("null")})) == (422, "blocked")


def test_a_hash_counts_where_it_is_switched_on_and_nowhere_else(
    site: Client, widget: Widget, chatwoot: SigningKey
) -> None:
    told = {"identifier": "42", "identifier_hash": hash_of("42")}
    other = Widget.objects.create(title="Other site")
    assert problem(ask(site, other, told)) == (403, "unsigned")
    assert problem(ask(site, widget, {"user_id": "42", "user_hash": hash_of("42")})) == (403, "unsigned")
    keys.retire(chatwoot, by=None)
    assert problem(ask(site, widget, told)) == (403, "unsigned")


def test_two_secrets_are_good_while_one_is_changed(site: Client, widget: Widget, chatwoot: SigningKey) -> None:
    bridge(widget, secret="the new secret of the site")
    for secret in (SECRET, "the new secret of the site"):
        told = {"identifier": "42", "identifier_hash": hash_of("42", secret)}
        assert ask(site, widget, told).status_code == 201


@pytest.mark.parametrize("trusted", [False, True])
def test_after_its_last_day_it_is_refused_with_a_code_of_its_own(site: Client, widget: Widget, trusted: bool) -> None:
    widget.trust_page_data = trusted
    widget.save()
    told = {"external_id": "42", "identifier_hash": hash_of("42")}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        key = bridge(widget, days=1)
        clock.shift(timedelta(days=1))
        assert ask(site, widget, told).status_code == 201
        clock.shift(timedelta(days=1))
        assert problem(ask(site, widget, told)) == (401, "hash_ended")
        assert keys.has_ended(key)


@pytest.mark.promise("A30")
def test_a_hash_never_says_when_so_a_revocation_ends_it_for_that_person(
    site: Client, widget: Widget, chatwoot: SigningKey
) -> None:
    bob = profiles.meet("external", "42")
    services.revoke_tokens(bob, by=None)
    assert problem(ask(site, widget, {"identifier": "42", "identifier_hash": hash_of("42")})) == (401, "revoked")
    assert ask(site, widget, {"identifier": "43", "identifier_hash": hash_of("43")}).status_code == 201
    assert not Code.objects.filter(profile=bob).exists()


@pytest.mark.promise("A29")
@pytest.mark.parametrize("algorithm", ["HS256", "chatwoot", "none"])
def test_the_secret_of_a_hash_signs_no_tokens(
    site: Client, widget: Widget, chatwoot: SigningKey, algorithm: str
) -> None:
    token = by_hand({"alg": algorithm, "kid": chatwoot.kid}, claims(), SECRET)
    assert problem(ask(site, widget, {"token": token})) == (401, "unknown_key")


@pytest.mark.promise("A29")
def test_the_secret_of_a_token_s_key_makes_no_hash(
    site: Client, widget: Widget, key: SigningKey, chatwoot: SigningKey
) -> None:
    told = {"identifier": "42", "identifier_hash": hash_of("42", key.secret)}
    assert problem(ask(site, widget, told)) == (401, "bad_signature")


def test_the_comparison_takes_no_shortcut(
    monkeypatch: pytest.MonkeyPatch, site: Client, widget: Widget, chatwoot: SigningKey
) -> None:
    seen: list[tuple[int, int]] = []

    def compare(one: bytes, other: bytes) -> bool:
        seen.append((len(one), len(other)))
        return False

    monkeypatch.setattr(hashes.hmac, "compare_digest", compare)
    told = {"identifier": "42", "identifier_hash": hash_of("42")}
    assert problem(ask(site, widget, told)) == (401, "bad_signature")
    assert seen == [(64, 64)]
