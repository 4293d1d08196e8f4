"""The console: it says in words what a widget would do with a token, and does nothing itself."""

import base64
import json
import logging
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.channels.models import Language, Widget
from helpdesk.events.models import Event
from helpdesk.users.models import CustomField, Person, Profile, Value
from helpdesk.users.services import blocking, identity, profiles, values
from identification import console, keys, services
from identification.models import Brake, Code, SigningKey, TokenRefusal
from tests import world
from tests.admin.pages import Admin, Page
from tests.identification import pairs
from tests.identification.asking import ask, by_hand, claims, sign

pytestmark = pytest.mark.django_db

CONSOLE = "identification/signingkey/console/"
KEPT = (Event, Profile, Person, Value, Code, Brake, TokenRefusal)


@pytest.fixture
def ada(client: Client, languages: list[Language]) -> Admin:
    client.force_login(world.admin())
    return Admin(client)


@pytest.fixture
def other() -> SigningKey:
    return keys.make("Other", by=None)[0]


def examine(ada: Admin, token: str, widget: Widget | None = None) -> Page:
    return ada.open(CONSOLE).send("_test", token=token, widget=widget.pk if widget else "")


def state(found: console.Examined, about: str) -> str:
    """The chip of one line. Raises AssertionError where there is not exactly one."""
    states = [one.state for one in found.findings if one.about == about]
    assert len(states) == 1, found.findings
    return states[0]


def test_a_good_token_is_right_in_every_line_and_says_who_it_is(ada: Admin, widget: Widget, key: SigningKey) -> None:
    said = claims(iat=int(time.time()), aud=widget.public_id, name="Bob", email="bob@example.com", email_verified=True)
    page = examine(ada, sign(key, said), widget)
    assert "A widget believes it." in page.text
    assert "somebody new, with your id 42" in page.text
    assert "level 3" in page.text
    assert "wrong" not in page.text.split("Another token")[0].split("About")[1]
    for words in (
        "The key “Shop”.",
        "HS256, as its key has it.",
        "Made for this widget.",
        "verified by you",
        "minutes",
    ):
        assert words in page.text


def test_who_is_known_already_is_named_with_the_addresses(ada: Admin, key: SigningKey, bob: Profile) -> None:
    account = profiles.meet("external", "42", level=3)
    identity.prove(bob, account, method="token", level=3, evidence={}, by=None)
    values.say(account, "api", {"name": "Bob Kern"}, by=None)
    page = examine(ada, sign(key))
    assert "It identifies Bob Kern (42, bob-in-messenger)" in page.text


def test_an_address_of_somebody_else_is_told(key: SigningKey) -> None:
    profiles.meet("email", "carol@example.com")
    said = claims(email="carol@example.com", email_verified=True)
    found = console.examine(sign(key, said), widget=None)
    assert found.whom
    assert "belongs to carol@example.com so far" in found.whom.more[0]


@pytest.mark.parametrize(
    ("more", "about", "code"),
    [
        ({"exp": 1}, "exp", "expired"),
        ({"exp": ...}, "exp", "missing_claim"),
        ({"exp": 4_070_908_800}, "exp", "bad_claim"),
        ({"exp": "soon"}, "exp", "bad_claim"),
        ({"exp": 10**400}, "exp", "bad_claim"),
        ({"iat": 4_070_908_800}, "iat", "not_yet_valid"),
        ({"iat": "now"}, "iat", "bad_claim"),
        ({"nbf": 4_070_908_800}, "nbf", "not_yet_valid"),
        ({"aud": "7-abcdefgh"}, "aud", "wrong_audience"),
        ({"external_id": ...}, "external_id / sub", "missing_claim"),
        ({"name": 7}, "name", "bad_claim"),
        ({"email": ["x"]}, "email", "bad_claim"),
        ({"custom_fields": []}, "external_id / sub", ""),
        ({"custom_fields": [1]}, "custom_fields", "bad_claim"),
    ],
)
def test_each_wrong_claim_is_the_one_that_is_called_wrong(
    key: SigningKey, widget: Widget, more: dict[str, Any], about: str, code: str
) -> None:
    found = console.examine(sign(key, claims(**more)), widget=widget)
    assert found.refusal == code
    assert [one.about for one in found.findings if one.state == "danger"] == ([about] if code else [])


@pytest.mark.parametrize(
    ("said", "about"),
    [({"email": "bob@example.com"}, "email"), ({"iat": ...}, "iat"), ({"aud": "1-abcdefgh"}, "aud")],
)
def test_what_works_but_is_worth_a_look_is_marked(key: SigningKey, said: dict[str, Any], about: str) -> None:
    found = console.examine(sign(key, claims(**said)), widget=None)
    assert (found.refusal, state(found, about)) == ("", "warn")


def test_unknown_claims_and_keys_in_the_header_are_named(key: SigningKey, tariff: CustomField) -> None:
    said = claims(colour="red", scope="user", custom_fields={"tariff": "Gold", "shoe": 44}, phone="+49881370")
    found = console.examine(sign(key, said, header={"jku": "https://evil.example/keys"}), widget=None)
    assert found.whom
    assert (found.refusal, state(found, "colour"), state(found, "scope"), state(found, "jku")) == ("", "", "", "warn")
    assert {sentence.split(" ")[0] for sentence in found.whom.more} == {"phone", "shoe", "tariff"}


def hostile(key: SigningKey, other: SigningKey) -> dict[str, str]:
    """Tokens of all sorts, right and wrong."""
    head = {"alg": "HS256", "kid": key.kid}
    pair = pairs.added("ES256")
    deep: Any = []
    for _ in range(700):
        deep = [deep]
    return {
        "good": sign(key),
        "of a pair": pairs.signed(pair),
        "other hand": pairs.signed(pair, number=1),
        "expired": sign(key, claims(exp=1)),
        "forged": by_hand(head, claims(), other.secret),
        "none": by_hand({**head, "alg": "none"}, claims(), ""),
        "public key as a secret": by_hand({"alg": "HS256", "kid": pair.kid}, claims(), pair.public_key),
        "no kid": by_hand({"alg": "HS256"}, claims(), key.secret),
        "odd kid": by_hand({**head, "kid": ["x"]}, claims(), key.secret),
        "path as kid": by_hand({**head, "kid": "../../etc/passwd"}, claims(), key.secret),
        "crit": by_hand({**head, "crit": ["b64"], "b64": False}, claims(), key.secret),
        "array": by_hand(head, b"[]", key.secret),
        "deep": by_hand(head, {**claims(), "x": deep}, key.secret),
        "not JSON": by_hand(head, b"\xff{", key.secret),
        "infinite": by_hand(head, b'{"exp": 1e999, "sub": "42"}', key.secret),
        "NaN": by_hand(head, b'{"exp": NaN, "iat": NaN, "sub": "42"}', key.secret),
        "negative": by_hand(head, b'{"exp": -1e300, "iat": -1, "sub": "42"}', key.secret),
        "nobody": sign(key, claims(external_id="null")),
        "bad address": sign(key, claims(email="x", email_verified=True)),
        "huge": sign(key, claims(name="x" * 1_000_000)),
        "no token": "hello",
        "dots": "..",
        "other letters": "é.é.é",
        "half a pair": "\ud800.a.b",
        "markup": "<script>alert(1)</script>",
    }


NAMES = (
    "good", "of a pair", "other hand", "expired", "forged", "none", "public key as a secret", "no kid", "odd kid",
    "path as kid", "crit", "array", "deep", "not JSON", "infinite", "NaN", "negative", "nobody", "bad address", "huge",
    "no token", "dots", "other letters", "half a pair", "markup",
)  # fmt: skip


@pytest.mark.promise("A29")
@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_a_widget_says_and_changes_nothing(
    site: Client, widget: Widget, key: SigningKey, other: SigningKey, name: str
) -> None:
    tokens = hostile(key, other)
    assert set(NAMES) == set(tokens)
    before = [model.objects.count() for model in KEPT]
    found = console.examine(tokens[name], widget=widget)
    assert [model.objects.count() for model in KEPT] == before
    assert not SigningKey.objects.filter(last_used_at__isnull=False).exists()
    assert any(one.state == "danger" for one in found.findings) == bool(found.refusal)
    answer = ask(site, widget, {"token": tokens[name]})
    if name == "half a pair":
        assert answer.status_code == 400  # not even JSON
    else:
        assert (answer.json()["code"] if answer.status_code != 201 else "") == found.refusal


def test_retired_revoked_and_blocked_are_told_apart(widget: Widget, key: SigningKey, other: SigningKey) -> None:
    account = profiles.meet("external", "42")
    keys.retire(other, by=None)
    retired = console.examine(sign(other), widget=widget)
    assert retired.refusal == "unknown_key"
    assert any("“Other” was retired" in one.sentence for one in retired.findings)
    blocking.block(account.person, by=None)
    assert console.examine(sign(key), widget=widget).refusal == "blocked"
    blocking.unblock(account.person, by=None)
    services.revoke_tokens(account, by=None)
    assert console.examine(sign(key), widget=widget).refusal == "revoked"


def test_the_key_of_a_hash_is_named_as_one(widget: Widget) -> None:
    secret, today = "a secret of the old site, long", timezone.localdate()
    bridge = keys.bridge("Old", "chatwoot", secret, widget=widget, ends_on=today, by=None)
    found = console.examine(by_hand({"alg": "HS256", "kid": bridge.kid}, claims(), secret), widget=widget)
    assert found.refusal == "unknown_key"
    assert any("signs no tokens" in one.sentence for one in found.findings)


# --- the page ---


@pytest.mark.promise("P31")
def test_the_token_is_given_back_nowhere_and_not_logged(
    ada: Admin, key: SigningKey, caplog: pytest.LogCaptureFixture
) -> None:
    token = sign(key)
    with caplog.at_level(logging.DEBUG):
        page = examine(ada, token)
        examine(ada, f"  {token}\n")
    signature = token.rpartition(".")[2]
    assert page.address.endswith(CONSOLE)
    assert page.values["token"] == [""]
    assert signature not in page.html
    assert token.split(".")[1] not in page.html
    assert signature not in caplog.text
    assert signature not in str(ada.client.session.items())


def test_its_answer_is_kept_by_no_browser_and_it_takes_no_token_from_the_address(ada: Admin, key: SigningKey) -> None:
    answer = ada.client.post(f"/admin/{CONSOLE}", {"token": sign(key)})
    assert "no-store" in answer["Cache-Control"]
    assert "What this token is worth" not in ada.client.get(f"/admin/{CONSOLE}?token={sign(key)}").content.decode()


@pytest.mark.promise("P29")
def test_what_a_token_says_is_text(ada: Admin, key: SigningKey) -> None:
    evil = "<script>planted()</script>"
    said = claims(external_id=evil, name=evil, email=evil, colour=evil, **{evil: evil})
    page = examine(ada, sign(key, said, header={"jku": evil}))
    assert "<script>planted" not in page.html
    assert "&lt;script&gt;planted" in page.html
    raw = base64.urlsafe_b64encode(json.dumps({"alg": evil, "kid": key.kid}).encode()).rstrip(b"=").decode()
    assert "<script>planted" not in examine(ada, f"{raw}.e30.e30").html


def test_without_a_token_it_says_so(ada: Admin) -> None:
    page = examine(ada, "  ")
    assert (page.status, "This field is required." in page.text) == (200, True)
    assert "What this token is worth" not in page.text


def test_it_is_reached_from_the_list_and_from_a_key(ada: Admin, key: SigningKey) -> None:
    for path in ("identification/signingkey/", f"identification/signingkey/{key.pk}/change/"):
        assert f"/admin/{CONSOLE}" in ada.open(path).read.links


def test_it_is_for_admins_and_wants_the_form_s_proof(client: Client, languages: list[Language]) -> None:
    client.force_login(world.agent("Eve"))
    assert client.get(f"/admin/{CONSOLE}").status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.admin())
    assert strict.post(f"/admin/{CONSOLE}", {"token": "x"}).status_code == 403
