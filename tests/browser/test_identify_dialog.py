"""The identification widget's script in a page of a customer, under a strict policy and hostile styles."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.host_site import HOSTILE, Desk, Site, desk_and_site

pytestmark = pytest.mark.browser

CODE = "ID-7K2QF-9XH3M"
BODY = """
  <form action="/lost" method="post"><button class="deskie-identifier-widget">Identify me</button></form>
  <a class="deskie-identifier-widget" href="">Generate</a> the code
"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="fr-FR", reduced_motion="reduce", viewport={"width": 900, "height": 700})
    yield context
    context.close()


@pytest.fixture
def sides() -> Iterator[tuple[Desk, Site]]:
    with desk_and_site() as both:
        yield both


@pytest.fixture
def desk(sides: tuple[Desk, Site]) -> Desk:
    return sides[0]


@pytest.fixture
def site(sides: tuple[Desk, Site]) -> Site:
    desk, site = sides
    site.files["/page.css"] = HOSTILE
    site.files["/page.js"] = "window.DeskieIdentify = {token: 'signed'};"
    site.files["/"] = _page(
        f'<script src="{desk.url}/widget/v1/identify.js" data-widget-id="74-m0ucuypa" async></script>'
    )
    return site


@pytest.fixture
def page(context: BrowserContext, site: Site, console: list[str]) -> Page:
    page = context.new_page()
    page.goto(site.url)
    return page


def _page(script: str, lang: str = "", body: str = BODY) -> str:
    return (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Shop</title>'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css">'
        f'<script src="/page.js"></script>{script}<body>{body}'
    )


def _open(page: Page) -> None:
    page.locator("button.deskie-identifier-widget").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _code(page: Page) -> Any:
    return page.get_by_role("dialog").get_by_role("textbox")


def test_a_click_shows_a_code_and_the_form_around_the_button_is_not_sent(page: Page, desk: Desk, site: Site) -> None:
    assert desk.asked == [], "nothing is asked before somebody clicks"
    _open(page)
    expect(_code(page)).to_have_value(CODE)
    expect(page.get_by_text("Valid for 5:00").or_(page.get_by_text("Valid for 4:59"))).to_be_visible()
    assert page.url == f"{site.url}/"
    assert "/widget/v1/identify/74-m0ucuypa/texts?locale=fr-FR" in desk.paths()
    assert ("/widget/v1/identify/74-m0ucuypa/codes", {"token": "signed"}) in desk.asked


def test_the_dialog_keeps_its_own_look_on_a_hostile_page(page: Page) -> None:
    _open(page)
    heading = page.get_by_role("heading")
    style = heading.evaluate("e => [getComputedStyle(e).color, getComputedStyle(e).letterSpacing]")
    box = page.get_by_role("dialog").bounding_box()
    assert style == ["rgb(22, 27, 35)", "normal"]
    assert box is not None
    assert box["width"] == 400


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_has_no_accessibility_faults(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    _open(page)
    expect(_code(page)).to_be_visible()
    faults = Axe().run(page, context="deskie-identifier").response["violations"]
    assert [fault["id"] for fault in faults] == []


def test_a_link_without_an_address_does_not_navigate(page: Page) -> None:
    page.evaluate("window.kept = true")
    page.get_by_role("link", name="Generate").click()
    expect(_code(page)).to_have_value(CODE)
    assert page.evaluate("window.kept") is True


def test_an_element_added_later_opens_it_even_inside_an_open_shadow_root(page: Page) -> None:
    page.evaluate("""() => {
        const root = document.body.appendChild(document.createElement('div')).attachShadow({mode: 'open'});
        const late = root.appendChild(document.createElement('button'));
        late.className = 'deskie-identifier-widget';
        late.textContent = 'Late';
        late.addEventListener('click', event => event.stopPropagation());
    }""")
    page.get_by_role("button", name="Late").click()
    expect(_code(page)).to_have_value(CODE)


def test_page_data_is_read_at_the_click_in_both_spellings(page: Page, desk: Desk) -> None:
    page.evaluate("delete window.DeskieIdentify; window.DeskieIndetify = {user_email: 'bob@example.com'}")
    _open(page)
    expect(_code(page)).to_have_value(CODE)
    assert desk.bodies() == [{"user_email": "bob@example.com"}]


def test_one_click_copies_the_code_and_says_so_for_two_seconds(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    _open(page)
    expect(_code(page)).to_have_value(CODE)
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == CODE
    expect(page.get_by_role("button", name="Copy code")).to_be_visible(timeout=4000)


def test_without_the_clipboard_it_copies_by_selection(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read"])
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
    _open(page)
    expect(_code(page)).to_have_value(CODE)
    page.get_by_role("button", name="Copy code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == CODE


def test_if_nothing_can_copy_the_code_stays_selected(page: Page) -> None:
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
    page.evaluate("void (document.execCommand = () => false)")
    _open(page)
    expect(_code(page)).to_have_value(CODE)
    page.get_by_role("button", name="Copy code").click()
    expect(_code(page)).to_be_focused()
    assert _code(page).evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == CODE
    expect(page.get_by_role("button", name="Copy code")).to_be_visible()


def test_an_expired_code_disappears_and_a_new_one_is_made_only_on_request(page: Page, desk: Desk) -> None:
    desk.answer = (201, {"code": CODE, "expires_in": 1})
    _open(page)
    new = page.get_by_role("button", name="New code")
    expect(new).to_be_visible()
    expect(_code(page)).to_be_hidden()
    expect(page.get_by_role("status")).to_have_text("This code has expired")
    assert len(desk.bodies()) == 1
    desk.answer = (201, {"code": "ID-NEW23-45678", "expires_in": 300})
    new.click()
    expect(_code(page)).to_have_value("ID-NEW23-45678")


def test_the_countdown_announces_the_last_minute_and_ignores_a_wrong_clock(page: Page, desk: Desk) -> None:
    page.evaluate("const real = Date.now; Date.now = () => real.call(Date) - 9e9")
    desk.answer = (201, {"code": CODE, "expires_in": 62})
    _open(page)
    expect(page.get_by_text("Valid for 1:01")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("One minute left")
    expect(page.get_by_text("Valid for 0:59")).to_be_visible()


def test_time_that_the_device_slept_counts(page: Page) -> None:
    """While a device sleeps, performance.now may stand still and Date.now does not."""
    _open(page)
    expect(_code(page)).to_have_value(CODE)
    page.evaluate("const real = Date.now; Date.now = () => real.call(Date) + 301e3")
    expect(page.get_by_role("button", name="New code")).to_be_visible()


def test_opening_again_asks_for_a_new_code(page: Page, desk: Desk) -> None:
    _open(page)
    expect(_code(page)).to_have_value(CODE)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("button.deskie-identifier-widget")).to_be_focused()
    desk.answer = (201, {"code": "ID-NEW23-45678", "expires_in": 300})
    _open(page)
    expect(_code(page)).to_have_value("ID-NEW23-45678")
    assert len(desk.bodies()) == 2


def test_a_double_click_asks_for_one_code(page: Page, desk: Desk) -> None:
    page.locator("button.deskie-identifier-widget").dblclick()
    expect(_code(page)).to_have_value(CODE)
    assert len(desk.bodies()) == 1


def test_a_click_beside_the_dialog_closes_it(page: Page) -> None:
    _open(page)
    page.mouse.click(5, 5)
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_it_opens_again_after_the_page_replaced_its_body(page: Page) -> None:
    _open(page)
    page.keyboard.press("Escape")
    page.evaluate("""() => {
        document.body.replaceWith(document.createElement('body'));
        document.body.appendChild(document.createElement('button')).className = 'deskie-identifier-widget';
    }""")
    _open(page)
    expect(_code(page)).to_have_value(CODE)


def test_a_refusal_reads_as_not_available_and_the_console_names_the_reason(
    page: Page, desk: Desk, console: list[str]
) -> None:
    desk.answer = (403, {"code": "bad_signature", "title": "Bad signature"})
    _open(page)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Identification is not available now.").first).to_be_visible()
    expect(dialog.get_by_text("bad_signature")).to_have_count(0)
    dialog.get_by_role("button", name="Close").first.click()
    expect(dialog).to_be_hidden()
    assert "Identification refused: bad_signature" in console
    console.clear()  # and Chromium's own line on the status 403


def test_an_error_offers_to_try_again(page: Page, desk: Desk, console: list[str]) -> None:
    desk.answer = (503, {})
    _open(page)
    again = page.get_by_role("button", name="Try again")
    expect(page.get_by_role("dialog").get_by_text("The code could not be created.").first).to_be_visible()
    desk.answer = (201, {"code": CODE, "expires_in": 300})
    again.click()
    expect(_code(page)).to_have_value(CODE)
    console.clear()  # Chromium's line on the status 503


def test_offline_is_said_and_can_be_tried_again(page: Page, context: BrowserContext, console: list[str]) -> None:
    context.set_offline(True)
    _open(page)
    expect(page.get_by_role("dialog").get_by_text("You are offline.").first).to_be_visible()
    context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(_code(page)).to_have_value(CODE)
    console.clear()  # Chromium's lines on requests without a network


def test_the_texts_of_the_desk_and_their_direction_are_used(
    context: BrowserContext, site: Site, desk: Desk, console: list[str]
) -> None:
    texts = {"title": "تأكيد الحساب", "copy": "نسخ", "valid_for": "صالح {time}"}
    desk.texts = {"dir": "rtl", "lang": "ar", "texts": texts}
    site.files["/"] = site.files["/"].replace("async", 'data-locale="ar"')
    page = context.new_page()
    page.goto(site.url)
    _open(page)
    expect(page.get_by_role("heading", name="تأكيد الحساب")).to_be_visible()
    expect(page.get_by_role("button", name="نسخ")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_attribute("dir", "rtl")
    expect(_code(page)).to_have_attribute("dir", "ltr")
    assert "/widget/v1/identify/74-m0ucuypa/texts?locale=ar" in desk.paths()


@pytest.mark.parametrize("before", [True, False], ids=["pushed before loading", "pushed after loading"])
def test_the_historical_array_snippet_names_the_widget(
    context: BrowserContext, site: Site, desk: Desk, console: list[str], before: bool
) -> None:
    push = """
        window.deskie = window.deskie || [];
        const item = {};
        window.deskie.push({type_widget: 'chat', g_config: {widget_id: '1-other'}}, item);
        item.g_config = {widget_id: '75-abcdefgh'};
        item.type_widget = 'identifier';
    """
    load = f"""
        const script = document.createElement('script');
        script.async = true;
        script.src = '{desk.url}/widget/v1/identify.js';
        script.onload = () => document.documentElement.dataset.ready = 1;
        document.head.append(script);
    """
    # A page without Trusted Types: script.src is one of their sinks, and the historical snippet sets it.
    site.policy = site.policy.partition("; require-trusted-types-for")[0]
    site.files["/page.js"] = push + load if before else load
    site.files["/"] = _page("", lang="de")
    page = context.new_page()
    page.goto(site.url)
    expect(page.locator("html[data-ready]")).to_be_attached()
    if not before:
        page.evaluate(f"() => {{ {push} }}")
    _open(page)
    expect(_code(page)).to_have_value(CODE)
    assert "/widget/v1/identify/75-abcdefgh/texts?locale=de" in desk.paths()


def test_loaded_twice_it_still_asks_for_one_code(
    context: BrowserContext, site: Site, desk: Desk, console: list[str]
) -> None:
    tag = f'<script src="{desk.url}/widget/v1/identify.js" data-widget-id="74-m0ucuypa"></script>'
    site.files["/"] = _page(tag + tag)
    page = context.new_page()
    page.goto(site.url)
    _open(page)
    expect(_code(page)).to_have_value(CODE)
    assert len(desk.bodies()) == 1
