"""The identification widget over HTTP: its script, its texts, and which sites may ask."""

import gzip
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from helpdesk.channels.models import Language, Widget
from identification.models import Code
from tests.identification.asking import BOB, SITE, ask, problem

pytestmark = pytest.mark.django_db


# --- the script ---


def test_the_script_stands_under_an_address_that_never_changes(site: Client) -> None:
    answer = site.get("/widget/v1/identify.js")
    script = (settings.BASE_DIR / "static/widget/identify.js").read_bytes()
    assert answer.content == script
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "max-age=300" in answer["Cache-Control"]
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.cookies


def test_the_script_travels_compressed(site: Client) -> None:
    plain = site.get("/widget/v1/identify.js")
    zipped = site.get("/widget/v1/identify.js", headers={"Accept-Encoding": "gzip, br"})
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content
    assert zipped["ETag"] != plain["ETag"]
    assert "Accept-Encoding" in plain["Vary"]


def test_a_browser_that_has_the_script_gets_no_second_copy(site: Client) -> None:
    etag = site.get("/widget/v1/identify.js")["ETag"]
    again = site.get("/widget/v1/identify.js", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert site.post("/widget/v1/identify.js").status_code in {403, 405}


# --- texts ---


def texts(client: Client, widget: Widget, query: str = "", accept: str = "") -> Any:
    headers = {"Accept-Language": accept}
    return client.get(f"/widget/v1/identify/{widget.public_id}/texts{query}", headers=headers).json()


@pytest.mark.parametrize(
    ("query", "accept", "language"),
    [
        ("", "", "en"),
        ("?locale=de", "", "de"),
        ("?locale=de-AT", "en", "de"),
        ("?locale=DE_at", "en", "de"),
        ("?locale=xx", "de;q=0.9, en;q=0.1", "de"),
        ("", "fr, de;q=0.5", "de"),
        ("?locale=fr", "", "en"),
        ("?locale=%01%ff'", "x" * 3000, "en"),
    ],
)
@pytest.mark.seed("000", "ability to select a language")
def test_the_language_is_the_pages_the_browsers_or_the_desks(
    site: Client, widget: Widget, query: str, accept: str, language: str
) -> None:
    answer = texts(site, widget, query, accept)
    assert (answer["lang"], answer["dir"]) == (language, "ltr")
    assert answer["texts"]["copy"] == {"en": "Copy code", "de": "Code kopieren"}[language]


def test_a_fixed_language_is_spoken_to_everybody(site: Client, widget: Widget) -> None:
    widget.language = Language.objects.get(code="de")
    widget.save()
    assert texts(site, widget, "?locale=en")["lang"] == "de"


@pytest.mark.seed("000", "translate the phrases used into all the languages added in the localization settings")
def test_an_admins_words_come_before_our_own(site: Client, widget: Widget) -> None:
    widget.texts = {"de": {"copy": "Kopier mich"}, "en": {"title": "Who are you?"}}
    widget.save()
    german = texts(site, widget, "?locale=de")["texts"]
    assert german["copy"] == "Kopier mich"
    assert german["title"] == "Konto bestätigen"
    assert texts(site, widget, "?locale=en")["texts"]["title"] == "Who are you?"


def test_a_language_that_we_do_not_speak_has_the_admins_words_and_the_rest_of_the_default(
    site: Client, widget: Widget
) -> None:
    Language.objects.create(code="he", title="עברית")
    widget.texts = {"he": {"copy": "העתקה"}}
    widget.save()
    answer = texts(site, widget, "?locale=he")
    assert (answer["lang"], answer["dir"]) == ("he", "rtl")
    assert (answer["texts"]["copy"], answer["texts"]["close"]) == ("העתקה", "Close")


# --- which site ---


@pytest.mark.promise("A31")
def test_without_a_list_every_site_may_ask_but_never_with_credentials(site: Client, trusting: Widget) -> None:
    answer = ask(site, trusting, BOB)
    assert answer.status_code == 201
    assert answer["Access-Control-Allow-Origin"] == SITE
    assert "Access-Control-Allow-Credentials" not in answer
    assert "Origin" in answer["Vary"]
    assert not answer.cookies


@pytest.mark.promise("A31")
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example.evil.example",
        "https://evilshop.example",
        "https://www.shop.example",
        "null",
        "",
        "https://shop.example/",
        "https://shop.example, https://evil.example",
    ],
)
def test_with_a_list_only_its_exact_origins_may(trusting: Widget, origin: str) -> None:
    trusting.allowed_origins = f"{SITE}/\nhttps://other.example"
    trusting.save()
    answer = ask(Client(headers={"Origin": origin}), trusting, BOB)
    assert problem(answer) == (403, "origin_refused")
    assert "Access-Control-Allow-Origin" not in answer
    assert "Origin" in answer["Vary"]
    assert not Code.objects.exists()
    assert ask(Client(headers={"Origin": SITE}), trusting, BOB)["Access-Control-Allow-Origin"] == SITE


@pytest.mark.promise("A31")
def test_a_frame_without_an_origin_of_its_own_may_not(trusting: Widget) -> None:
    assert problem(ask(Client(headers={"Origin": "null"}), trusting, BOB)) == (403, "origin_refused")


@pytest.mark.promise("A31")
def test_a_preflight_names_what_is_allowed(site: Client, widget: Widget) -> None:
    path = f"/widget/v1/identify/{widget.public_id}/codes"
    answer = site.options(path, headers={"Access-Control-Request-Method": "POST"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Access-Control-Allow-Origin"] == SITE
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert answer["Access-Control-Allow-Headers"] == "Content-Type"
    widget.allowed_origins = "https://other.example"
    widget.save()
    refused = site.options(path, headers={"Access-Control-Request-Method": "POST"})
    assert "Access-Control-Allow-Origin" not in refused


@pytest.mark.parametrize("name", ["1-abcdefgh", "0-x", "x", "-", "1", "９-abcdefgh", "99999999999999999999-a", "1-é"])
def test_a_widget_that_does_not_exist_is_not_found(site: Client, widget: Widget, name: str) -> None:
    assert problem(ask(site, name, BOB)) == (404, "not_found")
    assert problem(site.get(f"/widget/v1/identify/{name}/texts")) == (404, "not_found")


def test_a_widget_that_is_switched_off_or_of_another_kind_is_not_found(site: Client, trusting: Widget) -> None:
    for change in ({"active": False}, {"active": True, "kind": "chat"}):
        Widget.objects.update(**change)
        assert problem(ask(site, trusting, BOB)) == (404, "not_found")
