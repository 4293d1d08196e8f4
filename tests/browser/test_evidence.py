"""How we know, in Chromium: the marks' reasons on hover and focus, the panel with much in it, the ledger."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from helpdesk.cases.models import Case
from helpdesk.users.models import Agent, Link, Person, Profile
from helpdesk.users.services import identity, profiles, values
from identification import services
from rules.models import Rule
from tests import world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
RTL = "\u202eمحمد عبد الله"


@pytest.fixture
def ann(transactional_db: Any) -> Agent:
    return world.agent("Ann", sees=[world.messenger(title="Shop messenger").channel_ptr])


@pytest.fixture
def case(ann: Agent) -> Case:
    """Bob has written, shown who he is by a code, and written again; a lot is known and claimed of him."""
    channel = ann.channels.get()
    bob = world.customer(channel.customchannel)
    bob.display = {"name": RTL, "username": "x" * 150, "email": "victim@example.com"}
    bob.save()
    case = world.says(bob, "hello").case
    account = profiles.meet("external", "kunde-4711", level=3)
    said = {"external_id": "kunde-4711", "user_full_name": f"Omar {RTL} Haddad"}
    world.says(bob, services.make_code(said, by=None)[0])
    world.says(Profile.objects.get(pk=bob.pk), "and now?")
    victim = profiles.meet("email", "victim@example.com")
    identity.prove(victim, profiles.meet("external", "V", level=3), method="api", level=3, evidence={}, by=None)
    metadata = {f"key {number} {'k' * number}": f"value {'v' * 5 * number}" for number in range(49)}
    values.say(Profile.objects.get(pk=account.pk), "api", {"note": "word " * 200, "metadata": metadata}, by=None)
    person = Person.objects.get(profiles=account)
    for number in range(30):
        other = profiles.meet("email", f"bob-with-a-long-address-{number}@subdomain.example.com")
        Profile.objects.filter(pk=other.pk).update(person=person)
        Link.objects.filter(profile=other).update(person=person)
    services.revoke_tokens(account, by=ann)
    return case


def troubles(page: Page) -> list[str]:
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in Axe().run(page).response["violations"]]


def ledger_of(case: Case) -> str:
    person = Profile.objects.get(pk=case.profile_id).person_id
    return reverse("inbox:ledger", args=[person]) + f"?case={case.number}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_panel_and_ledger_have_no_barrier_and_fit_their_window(
    open_desk: Open, ann: Agent, case: Case, scheme: str, width: int
) -> None:
    page = open_desk(ann, viewport={"width": width, "height": 860}, color_scheme=scheme)
    page.goto(reverse("inbox:case", args=[case.number]))
    if width < 1280:
        page.get_by_role("button", name="Customer").click()
    panel = page.get_by_label("Customer", exact=True).and_(page.locator("#panel"))
    expect(panel.get_by_text("from the account of bob-with-a-long-address").first).to_be_visible()
    panel.evaluate("panel => panel.querySelectorAll('details').forEach(one => { one.open = true })")
    assert troubles(page) == []
    assert panel.evaluate("pane => pane.scrollWidth <= pane.clientWidth + 1")
    page.goto(ledger_of(case))
    expect(page.get_by_role("heading", name="Ledger of")).to_be_visible()
    assert troubles(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_mark_tells_its_reason_on_hover_and_on_focus(open_desk: Open, ann: Agent, case: Case) -> None:
    page = open_desk(ann, reverse("inbox:case", args=[case.number]))
    mark = page.get_by_role("log").get_by_role("img", name="Proven by code with this message").first
    shown = "mark => getComputedStyle(mark, '::after').content"
    assert mark.evaluate(shown) == "none"
    mark.hover()
    assert "Proven by code" in mark.evaluate(shown)
    page.mouse.move(0, 0)
    assert mark.evaluate(shown) == "none"
    page.get_by_label("Messages", exact=True).focus()
    page.keyboard.press("Tab")
    expect(mark).to_be_focused()
    assert "Proven by code" in mark.evaluate(shown)
    scroll = page.get_by_label("Messages", exact=True)
    assert scroll.evaluate("pane => pane.scrollWidth <= pane.clientWidth")
    assert troubles(page) == []


def test_the_ledger_is_one_click_away_filters_and_leads_back(open_desk: Open, ann: Agent, case: Case) -> None:
    page = open_desk(ann, reverse("inbox:case", args=[case.number]))
    page.get_by_role("link", name="Ledger of this person").click()
    expect(page.get_by_role("heading", name="Profile linked").first).to_be_visible()
    page.get_by_role("link", name="Tokens", exact=True).click()
    expect(page.get_by_role("heading", name="Tokens revoked")).to_be_visible()
    expect(page.get_by_role("heading", name="Profile linked")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="As a file").click()
    assert download.value.suggested_filename.startswith("ledger-")
    page.get_by_role("link", name=f"Case {case.number}").click()
    expect(page.locator("#case-title")).to_be_visible()


def test_a_key_of_the_metadata_is_typed_into_the_rule_editor(open_desk: Open, ann: Agent) -> None:
    ada = world.admin()
    page = open_desk(ada, reverse("admin:rules_newcasesrule_add"))
    page.get_by_label("Title").fill("Large customers")
    region = page.get_by_role("region", name="If all")
    region.get_by_role("button", name="Add a condition").click()
    row = region.get_by_role("listitem").last
    row.get_by_label("what to look at").select_option(label="User's metadata …")
    row.get_by_label("its key").fill("seats")
    row.get_by_label("how to compare").select_option(label="is more than")
    expect(row.get_by_label("its key")).to_have_value("seats")
    row.get_by_label("value").fill("10")
    actions = page.get_by_role("region", name="Then do")
    actions.get_by_role("button", name="Add an action").click()
    actions.get_by_label("Action 1: what to do").select_option(label="Set the status")
    actions.get_by_label("Action 1: Status").select_option(label="open")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/rules/*rule/")
    condition = Rule.objects.get().conditions.get()
    assert (condition.field, condition.operator, condition.value) == ("metadata.seats", "more", 10)
    page.goto(reverse("admin:rules_newcasesrule_change", args=[condition.rule_id]))
    expect(page.get_by_label("its key")).to_have_value("seats")
    expect(page.get_by_label("what to look at")).to_have_value("metadata.")
