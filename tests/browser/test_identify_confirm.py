"""The question which account wants to be linked, and the links beside the code: on a hostile page of a customer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.host_site import HOSTILE, Desk, Site, desk_and_site

pytestmark = pytest.mark.browser

CODE = "ID-7K2QF-9XH3M"
WISH = {
    "id": 7,
    "channel": "Telegram",
    "name": "Bobby <b>Tables</b>",
    "address": "@bobby",
    "at": "2024-04-08T14:02:00+00:00",
    "expires_in": 600,
}
LONGEST_WAIT = 10_000  # ms between two looks
HOSTILER = HOSTILE + "* { all: revert !important } button, a, p, section { display: none !important }"


@dataclass
class Asking(Desk):
    """A desk whose widget asks for confirmation. waiting: what its page is asked; decided: what the page said."""

    waiting: list[dict[str, Any]] = field(default_factory=list)
    decided: list[Any] = field(default_factory=list)
    state: str = "accepted"
    status: int = 200

    def reply(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        if "/proposals" not in path:
            return super().reply(path, body)
        told = json.loads(body) if body else None
        if path.endswith("/proposals"):
            return self._answer(200, {"proposals": self.waiting})
        self.decided.append((path.rpartition("/")[2], told))
        return self._answer(self.status, {"state": self.state} if self.status == 200 else {"code": "x"})

    def _answer(self, status: int, content: Any) -> tuple[int, str, bytes]:
        return status, "application/json", json.dumps(content).encode()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(
        locale="en-GB", timezone_id="UTC", reduced_motion="reduce", viewport={"width": 900, "height": 700}
    )
    yield context
    context.close()


@pytest.fixture
def sides() -> Iterator[tuple[Asking, Site]]:
    desk = Asking(answer=(201, {"code": CODE, "expires_in": 300, "links": [], "confirm": True}))
    with desk_and_site(desk) as (_desk, site):
        yield desk, site


@pytest.fixture
def desk(sides: tuple[Asking, Site]) -> Asking:
    return sides[0]


@pytest.fixture
def page(context: BrowserContext, sides: tuple[Asking, Site], console: list[str]) -> Page:
    desk, site = sides
    site.files["/page.css"] = HOSTILER
    site.files["/page.js"] = "window.DeskieIdentify = {token: 'signed'};"
    site.files["/"] = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="/page.css"><script src="/page.js"></script>'
        f'<script src="{desk.url}/widget/v1/identify.js" data-widget-id="74-m0ucuypa" async></script>'
        '<body><i class="deskie-identifier-widget" tabindex="0">Identify me</i>'
    )
    page = context.new_page()
    page.goto(site.url)
    return page


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def opened(page: Page) -> Locator:
    page.get_by_text("Identify me").click()
    expect(dialog(page)).to_be_visible()
    return dialog(page)


def asked(page: Page, desk: Asking) -> Locator:
    """The code was sent in a chat while the dialog stands open."""
    opened(page)
    expect(dialog(page).get_by_role("textbox")).to_have_value(CODE)
    desk.waiting = [WISH]
    expect(page.get_by_role("heading", name="Is this you?")).to_be_visible(timeout=15_000)
    return dialog(page)


def test_it_says_which_account_wants_to_be_linked_as_text(page: Page, desk: Asking) -> None:
    asking = asked(page, desk)
    for text in ("Telegram", "Bobby <b>Tables</b>", "@bobby", "Sent at 2:02 PM"):
        expect(asking.get_by_text(text, exact=True)).to_be_visible()
    expect(asking.get_by_role("textbox")).to_be_hidden()
    assert page.get_by_role("dialog", name="Is this you?").count() == 1


def test_both_answers_look_alike(page: Page, desk: Asking) -> None:
    asking = asked(page, desk)
    looks = "e => { const s = getComputedStyle(e); return [s.color, s.backgroundColor, s.fontSize, s.fontWeight] }"
    yes, no = (asking.get_by_role("button", name=name) for name in ("Yes, this is me", "No, this is not me"))
    expect(yes).to_be_enabled()
    assert yes.evaluate(looks) == no.evaluate(looks)
    one, other = yes.bounding_box(), no.bounding_box()
    assert one is not None
    assert other is not None
    assert (one["width"], one["height"], one["y"]) == (other["width"], other["height"], other["y"])


@pytest.mark.parametrize(
    ("button", "accept", "state", "says"),
    [
        ("Yes, this is me", True, "accepted", "Confirmed."),
        ("No, this is not me", False, "declined", "Nothing was linked."),
        ("Yes, this is me", True, "declined", "This request is over."),
    ],
)
def test_the_answer_goes_to_the_desk_with_the_pages_proof(
    page: Page, desk: Asking, button: str, accept: bool, state: str, says: str
) -> None:
    desk.state = state
    asking = asked(page, desk)
    asking.get_by_role("button", name=button).click()
    expect(asking.get_by_role("status").filter(has_text=says)).to_be_visible()
    assert desk.decided == [("7", {"proof": {"token": "signed"}, "accept": accept})]
    desk.waiting = []
    asking.get_by_role("button", name="Close").filter(has_text="Close").click()
    expect(asking).to_be_hidden()
    opened(page)
    expect(dialog(page).get_by_role("textbox")).to_have_value(CODE)


def test_it_can_be_done_with_the_keyboard_alone_and_not_by_mistake(page: Page, desk: Asking) -> None:
    desk.state = "declined"
    asking = asked(page, desk)
    page.keyboard.press("Enter")  # the focus is on the question, on neither answer
    assert desk.decided == []
    expect(asking.get_by_role("button", name="Yes, this is me")).to_be_enabled()
    page.keyboard.press("Tab")
    expect(asking.get_by_role("button", name="Yes, this is me")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(asking.get_by_text("Nothing was linked.", exact=False)).to_be_visible()
    assert [told["accept"] for _number, told in desk.decided] == [False]
    page.keyboard.press("Enter")
    expect(asking).to_be_hidden()


def test_nobody_presses_what_has_only_just_appeared(page: Page, desk: Asking) -> None:
    page.clock.install()
    opened(page)
    expect(dialog(page).get_by_role("textbox")).to_have_value(CODE)
    desk.waiting = [WISH]
    page.clock.pause_at(datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 1, UTC))
    yes = dialog(page).get_by_role("button", name="Yes, this is me")
    for _ in range(LONGEST_WAIT // 50):  # in steps, so that the clock stands still soon after it has appeared
        if yes.is_visible():
            break
        page.clock.run_for(50)
        page.wait_for_timeout(20)
    expect(yes).to_be_visible()
    expect(yes).to_be_disabled()
    page.clock.run_for(600)
    expect(yes).to_be_enabled()


def test_what_waits_already_is_asked_when_the_dialog_opens(page: Page, desk: Asking) -> None:
    desk.waiting = [WISH]
    opened(page)
    expect(page.get_by_role("heading", name="Is this you?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    opened(page)
    expect(page.get_by_role("heading", name="Is this you?")).to_be_visible()
    assert desk.decided == [], "closing decides nothing"


def test_it_expires_while_it_is_shown(page: Page, desk: Asking) -> None:
    desk.waiting = [{**WISH, "expires_in": 1}]
    opened(page)
    expect(dialog(page).get_by_text("This request is over.", exact=False)).to_be_visible()
    expect(dialog(page).get_by_role("button", name="Yes, this is me")).to_be_hidden()


def test_what_is_over_at_the_desk_is_said(page: Page, desk: Asking, console: list[str]) -> None:
    desk.status = 409
    asking = asked(page, desk)
    asking.get_by_role("button", name="Yes, this is me").click()
    expect(asking.get_by_text("This request is over.", exact=False)).to_be_visible()
    console.clear()  # Chromium's line on the status 409


@pytest.mark.parametrize("away", ["offline", "error"])
def test_an_answer_that_could_not_be_saved_can_be_given_again(
    page: Page, desk: Asking, context: BrowserContext, console: list[str], away: str
) -> None:
    asking = asked(page, desk)
    yes = asking.get_by_role("button", name="Yes, this is me")
    expect(yes).to_be_enabled()
    desk.status = 503
    context.set_offline(away == "offline")
    yes.click()
    said = {"offline": "You are offline.", "error": "Your answer could not be saved."}[away]
    expect(asking.get_by_role("status").filter(has_text=said)).to_be_visible()
    context.set_offline(False)
    desk.status = 200
    yes.click()
    expect(asking.get_by_text("Confirmed.", exact=False)).to_be_visible()
    console.clear()  # Chromium's lines on the failures


def test_it_stops_looking_when_the_proof_is_refused_and_goes_on_showing_the_code(
    page: Page, desk: Asking, console: list[str]
) -> None:
    asks: list[str] = []

    def refuse(path: str, body: bytes) -> tuple[int, str, bytes]:
        if path.endswith("/proposals"):
            asks.append(path)
            return desk._answer(401, {"code": "expired"})
        return Asking.reply(desk, path, body)

    desk.reply = refuse  # type: ignore[method-assign]
    page.clock.install()
    with page.expect_response("**/proposals"):
        opened(page)
    page.clock.run_for(60_000)
    expect(dialog(page).get_by_role("textbox")).to_have_value(CODE)
    assert len(asks) == 1
    console.clear()  # Chromium's line on the status 401


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_question_has_no_accessibility_faults(page: Page, desk: Asking, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    asking = asked(page, desk)
    expect(asking.get_by_role("button", name="Yes, this is me")).to_be_enabled()
    faults = Axe().run(page, context="deskie-identifier").response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []


def test_it_speaks_the_visitors_language_from_right_to_left(page: Page, desk: Asking) -> None:
    texts = {"ask_title": "هل هذا أنت؟", "accept": "نعم", "decline": "لا", "ask": "سؤال", "ask_at": "في {time}"}
    desk.texts = {"dir": "rtl", "lang": "ar", "texts": texts}
    desk.waiting = [{**WISH, "name": "أحمد"}]
    opened(page)
    expect(page.get_by_role("heading", name="هل هذا أنت؟")).to_be_visible()
    asking = dialog(page)
    expect(asking).to_have_attribute("dir", "rtl")
    yes, no = (asking.get_by_role("button", name=name, exact=True).bounding_box() for name in ("نعم", "لا"))
    assert yes is not None
    assert no is not None
    assert yes["x"] > no["x"], "the first answer stands on the right"


def test_a_link_opens_the_chat_with_the_code_in_it(page: Page, desk: Asking) -> None:
    links = [{"title": "Telegram $& <b>", "url": f"https://t.me/acme?start={CODE}"}]
    desk.answer = (201, {"code": CODE, "expires_in": 2, "links": links, "confirm": False})
    opened(page)
    link = dialog(page).get_by_role("link", name="Open in Telegram $& <b>")
    expect(link).to_have_attribute("href", f"https://t.me/acme?start={CODE}")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    faults = Axe().run(page, context="deskie-identifier").response["violations"]
    assert [fault["id"] for fault in faults] == []
    expect(link).to_be_hidden(timeout=5_000)  # the code has expired
    desk.answer = (201, {"code": CODE, "expires_in": 300, "links": [], "confirm": False})
    dialog(page).get_by_role("button", name="New code").click()
    expect(dialog(page).get_by_role("textbox")).to_have_value(CODE)


def test_a_widget_that_needs_none_of_it_loads_none_of_it(page: Page, desk: Asking) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    desk.answer = (201, {"code": CODE, "expires_in": 300})
    opened(page)
    expect(dialog(page).get_by_role("textbox")).to_have_value(CODE)
    assert not [url for url in loaded if "confirm" in url or "proposals" in url]
