"""Business hours in Chromium: their page, and the clock of a rule that counts in them."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from helpdesk.channels.models import Schedule
from helpdesk.users.models import Agent
from rules import drafts
from rules.models import Rule
from tests import world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
ADD = "admin:channels_schedule_add"


@pytest.fixture
def ada(transactional_db: Any) -> Agent:
    return world.admin()


def test_hours_are_entered_put_right_and_saved(open_desk: Open, ada: Agent) -> None:
    page = open_desk(ada, reverse(ADD))
    page.get_by_label("Title", exact=True).first.fill("Support")
    page.get_by_label("Public holidays of").select_option(label="Germany: Bayern")
    page.locator("#id_periods-0-closes").fill("08:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("This ends before it begins.")).to_be_visible()
    page.locator("#id_periods-0-closes").fill("12:00")
    page.get_by_role("button", name="Add another Row").click()
    page.locator("#id_periods-6-weekday").select_option(label="Monday")
    page.locator("#id_periods-6-opens").fill("13:00")
    page.locator("#id_periods-6-closes").fill("00:00")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Mon 09:00–12:00, 13:00–24:00")).to_be_visible()
    made = Schedule.objects.get()
    assert (made.country, made.region, made.periods.count()) == ("DE", "BY", 6)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_the_pages_are_readable_for_everybody(open_desk: Open, ada: Agent, scheme: str, width: int) -> None:
    made = world.hours(country="DE", region="BY")
    page = open_desk(ada, reverse(ADD), color_scheme=scheme, viewport={"width": width, "height": 900})
    for name, args in (
        (ADD, []),
        ("admin:channels_schedule_change", [made.pk]),
        ("admin:channels_schedule_changelist", []),
    ):
        page.goto(reverse(name, args=args))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        # Without "preload", for which it would write styles into the page.
        found = Axe().run(page, options={"preload": False}).response["violations"]
        assert [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]] == []


def test_a_clock_of_a_rule_counts_in_business_hours(open_desk: Open, ada: Agent) -> None:
    hours = world.hours()
    page = open_desk(ada, reverse("admin:rules_timerule_add"))
    page.get_by_label("Title").fill("Slow")
    region = page.get_by_role("region", name="If all")
    region.get_by_role("button", name="Add a condition").click()
    row = region.get_by_role("listitem").last
    row.get_by_label("what to look at").select_option(label="Time since the customer's last message")
    row.get_by_label("in which hours it counts").select_option(label="Office hours")
    row.get_by_role("spinbutton").fill("2")
    row.get_by_label("Condition 1: value", exact=True).last.select_option(label="hours")
    region.get_by_role("button", name="Add a condition").click()
    row = region.get_by_role("listitem").last
    row.get_by_label("what to look at").select_option(label="Time of day")
    row.get_by_label("value").first.fill("22:00")
    row.get_by_label("value").last.fill("06:00")
    actions = page.get_by_role("region", name="Then do")
    actions.get_by_role("button", name="Add an action").click()
    actions.get_by_label("Action 1: what to do").select_option(label="Set the priority")
    actions.get_by_label("Action 1: Priority").select_option(label="high")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/rules/timerule/")
    values = [term.value for term in drafts.of(Rule.objects.get()).all]
    assert values == [{"amount": 2, "unit": "hours", "schedule": hours.pk}, ["22:00", "06:00"]]
