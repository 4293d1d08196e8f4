"""Signing keys and widgets by the API: secrets once, errors at their fields."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.utils import timezone

from helpdesk.channels.models import Language, Widget
from helpdesk.events.models import Event
from identification.models import SigningKey

pytestmark = pytest.mark.django_db

PRIVATE = generate_private_key(SECP256R1())
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def code_for(api: Any, widget: str, token: str) -> int:
    """The status with which the widget answers this token."""
    answer = api.client.post(f"/widget/v1/identify/{widget}/codes", {"token": token}, content_type="application/json")
    return int(answer.status_code)


def test_a_secret_is_told_once_signs_and_is_retired(admin_api):
    widget = admin_api.post("widgets/", {"title": "Account page"})["widget_id"]
    made = admin_api.post("signing_keys/", {"title": "Shop"})
    assert (made["algorithm"], made["active"]) == ("HS256", True)
    claims = {"external_id": "A-1", "exp": timezone.now().timestamp() + 300}
    token = jwt.encode(claims, made["secret"], "HS256", {"kid": made["kid"]})
    assert code_for(admin_api, widget, token) == 201
    shown = admin_api.get(f"signing_keys/{made['key_id']}/")
    assert "secret" not in shown
    assert made["secret"] not in str(admin_api.get("signing_keys/"))
    retired = admin_api.post(f"signing_keys/{made['key_id']}/retire/", {}, expect=200)
    assert not retired["active"]
    assert retired["retired_at"]
    assert code_for(admin_api, widget, token) == 401


def test_the_secret_is_not_told_again_to_a_repeated_request(admin_api):
    first = admin_api.post("signing_keys/", {"title": "Shop"}, **{"Idempotency-Key": "k1"})
    again = admin_api.post("signing_keys/", {"title": "Shop"}, **{"Idempotency-Key": "k1"})
    assert first["secret"]
    assert first["secret"] not in str(again)
    assert SigningKey.objects.count() == 1


def test_a_public_key_keeps_its_kid_and_is_shown(admin_api):
    made = admin_api.post("signing_keys/", {"title": "Shop", "public_key": PUBLIC, "kid": "shop-2026"})
    assert (made["algorithm"], made["kid"], made["public_key"]) == ("ES256", "shop-2026", PUBLIC)
    assert (
        "public_key" in admin_api.post("signing_keys/", {"title": "Twice", "public_key": PUBLIC}, expect=400)["errors"]
    )


def test_a_kid_that_another_key_has_is_named_as_what_is_wrong(admin_api):
    made = admin_api.post("signing_keys/", {"title": "Shop"})
    body = {"title": "Mine", "public_key": PUBLIC, "kid": made["kid"]}
    assert list(admin_api.post("signing_keys/", body, expect=400)["errors"]) == ["kid"]


def test_a_private_key_and_nonsense_are_refused_and_not_repeated(admin_api):
    private = PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in (private, "nonsense", "{}"):
        told = admin_api.post("signing_keys/", {"title": "Shop", "public_key": text}, expect=400)
        assert "public_key" in told["errors"]
        assert private.split("\n")[1] not in str(told)
    assert "kid" in admin_api.post("signing_keys/", {"title": "Shop", "kid": "x"}, expect=400)["errors"]
    assert not SigningKey.objects.exists()


def test_a_widget_is_made_and_changed(admin_api):
    language = Language.objects.get_or_create(code="de", defaults={"title": "Deutsch"})[0]
    made = admin_api.post("widgets/", {"title": "Account page"})
    assert (made["kind"], made["trust_page_data"], made["confirm_codes"]) == ("identification", False, False)
    changes = {
        "allowed_origins": ["https://Shop.example:443/", "https://shop.example"],
        "confirm_codes": True,
        "language_id": language.pk,
        "texts": {"de": {"title": "Wer bist du?", "intro": ""}},
    }
    changed = admin_api.patch(f"widgets/{made['id']}/", changes)
    assert changed["allowed_origins"] == ["https://shop.example"]
    assert changed["texts"] == {"de": {"title": "Wer bist du?"}}
    assert Widget.objects.get().language == language
    assert admin_api.get("widgets/")["results"] == [changed]
    assert admin_api.patch(f"widgets/{made['id']}/", {"language_id": None})["language_id"] is None


def test_who_changed_whom_a_widget_believes_is_written_down(admin_api):
    made = admin_api.post("widgets/", {"title": "Account page"})
    admin_api.patch(f"widgets/{made['id']}/", {"trust_page_data": True, "title": "My account"})
    admin_api.patch(f"widgets/{made['id']}/", {"trust_page_data": True})
    born, changed = Event.objects.filter(kind__startswith="widget.").order_by("pk")
    assert (born.kind, born.get("trust_page_data")) == ("widget.made", False)
    assert (changed.kind, changed.actor_kind) == ("widget.changed", "agent")
    assert changed.data["changes"] == "title, trust_page_data"
    assert (changed.data["old_trust_page_data"], changed.data["trust_page_data"]) == (False, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"allowed_origins": ["shop"]}, "allowed_origins"),
        ({"language_id": 987}, "language_id"),
        ({"texts": {"xx": {"title": "?"}}}, "texts"),
        ({"texts": {"en": {"no_such": "?"}}}, "texts"),
        ({"texts": {"en": {"title": "x" * 301}}}, "texts.en.title"),
        ({"colour": "red"}, "colour"),
        ({"title": ""}, "title"),
    ],
)
def test_what_is_wrong_is_named(admin_api, body, field):
    assert field in admin_api.post("widgets/", {"title": "Account page", **body}, expect=400)["errors"]
    assert not Widget.objects.exists()


def test_what_is_not_there_is_not_found(admin_api):
    for path in ("widgets/0/", "widgets/x/", "signing_keys/987654/"):
        admin_api.get(path, expect=404)
