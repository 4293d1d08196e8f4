"""What admins get wrong, by the editor, without JavaScript, by the API and by a file: a clear error at its place."""

import html
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from helpdesk.cases.models import Label
from helpdesk.lib.fields import FIELDS
from helpdesk.ops import exchange
from rules.models import Rule, Run
from rules.services import explain
from tests import world
from tests.rules.desk import do, fired, rule, when

pytestmark = pytest.mark.django_db

GOOD = do("set_priority", priority="high")
MEGABYTE = "a" * 1_000_000


class Desk:
    """The four ways in. Each takes the parts of a rule and gives {path of a row: what is wrong there}."""

    def __init__(self) -> None:
        ada = world.admin()
        self.client = Client()
        self.client.force_login(ada)
        self.headers = {"Authorization": f"Bearer {world.api_key(ada, 'admin')}"}

    def editor(self, title: str = "Bad", **parts: Any) -> dict[str, str]:
        rows = {"all": [], "any": [], "actions": [GOOD], **parts}
        self.answer = self.client.post(page("add"), form(title=title, draft=json.dumps(rows)))
        return vocabulary(self.answer)["errors"] if self.answer.status_code == 200 else {}

    def plain(self, title: str = "Bad", **parts: Any) -> dict[str, str]:
        """Without JavaScript: {"": all that the page says}."""
        conditions = [{"block": block, **row} for block in ("all", "any") for row in parts.get(block, ())]
        actions = parts.get("actions", [GOOD])
        self.answer = self.client.post(page("add"), form(title=title, conditions=conditions, actions=actions))
        return {"": text(self.answer)} if self.answer.status_code == 200 else {}

    def api(self, title: str = "Bad", **parts: Any) -> dict[str, str]:
        body = {"list": "updated", "title": title, "actions": [GOOD], **parts}
        self.answer = self.client.post("/api/v1/rules/", body, content_type="application/json", headers=self.headers)
        told = self.answer.json()
        assert self.answer.status_code in (201, 400, 422), told
        return {path: " ".join(said) for path, said in told.get("errors", {}).items()}

    def file(self, title: str = "Bad", **parts: Any) -> dict[str, str]:
        body = {"list": "updated", "title": title, "actions": [GOOD], **parts}
        try:
            exchange.load({"format": "helpdesk-config", "version": 2, "rules": [body]}, keep=True)
        except exchange.Mistakes as mistakes:
            places = (line.partition(": ") for line in mistakes.lines)
            return {path(place): said for place, _colon, said in places}
        return {}


WAYS = ("editor", "plain", "api", "file")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:rules_updatedcasesrule_{name}", args=args)


def path(place: str) -> str:
    """ "rules[0].all[1]" → "all.1"."""
    return re.sub(r"\[(\d+)\]", r".\1", place.removeprefix("rules[0]")).strip(".")


def form(*, conditions: Any = (), actions: Any = (), draft: str = "", **more: Any) -> dict[str, Any]:
    data = {"title": "A rule", "active": "on", "draft": draft, **more}
    for prefix, rows in (("conditions", conditions), ("actions", actions)):
        data |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
        for index, row in enumerate(rows):
            data |= {f"{prefix}-{index}-{name}": cell(value) for name, value in row.items()}
    return data


def cell(value: Any) -> str:
    """As a person types it: JSON, but words as they are."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def text(answer: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def vocabulary(answer: Any) -> dict[str, Any]:
    found = re.search(
        r'<script id="rule-vocabulary" type="application/json">(.*?)</script>', answer.content.decode(), re.S
    )
    assert found
    read: dict[str, Any] = json.loads(found[1])
    return read


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown field": (
        {"all": [when("case.colour", "is", "red")]},
        "all.0",
        "There is no field “case.colour” (any more).",
    ),
    "an unknown custom field": (
        {"any": [when("user.cf.shoe", "is", ["9"])]},
        "any.0",
        "There is no field “user.cf.shoe” (any more).",
    ),
    "an operator of another kind": (
        {"all": [when("case.status", "contains_any", ["open"])]},
        "all.0",
        "“Status” cannot be compared like this.",
    ),
    "a value that is no choice": (
        {"all": [when("case.status", "is", "lost")]},
        "all.0",
        "What was chosen here no longer exists (lost).",
    ),
    "a value of the wrong type": ({"all": [when("case.messages", "more", "many")]}, "all.0", "Enter a whole number."),
    "a date that is none": (
        {"all": [when("user.created", "after", "2024-02-30")]},
        "all.0",
        "Enter a date such as 2024-04-08.",
    ),
    "a pattern that is none": (
        {"all": [when("message.text", "matches", "(")]},
        "all.0",
        "This pattern cannot be used",
    ),
    "a pattern too large for its memory": (
        {"all": [when("message.text", "matches", "((a{1000}){1000}){1000}")]},
        "all.0",
        "This pattern cannot be used",
    ),
    "a field in the wrong list": (
        {"all": [when("clock.customer", "at_least", {"amount": 1, "unit": "hours"})]},
        "all.0",
        "cannot stand in this list",
    ),
    "a label that does not exist": (
        {"actions": [do("add_labels", labels=[4711])]},
        "actions.0.labels",
        "What was chosen here no longer exists (4711).",
    ),
    "a group that does not exist": (
        {"actions": [do("set_group", group=4711)]},
        "actions.0.group",
        "What was chosen here no longer exists (4711).",
    ),
    "an unknown action": ({"actions": [do("explode")]}, "actions.0", "There is no such action."),
    "an unknown variable": (
        {"actions": [do("send_message", texts={"en": "Hello {{ user.password }}"})]},
        "actions.0.texts",
        "There is no variable {{ user.password }}.",
    ),
    "an unknown variable in brackets": (
        {"actions": [do("add_note", text="Call [user_shoe_size]")]},
        "actions.0.text",
        "There is no variable [user_shoe_size].",
    ),
    "a word of a megabyte": (
        {"all": [when("message.text", "contains_any", [MEGABYTE])]},
        "all.0",
        "Enter at most 500 characters.",
    ),
    "a pattern of a megabyte": (
        {"all": [when("message.text", "matches", MEGABYTE)]},
        "all.0",
        "Enter at most 500 characters.",
    ),
    "a message of a megabyte": (
        {"actions": [do("send_message", texts={"en": MEGABYTE})]},
        "actions.0.texts",
        "10000 characters",
    ),
    "a hundred and one conditions": (
        {"all": [when("user.identified", "yes")] * 101},
        "all",
        "A rule has at most 100 conditions.",
    ),
    "ten thousand conditions": (
        {"all": [when("user.identified", "yes")] * 5_000, "any": [when("case.status", "is", "open")] * 5_000},
        "all",
        "A rule has at most 100 conditions.",
    ),
    "ten thousand actions": ({"actions": [GOOD] * 10_000}, "actions", "A rule has at most 50 actions."),
}


@pytest.mark.promise("A39")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_at_its_place_whichever_way_it_comes(desk, name, way):
    parts, place, sentence = BAD[name]
    told = getattr(desk, way)(**parts)
    assert not Rule.objects.exists()
    if way == "plain":
        # What is not in a menu is refused by the menu; a form of ten thousand rows is not read at all.
        refused = sentence in told.get("", "") or "Select a valid choice" in told.get("", "")
        assert refused or desk.answer.status_code == 400
    else:
        assert set(told) == {place}
        assert sentence in told[place]


@pytest.mark.parametrize("way", WAYS)
def test_the_same_rule_without_a_mistake_is_saved_whichever_way_it_comes(desk, way):
    assert getattr(desk, way)(all=[when("message.text", "matches", "(a+)+$")]) == {}
    (made,) = Rule.objects.with_parts()
    assert (made.title, made.list, made.problem) == ("Bad", "updated", "")
    assert made.conditions.get().value == "(a+)+$"


# — a rule that became wrong later —


def broken() -> dict[str, Callable[[], tuple[Rule, Any]]]:
    def label() -> tuple[Rule, Any]:
        row = Label.objects.create(title="spam")
        return rule("Broken", all=[when("case.labels", "has_none", [row.pk])]), row

    def group() -> tuple[Rule, Any]:
        row = world.group("VIP")
        return rule("Broken", actions=[do("set_group", group=row.pk)]), row

    def custom() -> tuple[Rule, Any]:
        row = world.tariff()
        return rule("Broken", all=[when("user.cf.tariff", "is_not", "1")]), row

    return {"a label in a condition": label, "a group in an action": group, "a custom field": custom}


@pytest.mark.parametrize("name", broken())
def test_a_rule_that_names_something_deleted_is_visible_and_never_silent(
    desk, name, django_capture_on_commit_callbacks
):
    made, row = broken()[name]()
    with django_capture_on_commit_callbacks(execute=True):
        row.delete()
    made.refresh_from_db()
    assert made.problem
    assert "cannot be used" in text(desk.client.get(page("changelist")))
    assert "This rule cannot be used at present." in text(desk.client.get(page("change", made.pk)))
    told = desk.client.get(f"/api/v1/rules/{made.pk}/", headers=desk.headers).json()
    assert told["problem"] == made.problem
    bob = world.customer(world.messenger())
    world.says(bob, "hello")
    case = world.says(bob, "and more").case
    assert fired(case) == []
    (line,) = explain(Run.objects.get(case=case, list="updated"))
    assert (line.title, line.outcome, line.why) == ("Broken", "invalid", made.problem)
    exported = exchange.export()["rules"]
    Rule.objects.all().delete()
    with pytest.raises(exchange.Mistakes) as refused:
        exchange.load({"format": "helpdesk-config", "version": 2, "rules": exported}, keep=True)
    assert refused.value.lines[0].startswith("rules[0]")


def test_a_group_that_is_switched_off_makes_its_rule_wrong_until_it_is_on_again(django_capture_on_commit_callbacks):
    group = world.group("VIP")
    made = rule("To VIP", actions=[do("set_group", group=group.pk)])
    for active in (False, True):
        with django_capture_on_commit_callbacks(execute=True):
            group.active = active
            group.save(update_fields=["active"])
        made.refresh_from_db()
        assert bool(made.problem) is not active


# — what customers send —


@pytest.mark.promise("A39")
@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_a_wicked_pattern_is_searched_in_time_linear_to_the_text(pattern):
    assert rule("Wicked", all=[when("message.text", "matches", pattern)]).problem == ""
    test = FIELDS.now()["message.text"].prepare("matches", pattern)
    took = {}
    for size in (10_000, 100_000, 1_000_000):
        started = time.perf_counter()
        test("a" * size + "!")
        took[size] = time.perf_counter() - started
    # Whoever tries all ways would need longer than the world is old.
    assert took[1_000_000] < 10


def test_a_message_of_a_hundred_thousand_characters_is_looked_at_whole():
    rule(
        "Found at the end",
        all=[
            when("message.text", "contains_all", ["ending"]),
            when("message.text", "matches", "(a+)+ending$"),
            when("message.text", "contains_none", ["beginning"]),
        ],
    )
    bob = world.customer(world.messenger())
    world.says(bob, "hello")
    case = world.says(bob, "a" * 99_000 + "ending").case
    assert fired(case) == ["Found at the end"]
    run = Run.objects.filter(case=case).latest("pk")
    assert len(run.trace) <= 2048


def test_what_a_long_text_showed_is_cut_in_the_trace():
    rule("Never", all=[when("message.text", "is", ["x"])])
    bob = world.customer(world.messenger())
    world.says(bob, "hello")
    case = world.says(bob, "long " * 10_000).case
    (line,) = explain(Run.objects.get(case=case, list="updated"))
    assert line.outcome == "missed"
    assert "long long" in line.why
    assert len(line.why) < 300


# — a file of another format, and two admins at once —


@pytest.mark.parametrize("version", [0, 3, 999, "2", None])
def test_a_file_of_another_format_is_refused_before_anything_is_read(version):
    body = {"list": "updated", "title": "New", "actions": [GOOD]}
    with pytest.raises(exchange.Mistakes, match="this desk reads versions") as refused:
        exchange.load({"format": "helpdesk-config", "version": version, "rules": [body]}, keep=True)
    assert len(refused.value.lines) == 1
    assert not Rule.objects.exists()


def test_a_part_of_a_rule_that_this_desk_does_not_know_is_refused(desk):
    for way in ("api", "file"):
        told = getattr(desk, way)(schedule_of_tomorrow=1)
        assert list(told) == ["schedule_of_tomorrow"]
    assert not Rule.objects.exists()


def test_of_two_admins_at_once_the_second_gets_the_difference_and_keeps_what_they_typed(desk):
    made = rule("First", all=[when("case.status", "is", "open")])
    rule("Theirs", rule=made, all=[when("case.status", "is", "open")])
    sent = form(title="Mine", seen="1", draft=json.dumps({"all": [], "any": [], "actions": [GOOD]}))
    answer = desk.client.post(page("change", made.pk), sent)
    assert answer.status_code == 200
    assert "“First” is now “Theirs”" in text(answer)
    assert 'value="Mine"' in answer.content.decode()
    assert vocabulary(answer)["state"]["actions"] == [GOOD]
    assert Rule.objects.get().title == "Theirs"
    assert desk.client.post(page("change", made.pk), {**sent, "seen": "2"}).status_code == 302
    assert Rule.objects.get().title == "Mine"


def test_of_two_programs_at_once_the_second_gets_the_difference(desk):
    made = rule("First")
    address = f"/api/v1/rules/{made.pk}/"
    for title, status in (("Theirs", 200), ("Mine", 409)):
        body = {"title": title, "version": 1}
        answer = desk.client.patch(address, body, content_type="application/json", headers=desk.headers)
        assert answer.status_code == status
    assert answer.json()["code"] == "rule_changed"
    assert "“First” is now “Theirs”" in answer.json()["detail"]
    assert Rule.objects.get().title == "Theirs"
