"""Signed tokens: what is believed, and the reason for each refusal."""

import base64
import time
from typing import Any

import jwt
import pytest
from django.db import connection

from helpdesk.channels.models import Widget
from helpdesk.events.models import Event
from identification import keys, tokens
from identification.errors import REASONS, BadToken
from identification.models import SigningKey
from tests import world
from tests.identification.asking import by_hand, claims, sign

pytestmark = pytest.mark.django_db


def refusal(token: str, widget: Widget) -> str:
    with pytest.raises(BadToken) as refused:
        tokens.verify(token, widget=widget)
    assert refused.value.code in REASONS
    assert token[-20:] not in str(refused.value)
    return refused.value.code


def test_a_good_token_says_who_it_is(key: SigningKey, widget: Widget) -> None:
    payload = claims(
        name="Bob",
        email="bob@example.com",
        email_verified=True,
        phone="+49881370",
        custom_fields={"tariff": "VIP"},
    )
    said = tokens.verify(sign(key, payload | {"scope": "user", "iat": int(time.time())}), widget=widget)
    assert said == tokens.Claims(
        external_id="42",
        name="Bob",
        email="bob@example.com",
        custom_fields={"tariff": "VIP"},
        claimed={"phone": "+49881370"},
    )
    key.refresh_from_db()
    assert key.last_used_at is not None


@pytest.mark.parametrize("verified", [False, ..., "true", 1, None])
def test_an_email_counts_only_if_it_is_called_verified(key: SigningKey, widget: Widget, verified: object) -> None:
    payload = claims(email="bob@example.com", email_verified=verified)
    said = tokens.verify(sign(key, payload), widget=widget)
    assert (said.email, said.claimed) == ("", {"email": "bob@example.com"})


@pytest.mark.parametrize("payload", [claims(external_id=..., sub="42"), claims(sub="other"), claims(external_id=42)])
def test_external_id_or_sub_names_the_account(key: SigningKey, widget: Widget, payload: dict[str, Any]) -> None:
    assert tokens.verify(sign(key, payload), widget=widget).external_id == "42"


@pytest.mark.promise("A29")
@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"exp": ...}, "missing_claim"),
        ({"exp": None}, "missing_claim"),
        ({"external_id": ...}, "missing_claim"),
        ({"external_id": ""}, "missing_claim"),
        ({"exp": int(time.time()) - 120}, "expired"),
        ({"exp": int(time.time()) + 25 * 3600}, "bad_claim"),
        ({"exp": "tomorrow"}, "bad_claim"),
        ({"exp": [1]}, "bad_claim"),
        ({"exp": 1e400}, "bad_claim"),
        ({"nbf": int(time.time()) + 36_000}, "not_yet_valid"),
        ({"iat": int(time.time()) + 36_000}, "not_yet_valid"),
        ({"iat": "now"}, "bad_claim"),
        ({"nbf": {}}, "bad_claim"),
        ({"aud": "1-abcdefgh"}, "wrong_audience"),
        ({"aud": ["1-abcdefgh", "2-abcdefgh"]}, "wrong_audience"),
        ({"aud": ""}, "wrong_audience"),
        ({"aud": 7}, "wrong_audience"),
        ({"external_id": {"id": 1}}, "bad_claim"),
        ({"external_id": True}, "bad_claim"),
        ({"external_id": "x" * 256}, "bad_claim"),
        ({"external_id": 10**300}, "bad_claim"),
        ({"external_id": "a\x00b"}, "bad_claim"),
        ({"name": "\ud800"}, "bad_claim"),
        ({"name": 7}, "bad_claim"),
        ({"email": ["bob@example.com"]}, "bad_claim"),
        ({"custom_fields": ["VIP"]}, "bad_claim"),
    ],
)
def test_each_claim_has_its_reason_for_a_refusal(
    key: SigningKey, widget: Widget, more: dict[str, Any], reason: str
) -> None:
    token = by_hand({"alg": "HS256", "typ": "JWT", "kid": key.kid}, claims(**more), key.secret)
    assert refusal(token, widget) == reason


def test_clocks_may_differ_by_a_minute(key: SigningKey, widget: Widget) -> None:
    now = int(time.time())
    for payload in (
        claims(exp=now - 50),
        claims(iat=now + 50),
        claims(nbf=now + 50),
        claims(exp=now + 24 * 3600),
    ):
        assert tokens.verify(sign(key, payload), widget=widget).external_id == "42"


@pytest.mark.promise("A29")
def test_an_audience_that_is_this_widget_is_right(key: SigningKey, widget: Widget) -> None:
    for audience in (widget.public_id, ["https://shop.example", widget.public_id]):
        assert tokens.verify(sign(key, claims(aud=audience)), widget=widget)


def test_another_secret_is_a_bad_signature(key: SigningKey, widget: Widget) -> None:
    other, _secret = keys.make("Other", by=None)
    forged = jwt.encode(claims(), other.secret, algorithm="HS256", headers={"kid": key.kid})
    assert refusal(forged, widget) == "bad_signature"


def test_the_secret_is_used_as_it_stands(key: SigningKey, widget: Widget) -> None:
    """Signing with the base-64-decoded secret is the mistake that everybody makes once."""
    decoded = base64.urlsafe_b64decode(key.secret + "=")
    token = jwt.encode(claims(), decoded, algorithm="HS256", headers={"kid": key.kid})
    assert refusal(token, widget) == "bad_signature"


@pytest.mark.promise("A29")
@pytest.mark.parametrize("kid", ["key_000000000000", "", None, 7, ["a"], {"a": 1}, "a\x00b", "\ud800", "' OR 1=1 --"])
def test_a_key_that_is_not_ours_is_unknown(key: SigningKey, widget: Widget, kid: object) -> None:
    header = {"alg": "HS256", "typ": "JWT", "kid": kid}
    assert refusal(by_hand(header, claims(), key.secret), widget) in {"unknown_key", "bad_signature"}


def test_without_a_kid_no_key_is_guessed(key: SigningKey, widget: Widget) -> None:
    assert refusal(by_hand({"alg": "HS256"}, claims(), key.secret), widget) == "unknown_key"


@pytest.mark.promise("A30")
def test_a_retired_key_is_unknown_and_the_new_one_works_beside_it_before(key: SigningKey, widget: Widget) -> None:
    new, _secret = keys.make("New", by=None)
    assert tokens.verify(sign(key), widget=widget) == tokens.verify(sign(new), widget=widget)
    keys.retire(key, by=None)
    assert refusal(sign(key), widget) == "unknown_key"
    assert tokens.verify(sign(new), widget=widget)


@pytest.mark.promise("A29")
@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", None, 7, "HS512", "RS256", "ES256", "EdDSA", "hs256"]
)
def test_the_algorithm_is_the_keys_and_never_the_tokens(key: SigningKey, widget: Widget, algorithm: object) -> None:
    token = by_hand({"alg": algorithm, "kid": key.kid}, claims(), key.secret)
    assert refusal(token, widget) == "wrong_algorithm"
    assert refusal(token.rpartition(".")[0] + ".", widget) == "wrong_algorithm"


@pytest.mark.promise("A29")
def test_what_a_header_wants_to_bring_along_has_no_effect(key: SigningKey, widget: Widget) -> None:
    """Neither is anything fetched: a test that reaches the network fails."""
    own = base64.urlsafe_b64encode(b"evil secret of at least 32 bytes...").decode()
    header = {"jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/", "jwk": {"kty": "oct", "k": own}}
    forged = by_hand({"alg": "HS256", "kid": key.kid, **header}, claims(), "evil secret of at least 32 bytes...")
    assert refusal(forged, widget) == "bad_signature"
    assert tokens.verify(sign(key, header=header), widget=widget).external_id == "42"


@pytest.mark.promise("A29")
@pytest.mark.parametrize("crit", [["exp"], ["https://example.com/new"], [], "exp", ["b64"]])
def test_what_is_critical_and_not_understood_is_refused(key: SigningKey, widget: Widget, crit: object) -> None:
    header = {"alg": "HS256", "kid": key.kid, "crit": crit, "b64": False}
    assert refusal(by_hand(header, claims(), key.secret), widget) == "bad_signature"


@pytest.mark.promise("A29")
@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "é.é.é", "\x00", "\ud800", "a" * 100_000, "e30.e30.e30", "null.null.null"],
)
def test_what_is_no_token_is_refused(widget: Widget, token: str) -> None:
    with pytest.raises(BadToken) as refused:
        tokens.verify(token, widget=widget)
    assert refused.value.code in {"bad_signature", "unknown_key"}


@pytest.mark.parametrize("payload", [b"[]", b"null", b"7", b"{", b"\xff", b"[" * 5000, b'{"exp": NaN}'])
def test_what_is_no_object_is_no_claims(key: SigningKey, widget: Widget, payload: bytes) -> None:
    token = by_hand({"alg": "HS256", "kid": key.kid}, payload, key.secret)
    assert refusal(token, widget) in {"bad_signature", "bad_claim"}


@pytest.mark.promise("P31")
def test_a_secret_is_long_told_once_and_stored_encrypted() -> None:
    ann = world.admin()
    key, secret = keys.make("Shop", by=ann)
    assert len(secret) >= 43
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM identification_signingkey")
        assert secret not in cursor.fetchone()[0]
    made = Event.objects.get(kind="signing_key.made")
    assert made.actor_id == ann.pk
    assert secret not in str(made.data)
    assert SigningKey.objects.get(pk=key.pk).secret == secret
