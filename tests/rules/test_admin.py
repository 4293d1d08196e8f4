"""Rules in the admin: their lists, and the page of one rule, with its editor and without."""

import html
import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from helpdesk.cases.models import Label
from helpdesk.events.models import Event
from helpdesk.users.models import Agent
from rules import drafts
from rules.models import Rule
from tests import world
from tests.rules.desk import do, rule, when

pytestmark = pytest.mark.django_db

LISTS = {"new": "newcasesrule", "updated": "updatedcasesrule", "time": "timerule"}


def url(page: str, *args: Any, name: str = "updated") -> str:
    return reverse(f"admin:rules_{LISTS[name]}_{page}", args=args)


@pytest.fixture
def ada() -> Agent:
    return world.admin()


@pytest.fixture
def admin(client: Client, ada: Agent) -> Client:
    client.force_login(ada)
    return client


def text(answer: Any) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def vocabulary(answer: Any) -> dict[str, Any]:
    found = re.search(
        r'<script id="rule-vocabulary" type="application/json">(.*?)</script>', answer.content.decode(), re.S
    )
    assert found
    read: dict[str, Any] = json.loads(found[1])
    return read


def plain(*, conditions: list[dict[str, str]] = [], actions: list[dict[str, str]] = [], **more: Any) -> dict[str, Any]:  # noqa: B006
    """The form as a browser without JavaScript sends it."""
    data: dict[str, Any] = {"title": "Plain", "active": "on", "draft": "", **more}
    for prefix, rows in (("conditions", conditions), ("actions", actions)):
        data |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
        for index, row in enumerate(rows):
            data |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
    return data


def edited(**parts: Any) -> dict[str, Any]:
    """The form as the editor sends it."""
    rows = {"all": [], "any": [], "actions": [do("set_status", status="open")], **parts}
    return plain(title="Edited", draft=json.dumps(rows))


@pytest.mark.parametrize("name", LISTS)
def test_each_list_shows_its_rules_in_order_with_what_they_do(admin, name):
    conditions = {"time": [when("clock.customer", "at_least", {"amount": 2, "unit": "hours"})]}.get(
        name, [when("user.identified", "no"), when("case.status", "is", "open")]
    )
    rule("Second of two", list=name, all=conditions, actions=[do("set_group", group=world.group("VIP").pk)])
    rule("Elsewhere", list="new" if name != "new" else "updated")
    page = text(admin.get(url("changelist", name=name)))
    assert "Second of two" in page
    assert "Elsewhere" not in page
    assert {"time": "since the customer's last message is at least 2 hours"}.get(
        name, "User is not identified, Status is open"
    ) in page
    assert "Set the group to VIP" in page


def test_a_rule_that_cannot_be_used_says_so_in_its_list_and_on_its_page(admin):
    label = Label.objects.create(title="spam")
    bad = rule("bad", all=[when("case.labels", "has_any", [label.pk])])
    label.delete()
    assert "cannot be used Condition 1: What was chosen here no longer exists" in text(admin.get(url("changelist")))
    page = admin.get(url("change", bad.pk))
    assert "This rule cannot be used at present." in text(page)
    assert vocabulary(page)["errors"].keys() == {"all.0"}


def test_the_buttons_of_a_list_move_switch_and_copy(admin, ada):
    first, second = rule("first"), rule("second")
    assert admin.post(url("move_up", second.pk)).status_code == 302
    assert list(Rule.objects.values_list("title", flat=True)) == ["second", "first"]
    admin.post(url("move_down", second.pk))
    assert list(Rule.objects.values_list("title", flat=True)) == ["first", "second"]
    admin.post(url("switch", first.pk))
    first.refresh_from_db()
    assert not first.active
    copied = admin.post(url("clone", first.pk), follow=True)
    assert "switched off until you switch it on" in text(copied)
    assert Event.objects.filter(kind="rule.moved", actor_id=ada.pk).count() == 2


@pytest.mark.parametrize("button", ["move_up", "move_down", "switch", "clone"])
def test_buttons_change_nothing_by_a_mere_link_and_not_for_others(client, admin, button):
    made = rule("one")
    assert admin.get(url(button, made.pk)).status_code == 405
    assert admin.post(url(button, made.pk, name="new")).status_code == 404
    client.force_login(world.agent("Eve"))
    assert client.post(url(button, made.pk)).status_code in {302, 403}
    assert Rule.objects.get() == made
    assert Rule.objects.get().active


def test_the_editor_gets_the_vocabulary_of_its_list_only(admin):
    world.tariff()
    for name, expected in {"new": False, "updated": True, "time": False}.items():
        words = vocabulary(admin.get(url("add", name=name)))
        fields = {field["key"] for field in words["fields"]}
        assert ("identification.code" in fields) is expected
        assert ("clock.customer" in fields) is (name == "time")
        assert "user.cf.tariff" in fields
        assert words["state"] == {"all": [], "any": [], "actions": []}
        assert [code for code, _title in words["languages"]]


def test_what_the_editor_sends_is_saved_by_the_verb(admin, ada):
    conditions = [when("message.text", "contains_any", ["a", "b"])]
    answer = admin.post(url("add"), edited(all=conditions, stop="on"))
    assert answer.status_code == 302, answer.content.decode()[:3000]
    made = Rule.objects.get()
    assert (made.list, made.title, made.active, made.version) == ("updated", "Edited", True, 1)
    assert [term.value for term in drafts.of(made).all] == [["a", "b"]]
    saved = Event.objects.get(kind="rule.saved")
    assert (saved.actor_kind, saved.actor_id) == ("agent", ada.pk)
    admin.post(url("change", made.pk), edited(any=conditions))
    made.refresh_from_db()
    assert made.version == 2
    assert not drafts.of(made).all
    assert drafts.of(made).any


def test_errors_come_back_at_their_rows_with_everything_that_was_typed(admin):
    sent = {
        "all": [when("message.text", "contains_any", [])],
        "any": [when("case.status", "is", "lost")],
        "actions": [do("send_message", texts={"en": "{{ nobody }}"})],
    }
    answer = admin.post(url("add"), edited(**sent))
    assert answer.status_code == 200
    assert "Some rows have to be put right" in text(answer)
    words = vocabulary(answer)
    assert words["state"] == sent
    assert words["errors"] == {
        "all.0": "Enter at least one word.",
        "any.0": "What was chosen here no longer exists (lost).",
        "actions.0.texts": "There is no variable {{ nobody }}.",
    }
    assert not Rule.objects.exists()


@pytest.mark.parametrize("draft", ["{", "[]", "null", '{"all": 5}', '{"all": [[]], "actions": "x"}', '{"x": []}'])
def test_a_draft_of_another_shape_is_no_error_of_ours(admin, draft):
    answer = admin.post(url("add"), plain(draft=draft))
    assert answer.status_code == 200
    assert not Rule.objects.exists()


def test_without_javascript_the_plain_rows_work(admin):
    conditions = [
        {"block": "all", "field": "user.identified", "operator": "no", "value": ""},
        {"block": "any", "field": "message.text", "operator": "contains_any", "value": "hello"},
        {"block": "any", "field": "message.text", "operator": "is", "value": '["5", "start"]'},
    ]
    actions = [{"kind": "set_status", "values": '{"status": "pending"}'}]
    answer = admin.post(url("add"), plain(conditions=conditions, actions=actions))
    assert answer.status_code == 302, text(answer)
    draft = drafts.of(Rule.objects.get())
    assert [term.field for term in draft.all] == ["user.identified"]
    assert [term.value for term in draft.any] == [["hello"], ["5", "start"]]
    assert draft.actions[0].values == {"status": "pending"}
    assert "Plain" in text(admin.get(url("change", Rule.objects.get().pk)))


def test_without_javascript_errors_stand_at_their_rows_too(admin):
    conditions = [
        {"block": "all", "field": "user.identified", "operator": "no", "value": ""},
        {"block": "all", "field": "case.status", "operator": "is", "value": "lost"},
    ]
    actions = [{"kind": "set_status", "values": '{"status": "nowhere"}'}]
    page = text(admin.post(url("add"), plain(conditions=conditions, actions=actions)))
    assert "What was chosen here no longer exists (lost)." in page
    assert "What was chosen here no longer exists (nowhere)." in page
    assert "Add at least one action." in text(admin.post(url("add"), plain(conditions=conditions[:1])))
    time = plain(conditions=conditions[:1], actions=[{"kind": "set_status", "values": '{"status": "open"}'}])
    assert "A time rule needs a clock" in text(admin.post(url("add", name="time"), time))
    assert not Rule.objects.exists()


def test_a_stored_rule_can_be_changed_without_javascript(admin):
    made = rule("one", all=[when("case.status", "is", "open")])
    condition, action = made.conditions.get(), made.actions.get()
    data = plain(title="two")
    data |= {
        "conditions-TOTAL_FORMS": 1,
        "conditions-INITIAL_FORMS": 1,
        "conditions-0-id": condition.pk,
        "conditions-0-rule": made.pk,
        "conditions-0-block": "all",
        "conditions-0-field": "case.status",
        "conditions-0-operator": "is_not",
        "conditions-0-value": '"closed"',
        "actions-TOTAL_FORMS": 1,
        "actions-INITIAL_FORMS": 1,
        "actions-0-id": action.pk,
        "actions-0-rule": made.pk,
        "actions-0-kind": "set_priority",
        "actions-0-values": '{"priority": "low"}',
    }
    answer = admin.post(url("change", made.pk), data)
    assert answer.status_code == 302, text(answer)
    made.refresh_from_db()
    draft = drafts.of(made)
    assert (made.title, made.version) == ("two", 2)
    assert draft.all == (drafts.Term("case.status", "is_not", "closed"),)
    assert draft.actions == (drafts.Step("set_priority", {"priority": "low"}),)


def test_deleting_a_rule_is_told(admin, ada):
    made = rule("one")
    admin.post(url("delete", made.pk), {"post": "yes"})
    assert not Rule.objects.exists()
    assert Event.objects.get(kind="rule.deleted").actor_id == ada.pk


def test_a_list_of_many_rules_asks_the_database_no_more_often(admin, django_assert_max_num_queries):
    for number in range(30):
        rule(f"r{number}", all=[when("case.group", "is", world.group("VIP").pk)])
    admin.get(url("changelist"))
    with django_assert_max_num_queries(30):
        admin.get(url("changelist"))
