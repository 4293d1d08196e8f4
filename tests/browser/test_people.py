"""Who is who, in Chromium: by keyboard alone, the plan before the deed, and back again; with scripts and without."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.users.models import Agent, Operation, Profile
from helpdesk.users.services import identity, judged, profiles, values
from tests import world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]


@pytest.fixture
def channel(transactional_db):
    return world.messenger("http://127.0.0.1:9/hook", title="Shop messenger")


@pytest.fixture
def ann(channel) -> Agent:
    ann = world.agent("Ann", sees=[channel.channel_ptr])
    ann.may_merge = True
    ann.save(update_fields=["may_merge"])
    return ann


@pytest.fixture
def bob(channel) -> Profile:
    bob = world.customer(channel)
    values.say(bob, "channel", {"name": "Bobby"}, by=None)
    return bob


@pytest.fixture
def work(channel) -> Profile:
    work = world.customer(channel, "bob-at-work")
    values.say(work, "api", {"name": "Bob Kern", "position": "Buyer", "company": "Kern GmbH"}, by=None)
    return work


@pytest.fixture
def case(bob) -> Case:
    case = world.says(bob, "hello, is somebody there?").case
    cases.end_chat(case, "open", by=None)
    return Case.objects.get(pk=case.pk)


def address(case: Case) -> str:
    return reverse("inbox:case", args=[case.number])


def person(profile: Profile) -> int:
    return Profile.objects.values_list("person_id", flat=True).get(pk=profile.pk)


def dialog(page: Page) -> Locator:
    return page.locator("#person-dialog[open]")


def tab_to(page: Page, target: Locator) -> None:
    """Goes on with the Tab key until the target has the focus, as somebody without a mouse does."""
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not lead there")


def barriers(page: Page) -> list[str]:
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in Axe().run(page).response["violations"]]


def test_people_are_merged_and_parted_again_by_keyboard(open_desk: Open, ann, bob, work, case):
    page = open_desk(ann, address(case))
    opener = page.get_by_role("link", name="Merge with…")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_role("heading", name="Merge Bobby with…")).to_be_visible()
    expect(dialog(page).get_by_label("Name, e-mail, phone or id")).to_be_focused()
    page.keyboard.type("kern")
    page.keyboard.press("Enter")
    look = dialog(page).get_by_role("button", name="Look at merging with Bob Kern")
    expect(look).to_be_visible()
    tab_to(page, look)
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_role("heading", name="Merge these people?")).to_be_visible()
    expect(dialog(page)).to_contain_text("is shown from now on")
    expect(dialog(page)).to_contain_text("1 case")
    assert person(work) == work.person_id, "nothing happens before Merge is pressed"
    expect(dialog(page).get_by_role("heading", name="Merge these people?")).to_be_focused()
    tab_to(page, dialog(page).get_by_label("Why?"))
    page.keyboard.type("the same voice")
    page.keyboard.press("Enter")
    expect(page.get_by_text("They are one person now.")).to_be_visible()
    assert page.url.endswith(address(case))
    assert person(work) == person(bob)
    tab_to(page, page.get_by_role("link", name="Undo…"))
    page.keyboard.press("Enter")
    expect(dialog(page)).to_contain_text("the same voice")
    tab_to(page, dialog(page).get_by_role("button", name="Undo #"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is as it was before.")).to_be_visible()
    assert person(work) == work.person_id


def test_escape_and_cancel_leave_everything_as_it_is(open_desk: Open, ann, bob, work, case):
    page = open_desk(ann, address(case))
    page.get_by_role("link", name="Merge with…").click()
    expect(dialog(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_be_hidden()
    expect(page.get_by_role("link", name="Merge with…")).to_be_focused()
    page.get_by_role("link", name="Merge with…").click()
    dialog(page).get_by_role("link", name="Close").click()
    expect(dialog(page)).to_be_hidden()
    assert page.url.endswith(address(case))
    assert not Operation.objects.exists()


def test_a_stale_plan_is_shown_anew_in_the_same_dialog(open_desk: Open, guard, ann, bob, work, case):
    page = open_desk(ann, address(case))
    page.get_by_role("link", name="Merge with…").click()
    dialog(page).get_by_label("Name, e-mail, phone or id").fill("bob-at-work")
    page.keyboard.press("Enter")
    dialog(page).get_by_role("button", name="Look at merging with Bob Kern").click()
    dialog(page).get_by_label("Why?").fill("the same voice")
    values.say(work, "api", {"position": "Boss"}, by=None)
    dialog(page).get_by_role("button", name="Merge", exact=True).click()
    expect(dialog(page).get_by_role("alert")).to_contain_text("Something has changed")
    expect(dialog(page)).to_contain_text("Boss")
    expect(dialog(page).get_by_label("Why?")).to_have_value("the same voice")
    assert not Operation.objects.exists()
    dialog(page).get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_text("They are one person now.")).to_be_visible()
    guard.forgive("409")


def test_what_is_typed_outlives_news_from_others(open_desk: Open, ann, bob, work, case):
    page = open_desk(ann, address(case))
    expect(page.locator("body")).to_have_attribute("data-live", "on")
    page.get_by_role("link", name="Merge with…").click()
    dialog(page).get_by_label("Name, e-mail, phone or id").fill("half a na")
    world.says(bob, "something new")
    expect(page.locator("#thread")).to_contain_text("something new")
    expect(dialog(page).get_by_label("Name, e-mail, phone or id")).to_have_value("half a na")


def test_it_works_without_scripts_too(open_desk: Open, ann, bob, work, case):
    page = open_desk(ann, address(case), java_script_enabled=False)
    page.get_by_role("link", name="Merge with…").click()
    page.get_by_label("Name, e-mail, phone or id").fill("kern")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Look at merging with Bob Kern").click()
    page.get_by_label("Why?").fill("the same voice")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page).to_have_url(re.compile(re.escape(address(case)) + "$"))
    assert person(work) == person(bob)
    page.get_by_role("link", name="Split…").click()
    page.get_by_label("bob-at-work").check()
    page.get_by_role("button", name="Look at it").click()
    page.get_by_label("Why?").fill("no, two")
    page.get_by_role("button", name="Split", exact=True).click()
    assert person(work) != person(bob)
    page.get_by_role("link", name="Undo…").click()
    expect(page.get_by_role("main")).to_contain_text("no, two")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_and_the_dialog_have_no_barrier_and_fit(
    open_desk: Open, ann, bob, work, case, channel, scheme, width
):
    third = world.customer(channel, "a-very-long-address-without-any-place-to-break-it" * 3)
    for other in (third, profiles.meet("email", "kern@example.com")):
        identity.merge(other.person, Profile.objects.get(pk=work.pk).person, by=ann)
    judged.keep(bob, work, by=ann, reason="twins")
    page = open_desk(ann, address(case), viewport={"width": width, "height": 860}, color_scheme=scheme)
    if width < 1280:
        page.get_by_role("button", name="Customer").click()
    page.get_by_role("link", name="Merge with…").click()
    dialog(page).get_by_label("Name, e-mail, phone or id").fill("kern")
    page.keyboard.press("Enter")
    look = dialog(page).get_by_role("button", name="Look at merging with Bob Kern")
    expect(look).to_be_visible()
    assert barriers(page) == []
    look.click()
    expect(dialog(page)).to_contain_text("twins")
    assert barriers(page) == []
    assert fits(page)
    for name in ("merge", "split", "operations"):
        page.goto(reverse(f"inbox:person_{name}", args=[person(work)]) + "?q=bob")
        assert barriers(page) == []
        assert fits(page)


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways, neither the page nor the part."""
    wide = "part => part.scrollWidth > part.clientWidth + 1"
    inside = page.evaluate(f"![...document.querySelectorAll('.dialog-part, dialog[open]')].some({wide})")
    return bool(inside and page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
