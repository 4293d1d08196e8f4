"""The rule editor in Chromium, with the production policy: by mouse, by keyboard, with errors at their rows."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from helpdesk.channels.models import Language
from helpdesk.users.models import Agent
from rules import drafts
from rules.drafts import Step, Term
from rules.models import Rule
from rules.services import looking_back
from tests import world
from tests.rules.desk import do, rule, when

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]


@pytest.fixture
def ada(transactional_db: Any) -> Agent:
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
    Language.objects.get_or_create(code="de", defaults={"title": "Deutsch"})
    world.tariff()
    world.group("VIP")
    return world.admin()


def add_page(name: str = "updatedcasesrule") -> str:
    return reverse(f"admin:rules_{name}_add")


def change_page(made: Rule) -> str:
    return reverse("admin:rules_updatedcasesrule_change", args=[made.pk])


def part(page: Page, name: str) -> Locator:
    """The conditions of ALL or of ANY, or the actions."""
    return page.get_by_role("region", name={"all": "If all", "any": "and any", "actions": "Then do"}[name])


def add_condition(page: Page, name: str, field: str, operator: str) -> Locator:
    region = part(page, name)
    region.get_by_role("button", name="Add a condition").click()
    row = region.get_by_role("listitem").last
    row.get_by_label("what to look at").select_option(label=field)
    row.get_by_label("how to compare").select_option(label=operator)
    return row


def accessible(page: Page) -> None:
    """Without "preload": for that axe writes style sheets of its own into the page, which the policy refuses."""
    found = Axe().run(page, options={"preload": False})
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found.response["violations"]] == []


def save(page: Page) -> Rule:
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/rules/*rule/")
    return Rule.objects.get(title=Rule.objects.order_by("-updated_at")[0].title)


def test_a_rule_is_written_and_saved(open_desk: Open, ada: Agent) -> None:
    page = open_desk(ada, add_page())
    page.get_by_label("Title").fill("Greet VIPs")
    expect(part(page, "all").get_by_text("No condition here")).to_be_visible()
    expect(add_condition(page, "all", "Identification code", "is valid").get_by_text("no value needed")).to_be_visible()
    add_condition(page, "all", "Tariff", "is").get_by_label("value").select_option(label="VIP")
    add_condition(page, "all", "User has been created", "after").get_by_label("value").fill("2024-04-08")
    words = add_condition(page, "any", "Message text", "contains any of").get_by_label("value")
    words.fill("help")
    words.press("Enter")
    page.keyboard.type("please")  # never confirmed: it counts when the field is left
    region = part(page, "actions")
    region.get_by_role("button", name="Add an action").click()
    region.get_by_label("Action 1: what to do").select_option(label="Set the group")
    region.get_by_label("Action 1: Group").select_option(label="VIP")
    region.get_by_role("button", name="Add an action").click()
    region.get_by_label("Action 2: what to do").select_option(label="Send a message to the user")
    region.get_by_label("Action 2: Text, English", exact=True).fill("Hello ")
    region.get_by_label("Action 2: Text, English: insert a variable").select_option(
        label="user's name — {{ user.name }}"
    )
    expect(region.get_by_label("Action 2: Text, English", exact=True)).to_be_focused()
    page.keyboard.type("!")
    region.get_by_label("Action 2: Text, Deutsch", exact=True).fill("Hallo!")
    draft = drafts.of(save(page))
    assert draft.all == (
        Term("identification.code", "valid"),
        Term("user.cf.tariff", "is", "2"),
        Term("user.created", "after", "2024-04-08"),
    )
    assert draft.any == (Term("message.text", "contains_any", ["help", "please"]),)
    assert [step.kind for step in draft.actions] == ["set_group", "send_message"]
    assert draft.actions[1] == Step("send_message", {"texts": {"en": "Hello {{ user.name }}!", "de": "Hallo!"}})


def test_errors_stand_at_their_rows_and_the_first_has_the_focus(open_desk: Open, ada: Agent) -> None:
    page = open_desk(ada, add_page())
    page.get_by_label("Title").fill("Wrong")
    add_condition(page, "all", "User", "is identified")
    add_condition(page, "all", "Message text", "contains any of")
    page.get_by_role("button", name="Save", exact=True).click()
    wrong = page.get_by_label("Condition 2: value")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    message = page.locator(f"#{wrong.get_attribute('aria-describedby')}")
    expect(message).to_have_text("Enter at least one word.")
    expect(page.get_by_label("Condition 2: what to look at")).to_be_focused()
    expect(part(page, "actions").get_by_text("Add at least one action.")).to_be_visible()
    wrong.fill("hello")
    wrong.press("Enter")
    expect(message).to_have_count(0)
    part(page, "actions").get_by_role("button", name="Add an action").click()
    page.get_by_label("Action 1: what to do").select_option(label="Set the status")
    page.get_by_label("Action 1: Status").select_option(label="open")
    assert drafts.of(save(page)).all[1].value == ["hello"]


def test_rows_are_ordered_by_keyboard_and_by_buttons(open_desk: Open, ada: Agent) -> None:
    made = rule(
        "Order", actions=[do("set_status", status="open"), do("set_priority", priority="low"), do("add_note", text="x")]
    )
    page = open_desk(ada, change_page(made))
    last = page.get_by_label("Action 3: what to do")
    last.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_label("Action 2: what to do")).to_be_focused()
    expect(page.get_by_label("Action 2: what to do")).to_have_value("add_note")
    expect(page.get_by_role("status").last).to_have_text("Action 3 is now in place 2")
    page.get_by_role("button", name="Move up: Action 2").click()
    page.get_by_role("button", name="Remove: Action 3").click()
    expect(page.get_by_label("Action 2: what to do")).to_be_focused()
    assert [step.kind for step in drafts.of(save(page)).actions] == ["add_note", "set_status"]


def test_another_field_keeps_the_comparison_and_the_value_where_they_still_make_sense(
    open_desk: Open, ada: Agent
) -> None:
    made = rule("Keep", all=[when("message.text", "contains_any", ["a"]), when("case.status", "is", "open")])
    page = open_desk(ada, change_page(made))
    page.get_by_label("Condition 1: what to look at").select_option(label="Subject")
    expect(page.get_by_label("Condition 1: how to compare")).to_have_value("contains_any")
    expect(page.get_by_role("button", name="Remove: a", exact=True)).to_be_visible()
    page.get_by_label("Condition 1: how to compare").select_option(label="matches the pattern")
    expect(page.get_by_label("Condition 1: value")).to_have_value("")
    page.get_by_label("Condition 1: value").fill("^a")
    page.get_by_label("Condition 2: what to look at").select_option(label="Priority")
    page.get_by_label("Condition 2: value").select_option(label="low")
    draft = drafts.of(save(page))
    assert draft.all == (Term("case.subject", "matches", "^a"), Term("case.priority", "is", "low"))


def test_a_rule_that_is_opened_and_saved_stays_what_it_was(open_desk: Open, ada: Agent) -> None:
    made = rule(
        "Everything",
        all=[
            when("case.messages", "between", [1, 5]),
            when("case.created", "ago_more", {"amount": 3, "unit": "days"}),
            when("case.created", "between", ["2024-01-01", "2024-12-31"]),
            when("case.status", "is_any", ["open", "pending"]),
            when("user.cf.tariff", "is_none", ["1"]),
            when("message.text", "is", ["5", "start"]),
        ],
        actions=[
            do("assign", agent=None),
            do("set_user_field", field="tariff", value="3"),
            do("send_message", texts={"de": "Hallo\nDu", "en": "Hi", "fr": "Salut"}),
        ],
    )
    before = drafts.of(made)
    page = open_desk(ada, change_page(made))
    expect(page.get_by_label("Condition 1: value").first).to_have_value("1")
    saved = save(page)
    assert drafts.of(saved) == before
    assert saved.version == 1


def test_without_javascript_the_plain_rows_are_there(open_desk: Open, ada: Agent) -> None:
    made = rule("Plain", all=[when("case.status", "is", "open")])
    page = open_desk(ada, change_page(made), java_script_enabled=False)
    expect(page.locator("select[name=conditions-0-field]")).to_have_value("case.status")
    page.locator("select[name=conditions-0-operator]").select_option("is_not")
    page.get_by_role("button", name="Save", exact=True).click()
    assert drafts.of(Rule.objects.get()).all == (Term("case.status", "is_not", "open"),)


NAME = """() => {
  const one = document.activeElement;
  return one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText;
}"""


def tab_to(page: Page, name: str) -> None:
    """Goes on with the Tab key until the control of this name has the focus."""
    for _press in range(150):
        page.keyboard.press("Tab")
        if page.evaluate(NAME) == name:
            return
    raise AssertionError(f"{name!r} is not reached by the keyboard")


def write(page: Page, name: str, text: str) -> None:
    tab_to(page, name)
    page.keyboard.type(text)


def test_the_vip_rule_is_built_by_keyboard_alone(open_desk: Open, ada: Agent) -> None:
    page = open_desk(ada, add_page())
    write(page, "Title", "VIP customer sent a valid code")
    tab_to(page, "Add a condition")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")  # back from the first control of the new row to its grip or heading
    write(page, "Condition 1: what to look at", "Identification code")
    write(page, "Condition 1: how to compare", "is valid")
    tab_to(page, "Add a condition")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    write(page, "Condition 2: what to look at", "Tariff")
    write(page, "Condition 2: how to compare", "is any of")
    write(page, "Condition 2: value", "VIP")
    tab_to(page, "Add an action")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    write(page, "Action 1: what to do", "Set the group")
    write(page, "Action 1: Group", "VIP")
    tab_to(page, "Add an action")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    write(page, "Action 2: what to do", "Send a message to the user")
    write(page, "Action 2: Text, English", "Thank you, {{ user.name | and welcome }}.")
    tab_to(page, "Title")  # round the page: the browser's own bar is not part of it
    page.keyboard.press("Enter")
    page.wait_for_url("**/rules/*rule/")
    draft = drafts.of(Rule.objects.get(title="VIP customer sent a valid code"))
    assert draft.all == (Term("identification.code", "valid"), Term("user.cf.tariff", "is_any", ["2"]))
    assert [step.kind for step in draft.actions] == ["set_group", "send_message"]


def test_a_rule_is_tried_on_a_case_with_a_tick_or_a_cross_and_what_would_be_said(open_desk: Open, ada: Agent) -> None:
    case = world.says(world.customer(world.messenger()), "hello there").case
    made = rule(
        "Try",
        all=[when("case.status", "is", "open")],
        any=[when("message.text", "contains_any", ["bye"]), when("message.text", "contains_any", ["hello"])],
        actions=[do("set_priority", priority="high"), do("send_message", texts={"en": "About {{ case.number }}"})],
    )
    page = open_desk(ada, change_page(made))
    page.get_by_label("Case number").fill(case.number)
    page.get_by_label("Case number").press("Enter")
    trial = page.locator("rule-trial")
    expect(trial.get_by_text(f"It would fire in case {case.number}.")).to_be_visible()
    expect(trial.locator(".rule-seen li.yes")).to_have_count(2)
    expect(trial.locator(".rule-seen li.no")).to_have_count(1)
    expect(trial.get_by_role("heading", name="Any of these")).to_be_visible()
    expect(trial.locator("blockquote")).to_have_text(f"About {case.number}")
    accessible(page)
    part(page, "actions").get_by_role("button", name="Remove: Action 2").click()
    page.get_by_role("button", name="Test on a case").click()
    expect(trial.locator("blockquote")).to_have_count(0)
    case.refresh_from_db()
    assert (case.priority, drafts.of(Rule.objects.get()).actions[0].kind) == ("normal", "set_priority")
    assert case.messages.count() == 1


def test_a_rule_is_tried_over_history_as_far_as_one_likes(
    open_desk: Open, ada: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_back, "MOST_CASES", 2)
    channel = world.messenger()
    numbers = [world.says(world.customer(channel, f"c{number}"), "hello").case.number for number in range(3)]
    page = open_desk(ada, change_page(rule("Try", all=[when("case.status", "is", "open")])))
    page.get_by_label("Cases of the last").select_option(label="7 days")
    page.get_by_role("button", name="Test on history").click()
    trial = page.locator("rule-trial")
    expect(trial.get_by_text("2 of 2 cases would match")).to_be_visible()
    expect(trial.get_by_text("were not asked yet")).to_be_visible()
    trial.get_by_role("button", name="Look further").click()
    expect(trial.get_by_text("3 of 3 cases would match")).to_be_visible()
    expect(trial.locator(".rule-cases a")).to_have_text(numbers[::-1])
    expect(trial.locator(".rule-cases li").first).to_contain_text("priority")
    accessible(page)
    expect(trial.get_by_role("button", name="Look further")).to_have_count(0)
