"""The lists of rules in Chromium: order by pointer and by keyboard, groups, versions; no barriers in any of them."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from helpdesk.channels.models import Language
from helpdesk.users.models import Agent
from rules import services
from rules.models import Rule, RuleGroup
from tests import world
from tests.browser.conftest import Guard
from tests.rules.desk import do, rule, when
from tests.rules.test_groups import shape
from tests.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
LIST = "admin:rules_updatedcasesrule_changelist"


@pytest.fixture
def ada(transactional_db: Any) -> Agent:
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
    return world.admin()


@pytest.fixture
def page(open_desk: Open, ada: Agent) -> Page:
    """A, a group with B and C, and D."""
    for title in "ABCD":
        rule(title, all=[when("message.text", "contains_any", ["a"])], actions=[do("send_message", texts={"en": "Hi"})])
    group = services.make_group("updated", "Codes", by=ada)
    for title in "BC":
        services.put(Rule.objects.get(title=title), group=group, by=ada)
    services.move_group(group, -1, by=ada)
    assert shape() == ["A", ("Codes", ["B", "C"]), "D"]
    return open_desk(ada, reverse(LIST))


def grip(page: Page, title: str) -> Locator:
    return page.get_by_role("button", name=f"Order: {title}", exact=True)


def told(page: Page) -> Locator:
    return page.locator("[data-told]")


def test_the_arrow_keys_move_a_rule_and_enter_keeps_it(page: Page) -> None:
    grip(page, "D").focus()
    page.keyboard.press("ArrowUp")
    expect(told(page)).to_have_text("D is now 4 of 4, in the group Codes.")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(told(page)).to_have_text("D is now 2 of 4, in the group Codes.")
    expect(grip(page, "D")).to_be_focused()
    assert shape() == ["A", ("Codes", ["B", "C"]), "D"], "nothing is sent while it moves"
    page.keyboard.press("Enter")
    wait_for(lambda: shape() == ["A", ("Codes", ["D", "B", "C"])])
    expect(told(page)).to_contain_text("The new order is kept.")
    expect(page.locator("[data-rule][data-title=D] [data-number]")).to_have_text("2")
    page.reload()
    expect(page.locator("[data-rule]").nth(1)).to_have_attribute("data-title", "D")


def test_escape_puts_a_rule_back(page: Page) -> None:
    grip(page, "A").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-rule]").first).to_have_attribute("data-title", "A")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-rule]").first).to_have_attribute("data-title", "B")
    page.keyboard.press("Escape")
    expect(told(page)).to_have_text("A is back in its place.")
    expect(page.locator("[data-rule]").first).to_have_attribute("data-title", "A")
    page.keyboard.press("Tab")
    assert shape() == ["A", ("Codes", ["B", "C"]), "D"]


def test_leaving_the_grip_keeps_the_order_and_a_group_moves_as_one(page: Page) -> None:
    grip(page, "Codes").focus()
    page.keyboard.press("ArrowDown")
    expect(told(page)).to_have_text("Codes is now 3 of 3.")
    page.keyboard.press("Tab")
    wait_for(lambda: shape() == ["A", "D", ("Codes", ["B", "C"])])


def test_a_rule_is_dragged_into_a_group_by_its_grip(page: Page) -> None:
    start, end = grip(page, "D").bounding_box(), page.locator("[data-rule][data-title=B]").bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    for y in (start["y"] - 40, end["y"] + end["height"], end["y"] + 10, end["y"] + 8):
        page.mouse.move(start["x"] + 40, y)
    page.mouse.up()
    wait_for(lambda: shape() == ["A", ("Codes", ["D", "B", "C"])])
    expect(told(page)).to_contain_text("D is now 2 of 4, in the group Codes.")


def test_a_rule_skips_a_group_that_is_shut_and_it_stays_shut(page: Page) -> None:
    page.locator("summary").click()
    grip(page, "A").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for(lambda: shape() == [("Codes", ["B", "C"]), "A", "D"])
    page.reload()
    expect(page.locator("[data-rule][data-title=B]")).to_be_hidden()


def test_an_order_that_the_server_refuses_goes_back_and_says_why(page: Page, guard: Guard) -> None:
    Rule.objects.filter(title="C").delete()
    grip(page, "A").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The rules of this list were changed in the meantime.")
    expect(page.locator("[data-rule]").first).to_have_attribute("data-title", "A")
    assert shape() == ["A", ("Codes", ["B"]), "D"]
    guard.forgive("409")


def test_a_group_is_made_and_switched_off_on_the_page(page: Page) -> None:
    page.get_by_label("New group").fill("Nights")
    page.get_by_role("button", name="Add the group").click()
    expect(page.locator(".rule-empty:visible")).to_have_text("No rule stands in this group. Move one here.")
    page.get_by_role("switch", name="Group active: Codes").click()
    expect(page.get_by_role("switch", name="Group active: Codes")).to_have_attribute("aria-checked", "false")
    assert not RuleGroup.objects.get(title="Codes").active


def test_without_javascript_the_buttons_do_it(open_desk: Open, ada: Agent, page: Page) -> None:
    plain = open_desk(ada, reverse(LIST), java_script_enabled=False)
    expect(plain.locator("[data-grip]").first).to_be_hidden()
    plain.get_by_role("button", name="Move down: A").click()
    assert shape() == [("Codes", ["A", "B", "C"]), "D"]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_about_rules_are_accessible(open_desk: Open, ada: Agent, page: Page, scheme: str, width: int) -> None:
    made = Rule.objects.get(title="A")
    rule("A again", rule=made, all=[])
    Rule.objects.filter(pk=made.pk).update(problem="A deleted label")
    services.switch_group(RuleGroup.objects.get(), False, by=ada)
    paths = [
        reverse("admin:rules_updatedcasesrule_change", args=[made.pk]),
        reverse(LIST),
        reverse("admin:rules_updatedcasesrule_versions", args=[made.pk]) + "?from=1&to=2",
        reverse("admin:rules_updatedcasesrule_group", args=[RuleGroup.objects.get().pk]),
    ]
    view = open_desk(ada, paths[0], color_scheme=scheme, viewport={"width": width, "height": 860})
    expect(view.get_by_role("button", name="Add an action")).to_be_visible()
    for path in paths:
        view.goto(path)
        # Without "preload": for that axe writes style sheets of its own into the page, which the policy refuses.
        found = Axe().run(view, options={"preload": False})
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found.response["violations"]] == []
        assert view.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
