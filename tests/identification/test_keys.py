"""Signing keys: pairs beside secrets, what is refused as a key, and that one key is never good for two algorithms."""

import json
import os
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone

from helpdesk.channels.models import Language, Widget
from helpdesk.events.models import Event
from identification import keys, public_keys, snippets, tokens
from identification.errors import BadKey, BadToken, PrivateKeyPasted
from identification.models import SigningKey
from tests import world
from tests.admin.pages import Admin
from tests.identification import pairs
from tests.identification.asking import ask, by_hand, claims, problem, sign

pytestmark = pytest.mark.django_db
LIST = "identification/signingkey/"
OWN = {"code", "type"}  # what a problem document has of its own, for machines


@pytest.fixture
def ada(client: Client, languages: list[Language]) -> Admin:
    client.force_login(world.admin())
    return Admin(client)


def refused(token: str, widget: Widget) -> str:
    with pytest.raises(BadToken) as error:
        tokens.verify(token, widget=widget)
    return error.value.code


# --- pairs ---


@pytest.mark.parametrize("algorithm", pairs.ALGORITHMS)
def test_what_the_private_key_signs_is_believed(widget: Widget, algorithm: str) -> None:
    key = pairs.added(algorithm)
    assert key.algorithm == algorithm
    assert tokens.verify(pairs.signed(key), widget=widget).external_id == "42"
    assert refused(pairs.signed(key, number=1), widget) == "bad_signature"


@pytest.mark.parametrize("algorithm", pairs.ALGORITHMS)
def test_a_key_is_read_as_pem_as_jwk_and_as_a_set_of_one(algorithm: str) -> None:
    texts = (
        pairs.pem(algorithm),
        f"\n  {pairs.pem(algorithm)} \n",
        json.dumps(pairs.jwk(algorithm)),
        json.dumps({"keys": [pairs.jwk(algorithm, alg=algorithm, use="sig")]}),
    )
    assert {public_keys.read(text) for text in texts} == {public_keys.PublicKey(algorithm, pairs.pem(algorithm))}


def test_the_older_pem_of_rsa_is_read_too() -> None:
    old = pairs.private("RS256").public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    assert "BEGIN RSA PUBLIC KEY" in old
    assert public_keys.read(old).pem == pairs.pem("RS256")


@pytest.mark.promise("A29")
@pytest.mark.parametrize("algorithm", pairs.ALGORITHMS)
@pytest.mark.parametrize("forged", ["HS256", "none", "HS512", "RS512", "PS256", "ES384"])
def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(widget: Widget, algorithm: str, forged: str) -> None:
    key = pairs.added(algorithm)
    token = by_hand({"alg": forged, "kid": key.kid}, claims(), key.public_key)
    assert refused(token, widget) == "wrong_algorithm"
    assert refused(by_hand({"alg": algorithm, "kid": key.kid}, claims(), key.public_key), widget) == "bad_signature"


@pytest.mark.promise("A29")
def test_the_kid_of_one_key_does_not_help_the_signature_of_another(widget: Widget, key: SigningKey) -> None:
    rsa, curve = pairs.added("RS256"), pairs.added("ES256")
    mixed = SigningKey(kid=curve.kid, algorithm=rsa.algorithm)
    assert refused(pairs.signed(mixed), widget) == "wrong_algorithm"
    assert refused(sign(SigningKey(kid=rsa.kid, secret=key.secret)), widget) == "wrong_algorithm"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (lambda: pairs.pem("rsa1024"), "1024 bits"),
        (lambda: pairs.pem("p384"), "P-256"),
        (lambda: pairs.pem("secp256k1"), "P-256"),
        (lambda: pairs.pem("ed448"), "not taken"),
        (lambda: pairs.pem("dsa"), "not taken"),
        (lambda: json.dumps(pairs.jwk("RS256", alg="RS512")), "RS512"),
        (lambda: json.dumps(pairs.jwk("RS256", alg="HS256")), "HS256"),
        (lambda: json.dumps(pairs.jwk("ES256", use="enc")), "encrypting"),
        (lambda: json.dumps({"keys": [pairs.jwk("ES256"), pairs.jwk("RS256")]}), "has 2"),
        (lambda: json.dumps({"keys": []}), "has 0"),
        (lambda: json.dumps({"keys": "x"}), "no JWK"),
        (lambda: json.dumps(pairs.jwk("ES256", x="AAAA")), "no key"),
        (lambda: json.dumps(pairs.jwk("ES256", x=7)), "no key"),
        (lambda: json.dumps(pairs.jwk("RS256", n="")), "no key"),
        (lambda: json.dumps({"kty": "new"}), "kty"),
        (lambda: "{}", "kty"),
        (lambda: "[[", "JSON"),
        (lambda: "[" * 9000, "JSON"),
        (lambda: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "openssl x509"),
        (lambda: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", "BEGIN PUBLIC KEY"),
        (lambda: "\ud800", "BEGIN PUBLIC KEY"),
        (lambda: "x" * 30_000, "too long"),
    ],
)
def test_what_is_no_good_key_is_refused_with_a_sentence(text: Any, sentence: str) -> None:
    with pytest.raises(BadKey, match=sentence):
        public_keys.read(text())


@pytest.mark.parametrize("algorithm", pairs.ALGORITHMS)
def test_a_private_key_is_refused_and_shown_nowhere(ada: Admin, algorithm: str) -> None:
    pem, jwk = pairs.private_pem(algorithm), pairs.private_jwk(algorithm)
    texts = {
        pem: pem.splitlines()[1],
        json.dumps(jwk): jwk["d"],
        json.dumps({"kty": "oct", "k": "c2VjcmV0"}): "c2VjcmV0",
    }
    for text, secret in texts.items():
        with pytest.raises(PrivateKeyPasted):
            public_keys.read(text)
        page = ada.open(f"{LIST}add/").send(title="Pair", kind="public", pasted=text)
        assert "private key" in page.errors["pasted"]
        assert secret not in page.html
        assert page.values["pasted"] == [""]
    assert not SigningKey.objects.exists()


def test_a_key_that_is_there_or_whose_kid_is_taken_is_refused(ada: Admin) -> None:
    key = pairs.added("ES256")
    page = ada.open(f"{LIST}add/").send(title="Again", kind="public", pasted=pairs.pem("ES256"))
    assert "in the list already" in page.errors["pasted"]
    page = ada.open(f"{LIST}add/").send(title="Same kid", kind="public", pasted=pairs.pem("RS256"), own_kid=key.kid)
    assert "another one" in page.errors["own_kid"]
    assert SigningKey.objects.count() == 1


# --- the list ---


def test_a_pair_is_added_by_its_public_key_and_no_secret_is_shown(ada: Admin, widget: Widget) -> None:
    text = json.dumps(pairs.jwk("ES256", kid="shop-2026/1"))
    page = ada.open(f"{LIST}add/").send(title="Shop", kind="public", pasted=text)
    key = SigningKey.objects.get()
    assert (key.kid, key.algorithm, key.secret) == ("shop-2026/1", "ES256", "")
    assert "shown-once-secret" not in page.html
    assert "BEGIN PUBLIC KEY" in page.text
    assert tokens.verify(pairs.signed(key), widget=widget)
    assert Event.objects.get(kind="signing_key.made").data["kid"] == "shop-2026/1"


@pytest.mark.promise("A30")
def test_two_keys_are_good_side_by_side_until_one_is_retired(
    ada: Admin, site: Client, widget: Widget, key: SigningKey
) -> None:
    new = pairs.added("EdDSA", "New")
    for token in (sign(key), pairs.signed(new)):
        assert ask(site, widget, {"token": token}).status_code == 201
    page = ada.open(f"{LIST}{key.pk}/change/").send("_retire")
    assert "There is no active signing key" not in page.text
    assert problem(ask(site, widget, {"token": sign(key)})) == (401, "unknown_key")
    assert ask(site, widget, {"token": pairs.signed(new)}).status_code == 201
    assert "retired" in ada.open(LIST).text


def test_the_last_key_may_be_retired_and_the_list_warns(ada: Admin, key: SigningKey) -> None:
    assert "There is no active signing key" not in ada.open(LIST).text
    assert "There is no active signing key" in ada.open(f"{LIST}{key.pk}/change/").send("_retire").text
    assert "There is no active signing key" in ada.open(LIST).text


def test_last_used_is_written_once_a_minute(widget: Widget, key: SigningKey, django_assert_num_queries: Any) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        token = sign(key)
        tokens.verify(token, widget=widget)
        first = SigningKey.objects.get().last_used_at
        assert first
        clock.shift(59)
        with django_assert_num_queries(2):
            tokens.verify(token, widget=widget)
        assert SigningKey.objects.get().last_used_at == first
        clock.shift(2)
        tokens.verify(token, widget=widget)
        assert SigningKey.objects.get().last_used_at == first + timedelta(seconds=61)


def test_a_token_that_is_refused_is_no_use_of_its_key(widget: Widget, key: SigningKey) -> None:
    assert refused(sign(key, claims(exp=1)), widget) == "expired"
    assert SigningKey.objects.get().last_used_at is None


@pytest.mark.parametrize("algorithm", ["HS256", *pairs.ALGORITHMS])
def test_the_python_of_each_key_s_page_makes_a_token_that_we_believe(
    monkeypatch: pytest.MonkeyPatch, widget: Widget, algorithm: str
) -> None:
    if algorithm == "HS256":
        key, secret = keys.make("Shop", by=None)
        monkeypatch.setenv("HELPDESK_SECRET", secret)
    else:
        key = pairs.added(algorithm)
        monkeypatch.setenv("HELPDESK_PRIVATE_KEY", pairs.private_pem(algorithm))
    names: dict[str, Any] = {"os": os}
    exec(snippets.of_key(key)[0].text, names)
    said = tokens.verify(names["token"](SimpleNamespace(id=42, name="Bob", email="bob@example.com")), widget=widget)
    assert (said.external_id, said.email) == ("42", "bob@example.com")
    assert said.issued_at is not None


def test_a_kid_of_somebody_else_cannot_break_out_of_the_sample() -> None:
    parsed = public_keys.read(pairs.pem("ES256"))
    key = keys.add("Pair", parsed, kid='"); import evil #</script>', by=None)
    assert '"\\"); import evil #\\u003c/script>"' in snippets.of_key(key)[0].text


# --- strangers ---


@pytest.mark.promise("A29")
def test_a_stranger_reads_the_same_sentence_of_every_refusal(site: Client, widget: Widget, key: SigningKey) -> None:
    bad = {
        "expired": sign(key, claims(exp=1)),
        "unknown_key": sign(SigningKey(kid="../../etc/passwd", secret=key.secret)),
        "bad_signature": sign(SigningKey(kid=key.kid, secret="another secret of at least 32 bytes")),
        "wrong_algorithm": by_hand({"alg": "none", "kid": key.kid}, claims(), ""),
        "wrong_audience": sign(key, claims(aud="7-abcdefgh")),
        "missing_claim": sign(key, claims(exp=...)),
        "not_yet_valid": sign(key, claims(iat=2**31)),
        "bad_claim": sign(key, claims(exp=4_070_908_800)),  # the year 2099
    }
    answers = {code: ask(site, widget, {"token": token}) for code, token in bad.items()}
    assert {code: problem(answer) for code, answer in answers.items()} == {code: (401, code) for code in bad}
    said = [{name: text for name, text in answer.json().items() if name not in OWN} for answer in answers.values()]
    assert all(one == said[0] for one in said), said


@pytest.mark.promise("A29")
@pytest.mark.parametrize("kid", ["../../../dev/null", "' OR 1=1 --", "a'; DROP TABLE identification_signingkey; --"])
def test_a_kid_is_a_name_and_nothing_else(site: Client, widget: Widget, key: SigningKey, kid: str) -> None:
    for secret in (key.secret, "", "\x00"):
        token = by_hand({"alg": "HS256", "kid": kid}, claims(), secret)
        assert problem(ask(site, widget, {"token": token})) == (401, "unknown_key")
    assert SigningKey.objects.get() == key


@pytest.mark.promise("A29")
def test_a_token_of_a_megabyte_is_refused_before_it_is_read(site: Client, widget: Widget, key: SigningKey) -> None:
    token = sign(key, claims(name="x" * 1_000_000))
    answer = ask(site, widget, {"token": token})
    assert problem(answer) == (401, "bad_signature")
    assert len(answer.content) < 1000
