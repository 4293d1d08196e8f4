"""The signing keys and their console in Chromium with the production policy, light and dark, wide and narrow."""

import time
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from helpdesk.channels.models import Language, Widget
from identification import keys
from identification.models import SigningKey
from tests import world
from tests.browser.conftest import Guard
from tests.identification import pairs
from tests.identification.asking import claims, sign

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
LIST = "/admin/identification/signingkey/"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _languages(transactional_db: None) -> None:
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})


@pytest.fixture
def key(transactional_db: None) -> SigningKey:
    return keys.make("Shop", by=None)[0]


def faults(page: Page) -> list[tuple[str, str]]:
    """What axe finds; without "preload", for which it would write styles into the page."""
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found]


def test_an_admin_tests_a_token_from_the_list(open_desk: Open, key: SigningKey) -> None:
    page = open_desk(world.admin(), LIST)
    page.get_by_role("link", name="Test a token").click()
    token = sign(key, claims(iat=int(time.time()), colour="red"))
    page.get_by_label("Token", exact=True).fill(token)
    page.get_by_role("button", name="Test it").click()
    expect(page.get_by_role("status")).to_have_text("A widget believes it.")
    expect(page.get_by_role("row", name="colour")).to_contain_text("Unknown")
    expect(page.get_by_label("Token", exact=True)).to_have_value("")
    assert page.url.endswith(f"{LIST}console/")
    page.get_by_label("Token", exact=True).fill(f"{token[:-4]}AAAA")
    page.get_by_role("button", name="Test it").click()
    expect(page.get_by_role("status")).to_contain_text("bad_signature")
    expect(page.get_by_role("row", name="signature")).to_contain_text("wrong")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 900}, PHONE], ids=["wide", "phone"])
def test_the_pages_are_accessible_and_fit(
    open_desk: Open, guard: Guard, key: SigningKey, scheme: str, viewport: dict[str, int]
) -> None:
    pair = pairs.added("ES256")
    page = open_desk(world.admin(), f"{LIST}console/", color_scheme=scheme, viewport=viewport)
    page.get_by_label("Token", exact=True).fill(sign(key, claims(exp=1, email="x" * 200, **{"y" * 300: 1})))
    page.get_by_role("button", name="Test it").click()
    page.get_by_text("Header and claims as they stand").click()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    for path in (f"{LIST}console/", f"{LIST}add/", f"{LIST}{pair.pk}/change/", LIST):
        page.goto(page.url.split("/admin/")[0] + path)
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_only_the_inputs_of_the_chosen_sort_are_shown(open_desk: Open) -> None:
    Widget.objects.create(title="Account page")
    page = open_desk(world.admin(), f"{LIST}add/")
    public, secret = page.get_by_label("Public key", exact=True), page.get_by_label("Secret of the hash")
    expect(public).to_be_hidden()
    expect(secret).to_be_hidden()
    page.get_by_label("Your public key").check()
    expect(public).to_be_visible()
    expect(secret).to_be_hidden()
    page.get_by_label("identifier_hash").check()
    expect(secret).to_be_visible()
    expect(public).to_be_hidden()
    page.get_by_label("Your public key").check()
    page.get_by_label("Title").fill("Portal")
    public.fill(pairs.pem("EdDSA"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".field-algorithm")).to_contain_text("EdDSA")
