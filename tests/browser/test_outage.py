"""The receiver of the demo's messenger is switched off: Ann's answers wait, and arrive once and in order."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_story import (  # noqa: F401 (fixtures, by their names)
    answers,
    context,
    guard,
    no_violations,
    product,
    say,
    sign_in,
)

REPLIES = [f"Answer {number} of five" for number in range(1, 6)]
# Milliseconds: the waits before a try grow to 15 s, and a busy machine has two cores.
PATIENCE = 60_000

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def write(inbox: Page, text: str) -> None:
    inbox.get_by_role("textbox", name="Reply to").fill(text)
    inbox.get_by_role("button", name="Send").click()
    expect(inbox.locator(".message.agent", has_text=text)).to_have_count(1)


def they_wait(inbox: Page) -> None:
    """The first is tried again and again, the others stand behind it; it can be sent now, or taken back."""
    states = inbox.locator(".message.agent .delivery")
    expect(states).to_have_count(5)
    expect(states.first).to_have_attribute("data-state", "retrying", timeout=PATIENCE)
    expect(states.first).to_contain_text("The server answered 503 Service Unavailable.")
    for number in range(1, 5):
        expect(states.nth(number)).to_have_text("Waits to be sent, after the answer before it")
    first = inbox.locator(".message.agent").first
    expect(first.get_by_role("button", name="Retry now")).to_be_visible()
    expect(first.get_by_role("button", name="Cancel")).to_be_visible()


@pytest.mark.promise("P13")
def test_five_answers_wait_for_a_receiver_that_is_off_and_come_once_and_in_order(product, context, guard):  # noqa: F811
    inbox, phone = (guard.watch(context.new_page()) for _ in range(2))
    sign_in(inbox, product)
    phone.goto(f"{product.url}/demo/messenger/")
    say(phone, "hello")
    answers(phone, 1)
    phone.get_by_role("button", name="Switch off").click()
    expect(phone.locator("#receiver")).to_contain_text("The receiver is off")
    no_violations(phone)

    inbox.bring_to_front()
    inbox.goto(f"{product.url}/views/all/")
    inbox.locator("li.row a").first.click()
    inbox.evaluate("window.sameDocument = true")
    for text in REPLIES:
        write(inbox, text)
    they_wait(inbox)
    no_violations(inbox)
    expect(phone.locator("li.bubble.theirs")).to_have_count(1)

    phone.bring_to_front()
    phone.get_by_role("button", name="Switch on").click()
    expect(phone.locator("li.bubble.theirs")).to_have_count(6, timeout=PATIENCE)
    assert phone.locator("li.bubble.theirs .box p").all_inner_texts()[1:] == REPLIES
    expect(phone.get_by_text(re.compile("shown once"))).to_have_count(0)

    inbox.bring_to_front()
    states = inbox.locator(".message.agent .delivery")
    for number in range(5):
        expect(states.nth(number)).to_have_attribute("data-state", "delivered", timeout=PATIENCE)
    expect(states.first).to_contain_text(re.compile(r"Delivered, at try [2-9]"))
    assert inbox.evaluate("window.sameDocument") is True
