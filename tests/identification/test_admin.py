"""Widgets and signing keys in the admin: what an admin types, sees and copies."""

import os
import re
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_custom.models import CustomChannel
from helpdesk.channels.models import Language, Widget
from helpdesk.users.models import CustomField
from helpdesk.widget.forms import origin
from identification import keys, snippets, tokens
from identification.models import SigningKey, TokenRefusal
from identification.phrases import PHRASES, WORDS
from tests import world

pytestmark = pytest.mark.django_db

WIDGETS, KEYS = "/admin/channels/widget/", "/admin/identification/signingkey/"


@pytest.fixture
def ada(client: Client, languages: list[Language]) -> Client:
    client.force_login(world.admin(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def fill(**more: Any) -> dict[str, Any]:
    return {"title": "Account page", "active": "on", "language": "", "allowed_origins": "", **more}


def samples(page: Any) -> list[str]:
    """The texts to copy on a page."""
    return [unescape(text) for text in re.findall(r'<code id="sample-\d">(.*?)</code>', page.content.decode(), re.S)]


# --- widgets ---


@pytest.mark.seed("000", "translate the phrases used into all the languages added in the localization settings")
def test_each_phrase_has_an_input_in_each_language_of_the_desk(ada: Client) -> None:
    Language.objects.create(code="he", title="עברית")
    page = ada.get(f"{WIDGETS}add/").content.decode()
    assert len(re.findall(r'<input type="text" name="text_\d+_\w+"', page)) == 3 * len(PHRASES)
    assert 'placeholder="Code kopieren"' in page
    assert page.count('placeholder="Copy code"') == 2


@pytest.mark.seed("000", "Once the widget is created, you'll get a script")
def test_after_saving_the_page_shows_the_snippet(ada: Client) -> None:
    made = ada.post(f"{WIDGETS}add/", fill(), follow=True)
    widget = Widget.objects.get()
    assert made.redirect_chain == [(f"{WIDGETS}{widget.pk}/change/", 302)]
    assert f'data-widget-id="{widget.public_id}"' in samples(made)[0]
    assert "/widget/v1/identify.js" in samples(made)[0]
    assert 'token: "…"' in samples(made)[0]
    assert "user_email" not in samples(made)[0]


@pytest.mark.seed("000", "an example of what fields are expected to have user data in them")
def test_where_page_data_is_trusted_every_field_of_the_desk_has_its_example(
    ada: Client, messenger: CustomChannel, tariff: CustomField
) -> None:
    snippet = samples(ada.post(f"{WIDGETS}add/", fill(trust_page_data="on"), follow=True))[0]
    for name in ("user_email", "user_phone", "user_full_name", "company_name", "language_id", "external_id"):
        assert f"{name}:" in snippet
    assert f'user_custom_channel: "cch{messenger.pk}"' in snippet
    assert '"tariff": "Standard",  // Tariff: Standard, VIP, No account' in snippet


@pytest.mark.seed("000", 'add the attribute class="deskie-identifier-widget"')
def test_the_page_shows_a_button_and_a_link_that_open_it(ada: Client) -> None:
    opens = samples(ada.post(f"{WIDGETS}add/", fill(), follow=True))[1]
    assert '<button type="button" class="deskie-identifier-widget">' in opens
    assert '<a class="deskie-identifier-widget" href="">' in opens


def test_a_title_cannot_end_the_script_that_it_stands_in(ada: Client) -> None:
    choices = [{"key": "1", "title": "</script><script>alert(1)"}]
    CustomField.objects.create(key="a", title="</script>\n<b>", kind="select", choices=choices)
    snippet = samples(ada.post(f"{WIDGETS}add/", fill(trust_page_data="on"), follow=True))[0]
    assert snippet.count("</script>") == 2
    assert snippet.count("<script") == 2


def test_words_are_kept_by_language_and_an_empty_input_takes_them_back(ada: Client, widget: Widget) -> None:
    german = Language.objects.get(code="de")
    widget.texts = {"de": {"copy": "Kopier", "title": "Titel"}, "xx": {"copy": "of a language that was switched off"}}
    widget.save()
    page = ada.get(f"{WIDGETS}{widget.pk}/change/").content.decode()
    assert 'value="Kopier"' in page
    ada.post(f"{WIDGETS}{widget.pk}/change/", fill(**{f"text_{german.pk}_copy": "Kopieren!"}))
    widget.refresh_from_db()
    assert widget.texts == {"de": {"copy": "Kopieren!"}, "xx": {"copy": "of a language that was switched off"}}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://Shop.Example/", "https://shop.example"),
        ("HTTPS://shop.example:443", "https://shop.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(typed: str, kept: str) -> None:
    assert origin(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "shop.example",
        "https://",
        "https://shop.example/account",
        "https://a@b.example",
        "ftp://shop.example",
        "null",
        "https://shop.example?x",
        "https://shop.example:99999",
        "https://[",
        "*",
        "https://*.shop.example",
        "https://ü.de",
    ],
)
def test_what_is_no_origin_is_refused_in_words(ada: Client, typed: str) -> None:
    answer = ada.post(f"{WIDGETS}add/", fill(allowed_origins=f"https://fine.example\n{typed}"))
    assert answer.status_code == 200
    assert "is not the address of a site" in answer.content.decode()
    assert not Widget.objects.exists()


def test_the_switch_that_costs_safety_says_so(ada: Client) -> None:
    page = ada.get(f"{WIDGETS}add/").content.decode()
    assert "can get a code for somebody else's account" in page


def test_the_page_tells_why_visitors_were_turned_away(ada: Client, widget: Widget) -> None:
    TokenRefusal.objects.create(widget=widget, reason="expired", hour=timezone.now(), count=7)
    page = ada.get(f"{WIDGETS}{widget.pk}/change/").content.decode()
    assert "<td>The token has expired.</td><td>7</td>" in page


def test_before_a_widget_is_deleted_the_page_says_what_that_means(ada: Client, widget: Widget) -> None:
    assert "stops working" in ada.get(f"{WIDGETS}{widget.pk}/delete/").content.decode()
    ada.post(f"{WIDGETS}{widget.pk}/delete/", {"post": "yes"})
    assert not Widget.objects.exists()


def test_only_admins_come_here(client: Client, widget: Widget) -> None:
    client.force_login(world.agent("Eve"), backend="allauth.account.auth_backends.AuthenticationBackend")
    for path in (WIDGETS, f"{WIDGETS}{widget.pk}/change/", KEYS, f"{KEYS}add/"):
        assert client.get(path).status_code in {302, 403, 404}


# --- signing keys ---


@pytest.mark.promise("P31")
def test_a_secret_is_shown_on_the_next_page_and_on_none_after_it(ada: Client) -> None:
    made = ada.post(f"{KEYS}add/", {"title": "Shop"}, follow=True)
    key = SigningKey.objects.get()
    assert key.secret in made.content.decode()
    assert key.secret not in str(ada.session.items())
    for path in (KEYS, f"{KEYS}{key.pk}/change/", f"{KEYS}{key.pk}/history/"):
        assert key.secret not in ada.get(path).content.decode()


def test_retiring_is_a_button_and_deleting_is_none(ada: Client) -> None:
    key, _secret = keys.make("Shop", by=None)
    page = ada.get(f"{KEYS}{key.pk}/change/").content.decode()
    assert 'name="_retire"' in page
    assert "deletelink" not in page
    ada.post(f"{KEYS}{key.pk}/change/", {"title": "Shop", "_retire": "1"})
    key.refresh_from_db()
    assert (key.active, bool(key.retired_at)) == (False, True)
    assert 'name="_retire"' not in ada.get(f"{KEYS}{key.pk}/change/").content.decode()


def test_a_key_can_be_given_another_title_and_nothing_else(ada: Client) -> None:
    key, secret = keys.make("Shop", by=None)
    ada.post(f"{KEYS}{key.pk}/change/", {"title": "Portal", "kid": "mine", "secret": "x", "algorithm": "none"})
    again = SigningKey.objects.get()
    assert (again.title, again.kid, again.secret, again.algorithm) == ("Portal", key.kid, secret, "HS256")


def test_the_python_that_we_show_makes_a_token_that_we_believe(
    monkeypatch: pytest.MonkeyPatch, widget: Widget, tariff: CustomField
) -> None:
    _key, secret = keys.make("Shop", by=None)
    monkeypatch.setitem(os.environ, "HELPDESK_SECRET", secret)
    names: dict[str, Any] = {}
    exec(snippets.samples(widget)[2].text, names)
    token = names["token"](SimpleNamespace(id=42, name="Bob", email="bob@example.com"))
    said = tokens.verify(token, widget=widget)
    assert (said.external_id, said.name, said.email) == ("42", "Bob", "bob@example.com")
    assert said.custom_fields == {"tariff": "Standard"}


def test_every_language_that_we_speak_has_every_phrase() -> None:
    for language, words in WORDS.items():
        assert set(words) == set(PHRASES), language
        assert "{time}" in words["valid_for"]
        assert all(words.values())
