"""The inbox in Chromium, with the production policy: what agents see happen, and what they must never lose."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from django.db import connections
from django.urls import reverse
from playwright.sync_api import Page, expect

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.users.models import Agent, Profile
from helpdesk.users.services import identity, profiles, values
from tests import world
from tests.browser.conftest import Guard
from tests.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    '"><iframe srcdoc="<script>parent.alert(1)</script>">',
    '<a href="javascript:alert(1)">x</a>',
    '<div hx-get="/" hx-trigger="load" hx-on:click="alert(1)">x</div>',
    '<hx-partial hx-target="body">gone</hx-partial>',
    "</textarea><script>alert(1)</script>",
]


@pytest.fixture
def channel(transactional_db):
    return world.messenger("http://127.0.0.1:9/hook", title="Shop messenger")


@pytest.fixture
def bob(channel) -> Profile:
    return world.customer(channel)


@pytest.fixture
def ann(channel) -> Agent:
    return world.agent("Ann", sees=[channel.channel_ptr])


@pytest.fixture
def case(bob) -> Case:
    case = world.says(bob, "hello, is somebody there?").case
    cases.end_chat(case, "open", by=None)
    return Case.objects.get(pk=case.pk)


def address(case: Case) -> str:
    return reverse("inbox:case", args=[case.number])


def greeted(page: Page) -> Page:
    """Waits until the page hears of changes."""
    expect(page.locator("body")).to_have_attribute("data-live", "on")
    return page


def composer(page: Page):
    return page.locator("form.composer textarea")


@pytest.fixture
def busy(bob, ann, channel, case) -> Case:
    """A desk with everything on its pages: levels, failures, notes, priorities, fields, other cases."""
    world.tariff()
    account = profiles.meet("external", "kunde-4711", level=3)
    identity.prove(bob, account, method="code", level=3, evidence={"code": 5, "made_by": "api"}, by=None)
    values.say(account, "code", {"name": "Bob Kern", "company": "Kern GmbH", "tariff": "VIP"}, by=None)
    world.says(Profile.objects.get(pk=bob.pk), "now you know me, and this is a rather long line of text")
    failed = cases.reply(case, "good morning", by=ann)
    cases.failed(failed.pk, attempts=6, problem="no answer")
    cases.delivered(cases.reply(case, "and again", by=ann).pk, attempts=1)
    cases.note(case, "he has called before", by=ann)
    cases.set_priority(case, "high", by=ann)
    for number, name in enumerate(["Omar Haddad", "Lucía Fernández", "Kenji Ito"]):
        other = world.customer(channel, f"customer-{number}")
        values.say(other, "channel", {"name": name}, by=None)
        world.says(other, "a question that is much too long for the one line that a list has for it, by far")
    return case


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1100, 390])
def test_the_pages_have_no_barrier_and_fit_their_window(open_desk: Open, ann, busy, scheme, width):
    page = open_desk(ann, viewport={"width": width, "height": 860}, color_scheme=scheme)
    for path in ("/", reverse("inbox:tray", args=["closed"]), address(busy)):
        page.goto(path)
        assert found(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        wide = "pane => pane.checkVisibility() && pane.scrollWidth > pane.clientWidth + 1"
        assert not page.evaluate(f"[...document.querySelectorAll('.app > *, .scroll')].some({wide})")


def found(page: Page) -> list[str]:
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in Axe().run(page).response["violations"]]


def test_what_a_customer_writes_appears_by_itself_in_list_numbers_and_case(open_desk: Open, ann, bob, case, channel):
    page = greeted(open_desk(ann, address(case)))
    expect(page.locator("#trays a").first).to_have_attribute("aria-label", "Open, 1 case")
    world.says(world.customer(channel, "carol"), "somebody new")
    expect(page.locator("#rows .row").first).to_contain_text("somebody new")
    expect(page.locator("#trays a").first).to_have_attribute("aria-label", "Open, 2 cases")
    world.says(bob, "are you still there?")
    expect(page.locator(".thread")).to_contain_text("are you still there?")


@pytest.mark.seed("003", "a check mark appearing promptly in the user's profile after authentication")
def test_the_check_mark_and_the_tariff_appear_when_bob_shows_who_he_is(open_desk: Open, ann, bob, case):
    world.tariff()
    page = greeted(open_desk(ann, address(case)))
    expect(page.locator("#panel .level").first).to_have_text("Not identified")
    account = profiles.meet("external", "kunde-4711", level=3)
    identity.prove(bob, account, method="code", level=3, evidence={"code": 5}, by=None)
    values.say(account, "code", {"name": "Bob Kern", "tariff": "VIP"}, by=None)
    expect(page.locator("#panel .level").first).to_have_text("Identified by code")
    expect(page.locator("#panel")).to_contain_text("VIP")
    expect(page.locator("#rows .mark.proven")).to_be_visible()


def test_a_reply_is_sent_by_key_and_its_way_can_be_followed(open_desk: Open, ann, case):
    page = greeted(open_desk(ann, address(case)))
    composer(page).fill("Good morning, Bob")
    composer(page).press("Control+Enter")
    mine = page.locator(".message.agent")
    expect(mine).to_contain_text("Good morning, Bob")
    expect(composer(page)).to_have_value("")
    expect(mine.locator(".delivery")).to_have_text("Waits to be sent")
    cases.delivered(Message.objects.latest("pk").pk, attempts=1)
    expect(mine.locator(".delivery")).to_have_text("Delivered")
    assert page.url.endswith(address(case))


def test_typing_is_not_disturbed_by_what_comes_in(open_desk: Open, ann, bob, case):
    page = greeted(open_desk(ann, address(case)))
    composer(page).type("Half a sent")
    world.says(bob, "hello again")
    expect(page.locator(".thread")).to_contain_text("hello again")
    composer(page).type("ence")
    expect(composer(page)).to_be_focused()
    expect(composer(page)).to_have_value("Half a sentence")
    composer(page).press("Control+Enter")
    expect(page.locator(".message.agent")).to_contain_text("Half a sentence")


def test_each_case_keeps_its_own_draft(open_desk: Open, ann, case, channel):
    other = world.says(world.customer(channel, "carol"), "somebody new").case
    page = open_desk(ann, address(case))
    composer(page).fill("for Bob only")
    page.locator("#rows a", has_text="somebody new").click()
    page.wait_for_url(f"**{address(other)}*")
    expect(composer(page)).to_have_value("")
    page.go_back()
    page.wait_for_url(f"**{address(case)}*")
    expect(composer(page)).to_have_value("for Bob only")
    page.reload()
    expect(composer(page)).to_have_value("for Bob only")


def test_a_crossing_message_stops_the_answer_and_keeps_it(open_desk: Open, guard: Guard, ann, bob, case):
    page = greeted(open_desk(ann, address(case)))
    page.route("**/fresh/**", lambda route: route.fulfill(status=204))
    world.says(bob, "wait, another invoice")
    composer(page).fill("I refund 4471")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody wrote in the meantime")
    expect(page.locator(".thread")).to_contain_text("wait, another invoice")
    expect(composer(page)).to_have_value("I refund 4471")
    guard.forgive("409")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message.agent")).to_contain_text("I refund 4471")


@pytest.mark.parametrize("trouble", ["unreachable", "broken"])
def test_a_server_that_fails_takes_nothing_away(open_desk: Open, guard: Guard, ann, case, trouble):
    page = greeted(open_desk(ann, address(case)))
    if trouble == "unreachable":
        page.route("**/messages/**", lambda route: route.abort())
    else:
        page.route("**/messages/**", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    composer(page).fill("Good morning")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#toasts")).to_contain_text("our text is still here")
    expect(composer(page)).to_have_value("Good morning")
    expect(page.locator(".thread")).to_contain_text("hello, is somebody there?")
    page.unroute("**/messages/**")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message.agent")).to_contain_text("Good morning")
    guard.troubles.clear()


def test_keys_do_the_daily_work(open_desk: Open, ann, case, channel):
    world.says(world.customer(channel, "carol"), "somebody new")
    page = greeted(open_desk(ann))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator("#rows a").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address(case)}*")
    page.keyboard.press("m")
    expect(page.locator(".thread")).to_contain_text("Ann assigned the case to Ann")
    page.keyboard.press("n")
    page.keyboard.type("for us")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message.note")).to_contain_text("for us")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("#case-head")).to_contain_text("Open again")
    page.keyboard.press("e")
    expect(page.locator("#case-head")).to_contain_text("Reopen")
    page.keyboard.press("r")
    expect(composer(page)).to_be_focused()
    page.keyboard.type("jkempn?")
    expect(composer(page)).to_have_value("jkempn?")


def test_keys_are_listed_and_can_be_switched_off(open_desk: Open, ann, case):
    page = open_desk(ann, address(case))
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    assert found(page) == []
    dialog.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("m")
    page.reload()
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Assign to me")).to_be_visible()
    assert Case.objects.get(pk=case.pk).assignee is None


def test_a_chat_is_ended_from_the_menu_by_keys_alone(open_desk: Open, ann, bob):
    case = world.says(bob, "hello").case
    page = open_desk(ann, address(case))
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="as open")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".thread")).to_contain_text("Ann ended the chat as pending")
    assert not Case.objects.get(pk=case.pk).active_chat


def test_an_open_menu_stays_open_when_something_comes_in_and_closes_when_it_has_done_its_work(
    open_desk: Open, ann, bob
):
    case = world.says(bob, "hello").case
    page = greeted(open_desk(ann, address(case)))
    page.locator("#end-menu summary").click()
    choice = page.get_by_role("button", name="as pending")
    expect(choice).to_be_visible()
    world.says(bob, "are you there?")
    expect(page.locator(".thread")).to_contain_text("are you there?")
    expect(choice).to_be_visible()
    page.keyboard.press("Escape")
    expect(choice).to_be_hidden()
    page.locator("#assign-menu summary").click()
    page.locator("#assign-menu").get_by_role("button", name="Ann").click()
    expect(page.locator("#assign-menu summary")).to_contain_text("Ann")
    expect(page.locator("#assign-menu ul")).to_be_hidden()


def test_rows_keep_their_places_under_a_pointer_that_aims(open_desk: Open, ann, case, channel):
    page = greeted(open_desk(ann))
    row = page.locator("#rows .row").first.bounding_box()
    assert row
    bar = page.get_by_role("button", name="1 case changed")
    steps = count()

    def aims_until_told() -> int:
        page.mouse.move(row["x"] + 20 + next(steps) % 50, row["y"] + 20)
        return bar.is_visible() and page.locator("#rows .row").count()

    with ThreadPoolExecutor(1) as other:
        said = other.submit(says_elsewhere, channel, "carol", "somebody new")
        assert wait_for(aims_until_told) == 1
        said.result()
    bar.click()
    expect(page.locator("#rows .row")).to_have_count(2)


def says_elsewhere(channel, name: str, text: str) -> None:
    """On a thread of its own, with a database connection of its own."""
    try:
        world.says(world.customer(channel, name), text)
    finally:
        connections.close_all()


def test_two_tabs_share_one_stream(open_desk: Open, ann, case, bob):
    first = greeted(open_desk(ann, address(case)))
    asked: list[str] = []
    first.context.on("request", lambda request: asked.append(request.url))
    second = first.context.new_page()
    second.goto(address(case))
    world.says(bob, "hello to both")
    for page in (first, second):
        expect(page.locator(".thread")).to_contain_text("hello to both")
    assert [url for url in asked if url.endswith("/live/")] == []
    first.close()
    wait_for(lambda: second.evaluate("1") and any(url.endswith("/live/") for url in asked))
    world.says(bob, "and one more")
    expect(second.locator(".thread")).to_contain_text("and one more")


def test_who_is_signed_out_elsewhere_is_led_to_the_door_and_finds_the_draft_again(
    open_desk: Open, guard: Guard, ann, case
):
    page = greeted(open_desk(ann, address(case)))
    composer(page).fill("not yet sent")
    Session.objects.all().delete()
    page.wait_for_url("**/accounts/login/**")
    guard.troubles.clear()  # the answers 401 are what is tested here
    page.locator("[name=login]").fill("ann@example.com")
    page.locator("[name=password]").fill(world.PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"**{address(case)}*")
    expect(composer(page)).to_have_value("not yet sent")


def test_a_case_that_goes_out_of_sight_leaves_the_page(open_desk: Open, guard: Guard, ann, case):
    page = greeted(open_desk(ann, address(case)))
    cases.set_group(case, world.group("Secret"), by=None)
    expect(page.locator("#conversation")).to_contain_text("There is nothing here")
    expect(page.locator("#rows")).not_to_contain_text("hello")
    guard.forgive("404")


def test_on_a_phone_there_is_one_pane_at_a_time(open_desk: Open, ann, case):
    page = open_desk(ann, viewport={"width": 390, "height": 800}, has_touch=True)
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#conversation")).to_be_hidden()
    page.locator("#rows a").first.click()
    expect(page.locator("#conversation")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("button", name="Customer").click()
    expect(page.locator("#panel")).to_be_visible()
    page.locator("#panel").get_by_role("button", name="Close").click()
    expect(page.locator("#panel")).to_be_hidden()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#list")).to_be_visible()
    page.get_by_role("button", name="Views").click()
    page.get_by_role("link", name=re.compile("Assigned to me")).click()
    expect(page.locator("#list-title")).to_have_text("Assigned to me")


def test_everything_works_without_a_script(open_desk: Open, ann, bob, case):
    page = open_desk(ann, java_script_enabled=False)
    page.locator("#rows a").first.click()
    composer(page).fill("Good morning")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message.agent")).to_contain_text("Good morning")
    page.get_by_text("Note", exact=True).click()
    composer(page).fill("for us")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message.note")).to_contain_text("for us")
    page.get_by_role("button", name="Assign to me").click()
    expect(page.locator(".thread")).to_contain_text("Ann assigned the case to Ann")
    page.locator("#end-menu summary").click()
    page.get_by_role("button", name="as closed").click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")


@pytest.mark.promise("P29")
def test_hostile_text_runs_nothing_and_asks_nobody(open_desk: Open, ann, bob, channel):
    for payload in PAYLOADS:
        case = world.says(bob, payload).case
    cases.set_subject(case, PAYLOADS[1], by=ann)
    cases.note(case, "\n".join(PAYLOADS), by=ann)
    values.say(bob, "channel", {"name": PAYLOADS[0], "note": PAYLOADS[2], "company": PAYLOADS[3]}, by=None)
    message = cases.reply(case, html=f"<b>hi</b>{''.join(PAYLOADS)}", by=ann)
    cases.failed(message.pk, attempts=6, problem=PAYLOADS[1])
    page = greeted(open_desk(ann, address(case)))
    world.says(bob, "".join(PAYLOADS))
    expect(page.locator(".message.customer")).to_have_count(len(PAYLOADS) + 1)
    for payload in PAYLOADS:
        expect(page.locator(".message.customer .body").get_by_text(payload, exact=True)).to_be_visible()
    expect(page.locator("#app")).to_be_visible()
    assert page.locator("script:not([src]), iframe, [onerror], [onload]").count() == 0
