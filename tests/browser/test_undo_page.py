"""“That was not me”: the page behind the link in a notice, with the production policy."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from helpdesk.cases.models import Author, Message
from helpdesk.users.models import Operation
from identification import services
from tests import world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]


@pytest.fixture
def path(transactional_db: None) -> str:
    """What Bob was sent when a code of his linked an account."""
    bob = world.customer(world.messenger(tells_links=True), "bob")
    world.says(bob, services.make_code({"user_email": "bob@example.com"}, by=None)[0])
    found = re.search(r"/links/undo/\S+/", Message.objects.get(author=Author.DESK).text)
    assert found
    return found[0]


def test_one_press_undoes_the_link_and_says_so(open_desk: Open, path: str) -> None:
    page = open_desk(None, path)
    expect(page.get_by_role("heading", name="Undo this link?")).to_be_visible()
    expect(page.get_by_text("b…@example.com")).to_be_visible()
    page.reload()
    assert not Operation.objects.filter(kind="undo").exists()
    page.get_by_role("button", name="This was not me: undo it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Undone.")
    assert Operation.objects.filter(kind="undo").count() == 1
    assert page.get_by_role("button").count() == 0
    assert page.context.cookies() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_is_accessible_and_fits(open_desk: Open, path: str, scheme: Any, width: int) -> None:
    page = open_desk(None, path, color_scheme=scheme, viewport={"width": width, "height": 800})
    expect(page.get_by_role("button")).to_be_visible()
    assert [fault["id"] for fault in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert [fault["id"] for fault in Axe().run(page).response["violations"]] == []


def test_a_link_that_is_gone_says_so_in_words(open_desk: Open, path: str, guard: Any) -> None:
    page = open_desk(None, "/links/undo/nonsense/")
    expect(page.get_by_role("status")).to_contain_text("does not work any more")
    guard.forgive("410")
