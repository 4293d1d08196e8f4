"""A widget's page in the admin, in Chromium with the production policy: make it, copy it, write its words."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from helpdesk.channels.models import Language, Widget
from tests import world
from tests.browser.conftest import Guard

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.fixture(autouse=True)
def _languages(transactional_db: None) -> None:
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
    Language.objects.get_or_create(code="de", defaults={"title": "Deutsch"})


@pytest.mark.seed("000", "Once the widget is created, you'll get a script")
def test_an_admin_makes_a_widget_and_copies_its_snippet(open_desk: Open) -> None:
    page = open_desk(world.admin(), "/admin/channels/widget/add/", **CLIPBOARD)
    page.get_by_label("Title").first.fill("Account page")
    page.get_by_role("button", name="Save", exact=True).click()
    copy = page.locator("button[data-copies]").first
    copy.click()
    expect(copy).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("<!-- Start of user identification -->")
    assert f'data-widget-id="{Widget.objects.get().public_id}"' in copied
    expect(copy).to_have_text("Copy")


def test_the_preview_follows_what_is_typed_in_each_language(open_desk: Open) -> None:
    Language.objects.create(code="ar", title="Arabic")
    widget = Widget.objects.create(title="Account page", texts={"de": {"title": "Wer bist du?"}})
    page = open_desk(world.admin(), f"/admin/channels/widget/{widget.pk}/change/")
    dialog = page.locator("[data-dialog]")
    expect(dialog).to_contain_text("Copy this code and send it in the chat.")
    page.get_by_text("Texts in Deutsch").click()
    page.get_by_label("Button: new code").and_(page.locator(":visible")).fill("Noch einer <b>bitte</b>")
    expect(dialog).to_contain_text("Wer bist du?")
    expect(dialog.locator(".button")).to_have_text("Noch einer <b>bitte</b>")
    page.get_by_label("Language").last.select_option(label="Arabic")
    expect(dialog).to_have_attribute("dir", "rtl")
    page.get_by_label("State").select_option(label="Confirming")
    assert dialog.locator(".other").count() == 2
    assert Widget.objects.get().texts == {"de": {"title": "Wer bist du?"}}, "nothing is saved"


@pytest.mark.seed("000", "translate the phrases used into all the languages added in the localization settings")
def test_an_admin_writes_the_words_of_one_language(open_desk: Open) -> None:
    widget = Widget.objects.create(title="Account page")
    page = open_desk(world.admin(), f"/admin/channels/widget/{widget.pk}/change/")
    page.get_by_text("Texts in Deutsch").click()
    field = page.get_by_label("Button: copy").and_(page.locator(":visible"))
    expect(field).to_have_attribute("placeholder", "Code kopieren")
    field.fill("Kopieren, bitte")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert Widget.objects.get().texts == {"de": {"copy": "Kopieren, bitte"}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible(open_desk: Open, guard: Guard, scheme: str) -> None:
    widget = Widget.objects.create(title="Account page", trust_page_data=True)
    page = open_desk(world.admin(), f"/admin/channels/widget/{widget.pk}/change/", color_scheme=scheme)
    for section in page.locator("fieldset details summary").all():
        section.click()
    found = [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]
    assert found == []
    # The checker itself tries styles; the page has none.
    guard.troubles[:] = [one for one in guard.troubles if "inline style" not in one and "preload assets" not in one]
