"""The identification widget on a hostile page of another site, against the desk itself: preflight, token and all."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from helpdesk.channels.models import Language, Widget
from helpdesk.users.models import Profile
from identification import keys
from identification.models import Code, Proposal
from tests import world
from tests.browser.host_site import HOSTILE, Site, desk_and_site
from tests.identification.asking import claims, sign

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PATIENCE = 15_000  # ms: the dialog looks every few seconds
CONTENT = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">'
    '<link rel="stylesheet" href="/page.css"><script src="/page.js"></script>'
    '<script src="{desk}/widget/v1/identify.js" data-widget-id="{widget}" async></script>'
    '<body><button class="deskie-identifier-widget">Identify me</button>'
)


@pytest.fixture
def desk(desk_url: str) -> str:
    """The desk by its number: to a browser another site than the pages on localhost."""
    return desk_url.replace("localhost", "127.0.0.1")


@pytest.fixture
def sites(desk: str) -> Iterator[tuple[Site, Site]]:
    """Two sites that differ by their ports; both of their policies let the desk in, and nobody else."""
    with desk_and_site() as (one, shop), desk_and_site() as (other, stranger):
        shop.policy = shop.policy.replace(one.url, desk)
        stranger.policy = stranger.policy.replace(other.url, desk)
        yield shop, stranger


@pytest.fixture
def widget(transactional_db: None, desk: str, sites: tuple[Site, Site]) -> Widget:
    """For the shop alone. Its code is on the pages of both sites, each with a token that is right."""
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
    widget = Widget.objects.create(title="Account page", confirm_codes=True, allowed_origins=sites[0].url)
    token = sign(keys.make("Shop", by=None)[0], claims(external_id="B-42"))
    for site in sites:
        site.files["/page.css"] = HOSTILE
        site.files["/page.js"] = f"window.DeskieIdentify = {{token: '{token}'}};"
        site.files["/"] = CONTENT.format(desk=desk, widget=widget.public_id)
    return widget


@pytest.fixture
def bob(transactional_db: None) -> Profile:
    return world.customer(world.messenger(), "bob-in-messenger")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-GB", reduced_motion="reduce", viewport={"width": 900, "height": 700})
    yield context
    context.close()


@pytest.fixture
def opened(context: BrowserContext, console: list[str], widget: Widget) -> Callable[[Site], Locator]:
    """The dialog, opened on the page of a site."""

    def open_on(site: Site) -> Locator:
        page: Page = context.new_page()
        page.goto(site.url)
        page.get_by_role("button", name="Identify me").click()
        return page.get_by_role("dialog")

    return open_on


@pytest.fixture
def question(opened: Callable[[Site], Locator], sites: tuple[Site, Site], bob: Profile) -> Locator:
    """Bob has sent the code that he reads in the dialog: it asks whether that account is his."""
    dialog = opened(sites[0])
    expect(dialog.get_by_role("textbox")).to_have_value(re.compile(r"^ID-\w{5}-\w{5}$"))
    world.says(bob, f"here: {dialog.get_by_role('textbox').input_value()}")
    expect(dialog.get_by_role("heading", name="Is this you?")).to_be_visible(timeout=PATIENCE)
    for text in ("Messenger", "bob-in-messenger"):
        expect(dialog.get_by_text(text, exact=True)).to_be_visible()
    assert level(bob) == 1, "nothing is linked before the answer"
    return dialog


def level(profile: Profile) -> int:
    return Profile.objects.get(pk=profile.pk).level


def accounts(profile: Profile) -> list[str]:
    """The ids in the company's database that are the same person as the profile."""
    person = Profile.objects.get(pk=profile.pk).person_id
    return list(Profile.objects.filter(person=person, kind="external").values_list("address", flat=True))


@pytest.mark.promise("P25")
def test_bob_accepts_on_the_page_and_is_known_in_the_messenger(question: Locator, bob: Profile) -> None:
    expect(question.get_by_role("button", name="Yes, this is me")).to_be_enabled()
    assert barriers(question.page) == []
    question.get_by_role("button", name="Yes, this is me").click()
    expect(question.get_by_text("Confirmed.", exact=False)).to_be_visible()
    assert (level(bob), accounts(bob)) == (3, ["B-42"])
    assert Proposal.objects.get().state == "accepted"
    assert barriers(question.page) == []
    assert question.page.context.cookies() == [], "the desk's widget needs none"


def test_who_declines_on_the_page_stays_a_stranger_in_the_messenger(question: Locator, bob: Profile) -> None:
    question.get_by_role("button", name="No, this is not me").click()
    expect(question.get_by_text("Nothing was linked.", exact=False)).to_be_visible()
    assert (level(bob), accounts(bob)) == (1, [])
    assert Proposal.objects.get().state == "declined"


def test_a_site_that_is_not_on_the_list_gets_no_code(
    opened: Callable[[Site], Locator], sites: tuple[Site, Site], console: list[str]
) -> None:
    dialog = opened(sites[1])
    expect(dialog.get_by_text("The code could not be created.").first).to_be_visible(timeout=PATIENCE)
    expect(dialog.get_by_role("textbox")).to_be_hidden()
    assert not Code.objects.exists()
    refused = [line for line in console if "CORS policy" in line and "preflight" in line]
    assert len(refused) == 1, console
    # Chromium's lines on the two requests that the desk refused to this site: the words and the code.
    console[:] = [line for line in console if "CORS policy" not in line and "net::ERR_FAILED" not in line]


def barriers(page: Page) -> list[str]:
    found = Axe().run(page, context="deskie-identifier").response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in found]
