"""The page of a list of rules: what it tells of each, groups, order, and words to find one by."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from helpdesk.events.models import Event
from rules import services
from rules.models import Pause, Rule, RuleGroup
from tests import world
from tests.rules.desk import do, rule, when
from tests.rules.test_groups import shape

pytestmark = pytest.mark.django_db


def url(page: str, *args: Any, name: str = "updatedcases") -> str:
    return reverse(f"admin:rules_{name}rule_{page}", args=args)


@pytest.fixture
def ada() -> Any:
    return world.admin()


@pytest.fixture
def admin(client: Client, ada: Any) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def group(ada: Any) -> RuleGroup:
    """A, then a group with B."""
    rule("A")
    made = services.make_group("updated", "Codes", by=ada)
    services.put(rule("B"), group=made, by=ada)
    return made


def row(answer: Any, title: str) -> str:
    """What the page says of one rule."""
    page = answer.content.decode()
    found = re.search(rf'<li class="rule-item[^>]*data-title="{title}">(.*?)</li>', page, re.S)
    assert found, title
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def test_rules_are_numbered_through_groups(admin: Client, group: RuleGroup) -> None:
    page = admin.get(url("changelist"))
    assert row(page, "A").startswith("1 A")
    assert row(page, "B").startswith("2 B")
    assert page.content.decode().count("<details open>") == 1


def test_a_row_tells_when_the_rule_fired_last(admin: Client) -> None:
    rule("never")
    Rule.objects.filter(pk=rule("lately").pk).update(fired_at=timezone.now() - timedelta(hours=2))
    page = admin.get(url("changelist"))
    assert "Fired last: never" in row(page, "never")
    assert "Fired last: 2\xa0hours ago" in row(page, "lately").replace("2 hours", "2\xa0hours")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, "never fired in 30 days"),
        ({"fired_at": 40}, "not in 30 days"),
        ({"fired_at": 10}, ""),
        ({"created_at": 10}, ""),
        ({"active": False}, ""),
    ],
)
def test_a_rule_that_nobody_needs_is_pointed_out(admin: Client, facts: dict[str, Any], told: str) -> None:
    days = {"created_at": 31, **{name: value for name, value in facts.items() if name != "active"}}
    moments = {name: timezone.now() - timedelta(days=ago) for name, ago in days.items()}
    Rule.objects.filter(pk=rule("old").pk).update(**moments, active=facts.get("active", True))
    said = row(admin.get(url("changelist")), "old")
    assert ("30 days" in said) is bool(told)
    assert told in said


def test_a_rule_that_is_paused_for_somebody_says_so(admin: Client) -> None:
    made = rule("chatty")
    case = world.says(world.customer(world.messenger()), "hello").case
    soon, ago = (timezone.now() + timedelta(hours=hours) for hours in (1, -1))
    for until, lifted in ((soon, None), (ago, None), (soon, ago)):
        Pause.objects.create(rule=made, case=case, profile_id=case.profile_id, until=until, lifted_at=lifted)
    assert "paused for 1 customer" in row(admin.get(url("changelist")), "chatty")


def test_groups_are_made_moved_switched_renamed_and_deleted_by_buttons(
    admin: Client, ada: Any, group: RuleGroup
) -> None:
    admin.post(url("group_new"), {"title": "Second"})
    assert shape() == ["A", ("Codes", ["B"]), ("Second", [])]
    second = RuleGroup.objects.get(title="Second")
    admin.post(url("group_up", second.pk))
    admin.post(url("group_down", group.pk))
    assert shape() == ["A", ("Second", []), ("Codes", ["B"])]
    admin.post(url("group_switch", group.pk))
    page = admin.get(url("changelist")).content.decode()
    assert "switched off: none of its rules is asked" in page
    assert admin.post(url("group", group.pk), {"title": "Codes of customers"}).status_code == 302
    assert admin.post(url("group_delete", group.pk)).status_code == 302
    assert shape() == ["A", ("Second", []), "B"]
    assert set(Event.objects.filter(kind__startswith="rule_group.").values_list("actor_id", flat=True)) == {ada.pk}


def test_a_group_of_a_taken_title_is_refused_and_what_was_typed_stays(admin: Client, group: RuleGroup) -> None:
    answer = admin.post(url("group_new"), {"title": "Codes"}, follow=True)
    assert "There is a group of this title in this list." in answer.content.decode()
    other = services.make_group("updated", "Other", by=None)
    answer = admin.post(url("group", other.pk), {"title": "Codes"})
    assert answer.status_code == 200
    assert "There is a group of this title in this list." in answer.content.decode()
    assert 'value="Codes"' in answer.content.decode()
    for title in ("", "a\x00b", "x" * 121):
        assert admin.post(url("group", other.pk), {"title": title}).status_code == 200
    other.refresh_from_db()
    assert other.title == "Other"


def test_rules_go_into_groups_and_out_by_the_buttons_too(admin: Client, group: RuleGroup) -> None:
    a = Rule.objects.get(title="A")
    admin.post(url("move_down", a.pk))
    assert shape() == [("Codes", ["A", "B"])]
    admin.post(url("move_up", a.pk))
    assert shape() == ["A", ("Codes", ["B"])]


def test_a_rule_is_put_into_a_group_on_its_own_page(admin: Client, group: RuleGroup) -> None:
    services.make_group("new", "Elsewhere", by=None)
    a = Rule.objects.get(title="A")
    page = admin.get(url("change", a.pk)).content.decode()
    assert ">Codes</option>" in page
    assert "Elsewhere" not in page
    counters = {f"{part}-{name}_FORMS": "0" for part in ("conditions", "actions") for name in ("TOTAL", "INITIAL")}
    rows = json.dumps({"actions": [do("set_status", status="open")]})
    sent = {**counters, "title": "A", "active": "on", "draft": rows, "seen": "1", "group": str(group.pk)}
    assert admin.post(url("change", a.pk), sent).status_code == 302
    assert shape() == [("Codes", ["B", "A"])]
    assert admin.post(url("change", a.pk), {**sent, "seen": "2", "group": ""}).status_code == 302
    assert shape() == [("Codes", ["B"]), "A"]


def test_a_dragged_order_is_kept_whole(admin: Client, ada: Any, group: RuleGroup) -> None:
    a, b = (Rule.objects.get(title=title).pk for title in "AB")
    order = [{"group_id": group.pk, "rules": [b, a]}]
    answer = admin.post(url("order"), {"order": json.dumps(order)})
    assert (answer.status_code, answer.json()) == (200, {})
    assert shape() == [("Codes", ["B", "A"])]
    assert Event.objects.get(kind="rules.ordered").actor_id == ada.pk


def test_an_order_of_rules_that_are_not_there_any_more_is_refused_in_words(admin: Client, group: RuleGroup) -> None:
    a = Rule.objects.get(title="A").pk
    answer = admin.post(url("order"), {"order": json.dumps([a])})
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("The rules of this list were changed in the meantime.")
    for wrong in ("", "x", "{}", "[[]]", '["1"]', "[true]", '[{"rules": []}]', "[" * 100_000, f"[{a}, {a}]", "[9e99]"):
        assert admin.post(url("order"), {"order": wrong}).status_code in {400, 409}, wrong
    assert shape() == ["A", ("Codes", ["B"])]


def test_groups_of_other_lists_are_not_there(admin: Client, group: RuleGroup) -> None:
    for page in ("group_up", "group_down", "group_switch", "group_delete"):
        assert admin.post(url(page, group.pk, name="newcases")).status_code == 404
        assert admin.get(url(page, group.pk)).status_code == 405
    assert admin.get(url("group", group.pk, name="newcases")).status_code == 404


def test_a_long_list_is_searched_by_words(admin: Client, ada: Any) -> None:
    for number in range(21):
        rule(f"Rule {number}", all=[when("case.status", "is", "open")])
    rule("Greeting", actions=[do("send_message", texts={"en": "Hi"})])
    services.put(Rule.objects.get(title="Rule 7"), group=services.make_group("updated", "Nights", by=ada), by=ada)
    assert "Find rules by their words" in admin.get(url("changelist")).content.decode()
    for words, expected in {"greeting": 1, "STATUS open rule": 21, "nights": 1, "nothing like it": 0, " ": 22}.items():
        page = admin.get(url("changelist"), {"q": words}).content.decode()
        assert page.count('class="rule-item') == expected, words
    found = admin.get(url("changelist"), {"q": "greeting"})
    assert row(found, "Greeting").startswith("21 Greeting"), "the number is its place in the whole list"
    assert "Move up" not in found.content.decode()


def test_a_short_list_has_no_search(admin: Client, group: RuleGroup) -> None:
    assert "Find rules by their words" not in admin.get(url("changelist")).content.decode()


def test_a_list_of_a_hundred_rules_asks_the_database_as_often_as_one_of_three(
    admin: Client, django_assert_max_num_queries: Any
) -> None:
    rule("first", all=[when("case.group", "is", world.group("VIP").pk)])
    services.put(rule("second"), group=services.make_group("updated", "First", by=None), by=None)
    admin.get(url("changelist"))
    with CaptureQueriesContext(connection) as few:
        admin.get(url("changelist"))
    asked = len(few)
    for number in range(98):
        made = rule(f"r{number}", all=[when("case.group", "is", world.group("VIP").pk)])
        if number % 10 == 0:
            services.put(made, group=services.make_group("updated", f"g{number}", by=None), by=None)
    admin.get(url("changelist"))
    with django_assert_max_num_queries(asked):
        assert admin.get(url("changelist")).content.decode().count('class="rule-item') == 100


def test_titles_are_text(admin: Client) -> None:
    rule("<b>bold</b>")
    services.make_group("updated", '"><script>x</script>', by=None)
    page = admin.get(url("changelist")).content.decode()
    assert "<b>bold</b>" not in page
    assert "<script>x" not in page
