"""The conflict card in Chromium: decided by keyboard, undone, typed text kept, no barrier in light and dark."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from helpdesk.cases.models import Case
from helpdesk.users.models import Agent, Conflict, Profile
from helpdesk.users.services import conflicts, told
from tests import world
from tests.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
EMAIL = "both@example.com"


@pytest.fixture
def channel(transactional_db: None) -> Any:
    return world.messenger("http://127.0.0.1:9/hook", title="Shop messenger")


@pytest.fixture
def ann(channel: Any) -> Agent:
    ann = world.agent("Ann", sees=[channel.channel_ptr])
    ann.may_merge = True
    ann.save()
    return ann


@pytest.fixture
def carol(channel: Any) -> Profile:
    for name in ("bob", "carol"):
        one = world.customer(channel, name)
        world.says(one, f"it is {name}")
        told.tell(one, told.Told(email=EMAIL, said={"name": f"{name.title()} Kern"}), by=None)
    return one


@pytest.fixture
def case(carol: Profile) -> Case:
    return Case.objects.get(profile=carol)


def state() -> str:
    return Conflict.objects.get().state


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def found(page: Page) -> list[str]:
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in Axe().run(page).response["violations"]]


def test_a_conflict_is_decided_and_undone_by_keyboard(open_desk: Open, ann: Agent, case: Case) -> None:
    page = open_desk(ann, f"/cases/{case.number}/")
    page.locator(".decide > summary").focus()
    press(page, "Enter", "Tab", "ArrowDown", "ArrowDown")
    expect(page.get_by_role("radio", name="Not the same person")).to_be_checked()
    press(page, "Tab")
    expect(page.get_by_label("Why")).to_be_focused()
    page.keyboard.type("father and son")
    press(page, "Enter")
    folded = page.locator(".decided")
    expect(folded.locator("summary")).to_contain_text("Not the same person · Ann")
    assert state() == "rejected"
    expect(page).to_have_url(re.compile(f"/cases/{case.number}/$"))
    folded.locator("summary").focus()
    press(page, "Enter")
    expect(folded).to_contain_text("father and son")
    folded.get_by_role("button", name="Undo").focus()
    press(page, "Enter")
    expect(page.locator(".waits")).to_be_visible()
    assert state() == "open"


def test_without_a_choice_or_a_reason_nothing_is_sent(open_desk: Open, ann: Agent, case: Case) -> None:
    page = open_desk(ann, f"/cases/{case.number}/")
    page.locator(".decide > summary").click()
    page.get_by_label("Why").fill("because")
    page.locator(".verdict").get_by_role("button", name="Decide").click()
    assert page.evaluate("document.activeElement.name") == "verdict"
    assert state() == "open"


def test_what_is_being_typed_stays_when_the_customer_writes(open_desk: Open, ann: Agent, case: Case) -> None:
    page = open_desk(ann, f"/cases/{case.number}/")
    expect(page.locator("body")).to_have_attribute("data-live", "on")
    page.locator(".decide > summary").click()
    page.get_by_role("radio", name="The same person", exact=True).check()
    page.get_by_label("Why").fill("half a rea")
    world.says(case.profile, "are you there?")
    expect(page.locator(".thread")).to_contain_text("are you there?")
    expect(page.get_by_label("Why")).to_have_value("half a rea")
    expect(page.get_by_role("radio", name="The same person", exact=True)).to_be_checked()
    expect(page.locator(".decide")).to_have_attribute("open", "")


def test_a_new_conflict_appears_in_the_views_and_is_decided_on_its_page(
    open_desk: Open, ann: Agent, case: Case, channel: Any
) -> None:
    page = open_desk(ann, "/")
    expect(page.locator("body")).to_have_attribute("data-live", "on")
    page.get_by_role("link", name="Conflicts, 1 to decide").click()
    expect(page.get_by_role("heading", name="Conflicts")).to_be_visible()
    dora = world.customer(channel, "dora")
    world.says(dora, "hello")
    told.tell(dora, told.Told(email=EMAIL), by=None)
    expect(page.locator("#rows .row")).to_have_count(2)
    page.locator("#rows .row > a", has_text="Carol Kern").click()
    expect(page.get_by_role("heading", name="Are these one person?")).to_be_visible()
    page.get_by_role("radio", name=f"Only move {EMAIL}").check()
    page.get_by_label("Why").fill("hers since the wedding")
    page.locator(".verdict").get_by_role("button", name="Decide").click()
    expect(page.get_by_role("heading", name=f"{EMAIL} was moved")).to_be_visible()
    carol = Profile.objects.get(pk=case.profile_id)
    wait_for(lambda: Profile.objects.get(address=EMAIL).person_id == carol.person_id)


def test_what_a_colleague_decided_first_is_told(open_desk: Open, ann: Agent, case: Case, guard: Any) -> None:
    page = open_desk(ann, f"/conflicts/{Conflict.objects.get().pk}/")
    conflicts.decide(Conflict.objects.get(), "reject", reason="first", by=world.admin())
    page.get_by_role("radio", name="The same person", exact=True).check()
    page.get_by_label("Why").fill("second")
    page.locator(".verdict").get_by_role("button", name="Decide").click()
    expect(page.get_by_role("alert")).to_contain_text("decided already")
    assert state() == "rejected"
    guard.forgive("409")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_card_has_no_barrier_and_fits_its_window(
    open_desk: Open, ann: Agent, case: Case, scheme: str, width: int
) -> None:
    page = open_desk(ann, viewport={"width": width, "height": 860}, color_scheme=scheme)
    conflict = Conflict.objects.get()
    for decided in (False, True):
        if decided:
            conflicts.decide(conflict, "reject", reason="a reason " * 20, by=ann)
        for path in ("/conflicts/", "/conflicts/?state=decided", f"/conflicts/{conflict.pk}/"):
            page.goto(path)
            assert found(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"/cases/{case.number}/")
        if width < 1280:
            page.locator(".opens-panel").click()
        page.locator(".decided > summary" if decided else ".decide > summary").click()
        assert found(page) == []
        assert page.evaluate(
            "pane => pane.scrollWidth <= pane.clientWidth + 1", page.locator("#panel").element_handle()
        )
