"""Being there, and being asked to look, in Chromium: the status menu, the bell, names after an @."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Mention, Notification
from helpdesk.users.models import Agent
from tests import world
from tests.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]


@pytest.fixture
def channel(transactional_db: None) -> Any:
    return world.messenger("http://127.0.0.1:9/hook", title="Shop messenger")


@pytest.fixture
def ann(channel: Any) -> Agent:
    return world.agent("Ann", sees=[channel])


@pytest.fixture
def ben(channel: Any) -> Agent:
    return world.agent("Ben", sees=[channel], groups=[world.group("Support")])


@pytest.fixture
def case(channel: Any) -> Case:
    case = world.says(world.customer(channel), "hello, is somebody there?").case
    cases.end_chat(case, "open", by=None)
    return Case.objects.get(pk=case.pk)


def address(case: Case) -> str:
    return reverse("inbox:case", args=[case.number])


def greeted(page: Page) -> Page:
    expect(page.locator("body")).to_have_attribute("data-live", "on")
    return page


def found(page: Page) -> list[str]:
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in Axe().run(page).response["violations"]]


def test_an_agent_says_by_keyboard_that_she_is_away_and_stays_where_she_was(open_desk: Open, ann, case):
    page = greeted(open_desk(ann, address(case)))
    wait_for(lambda: Agent.objects.get(pk=ann.pk).is_available)
    menu = page.locator("#status-menu summary")
    expect(menu).to_have_accessible_name("Ann, status: Online")
    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Away").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_accessible_name("Ann, status: Away")
    assert page.url.endswith(address(case))
    assert not Agent.objects.get(pk=ann.pk).is_available


def test_the_bell_rings_for_whom_it_concerns_and_leads_to_the_case(open_desk: Open, ann, ben, case):
    eves = greeted(open_desk(world.agent("Eve")))
    bens, anns = greeted(open_desk(ben)), greeted(open_desk(ann))
    cases.note(case, "@Ben can you look?", by=ann)
    expect(bens.locator("#bell-count")).to_have_text("1unread")
    expect(bens.locator("#toasts")).to_contain_text("asks you to look")
    bens.locator("#bell summary").click()
    line = bens.locator("#bell-rows button").first
    expect(line).to_contain_text("Ann: @Ben can you look?")
    line.click()
    bens.wait_for_url(f"**{address(case)}*")
    expect(bens.locator(".message.note")).to_contain_text("@Ben can you look?")
    expect(bens.locator("#bell-count")).to_have_text("")
    assert Notification.objects.get().read_at is not None
    for page in (anns, eves):
        expect(page.locator("#bell-count")).to_have_text("")
        expect(page.locator("#toasts")).to_have_text("")


def test_names_are_offered_after_an_at_and_chosen_by_keyboard_alone(open_desk: Open, ann, ben, case):
    page = greeted(open_desk(ann, address(case)))
    page.keyboard.press("n")
    page.keyboard.type("look, @")
    options = page.get_by_role("option")
    expect(options).to_have_text(["Ann", "Ben", "Support"])
    page.keyboard.type("b")
    expect(options).to_have_text(["Ben"])
    assert found(page) == []
    page.keyboard.press("Enter")
    expect(options).to_have_count(0)
    text = page.locator("form.composer textarea")
    expect(text).to_have_value("look, @Ben ")
    page.keyboard.type("and @")
    expect(options).to_have_count(3)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option", selected=True)).to_have_text("Support")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(text).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.note")).to_contain_text("look, @Ben and @")
    assert Mention.objects.get().agent == ben


def test_names_are_chosen_by_pointer_and_never_offered_in_a_reply(open_desk: Open, ann, ben, case):
    page = greeted(open_desk(ann, address(case)))
    text = page.locator("form.composer textarea")
    text.click()
    page.keyboard.type("dear @b")
    page.get_by_text("Note", exact=True).click()
    text.fill("")
    text.click()
    page.keyboard.type("@")
    page.get_by_role("option", name="Support").click()
    expect(text).to_have_value("@Support ")
    expect(text).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1000, 390])
def test_the_pages_have_no_barrier_and_fit_their_window(open_desk: Open, ann, ben, case, scheme, width):
    for number in range(3):
        cases.note(case, f"@Ben, look at number {number}: this is a line that is too long for the list by far", by=ann)
    page = open_desk(ben, "/notifications/", viewport={"width": width, "height": 860}, color_scheme=scheme)
    expect(page.locator("#rows .row")).to_have_count(3)
    assert found(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/")
    page.locator("#bell summary").click()
    expect(page.locator("#bell-rows button")).to_have_count(4)
    if width < 768:
        page.locator("#bell summary").click()
        page.get_by_role("button", name="Views").click()
    page.locator("#status-menu summary").click()
    away = page.get_by_role("button", name="Away")
    expect(away).to_be_visible()
    away.click(trial=True)
    assert found(page) == []


def test_without_scripts_the_status_and_the_list_work(open_desk: Open, ann, ben, case):
    cases.note(case, "@Ben", by=ann)
    page = open_desk(ben, java_script_enabled=False)
    page.locator("#status-menu summary").click()
    page.get_by_role("link", name="Choose a status").click()
    page.get_by_role("button", name="Busy").click()
    expect(page.locator("#status-menu summary")).to_contain_text("Busy")
    page.locator("#bell summary").click()
    page.get_by_role("link", name="All notifications").click()
    page.locator("#rows .row button").click()
    page.wait_for_url(f"**{address(case)}")
