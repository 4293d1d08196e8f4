"""Making, changing, ordering rules, and carrying them in a file."""

import uuid
from typing import Any

import pytest

from helpdesk.cases.models import Label
from helpdesk.events.models import Event
from helpdesk.users.models import Agent, Company
from rules import drafts, exchange, limits, services
from rules.models import NewCasesRule, Rule, TimeRule, UpdatedCasesRule, Wait
from rules.services import BadRule
from tests import world
from tests.rules.desk import do, rule, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Agent:
    return world.admin()


def errors(**parts: Any) -> dict[str, str]:
    """What is wrong with a rule of these parts, by path."""
    with pytest.raises(BadRule) as caught:
        rule(**parts)
    assert not Rule.objects.exists()
    return caught.value.errors


def test_a_rule_is_kept_as_it_was_written():
    made = rule(
        "VIP",
        list="new",
        stop=True,
        all=[when("case.status", "is", "open"), when("message.text", "contains_any", ["a", "b"])],
        any=[when("user.created", "after", "2024-04-08")],
        actions=[do("send_message", texts={"en": "Hi", "de": ""}), do("assign", agent=None)],
    )
    draft = drafts.of(Rule.objects.get(pk=made.pk))
    assert drafts.write(draft) == {
        "list": "new",
        "title": "VIP",
        "active": True,
        "stop": True,
        "all": [when("case.status", "is", "open"), when("message.text", "contains_any", ["a", "b"])],
        "any": [when("user.created", "after", "2024-04-08")],
        "actions": [do("send_message", texts={"en": "Hi"}), do("assign", agent=None)],
    }


HOUR = {"amount": 1, "unit": "hours"}
WRONG = [
    ({"title": " "}, "title", "Enter a title"),
    ({"list": "sometimes"}, "list", "There is no such list"),
    ({"actions": []}, "actions", "Add at least one action."),
    ({"all": [when("case.colour", "is", "red")]}, "all.0", "There is no field “case.colour” (any more)."),
    ({"all": [when("case.status", "contains_any", ["x"])]}, "all.0", "cannot be compared like this"),
    ({"all": [when("case.status", "is", "lost")]}, "all.0", "no longer exists (lost)"),
    ({"any": [when("message.text", "contains_any", [])]}, "any.0", "Enter at least one word."),
    ({"any": [when("message.text", "contains_any", [" "])]}, "any.0", "Enter at least one word."),
    ({"all": [when("message.text", "matches", "(")]}, "all.0", "This pattern cannot be used: missing )"),
    ({"all": [when("case.messages", "between", [5, 1])]}, "all.0", "has to be the smaller one"),
    ({"all": [when("case.messages", "more", True)]}, "all.0", "Enter a whole number."),
    ({"all": [when("user.created", "after", "8.4.2024")]}, "all.0", "Enter a date such as 2024-04-08."),
    ({"all": [when("user.identified", "yes", "x")]}, "all.0", "No value is needed here."),
    ({"list": "new", "all": [when("identification.code", "valid")]}, "all.0", "cannot stand in this list"),
    ({"all": [when("clock.customer", "at_least", HOUR)]}, "all.0", "cannot stand in this list"),
    ({"list": "time", "all": [when("case.status", "is", "open")]}, "all", "A time rule needs a clock here"),
    ({"actions": [do("explode")]}, "actions.0", "There is no such action."),
    ({"actions": [do("set_status")]}, "actions.0.status", "Choose something."),
    ({"actions": [do("set_status", status="open", colour="red")]}, "actions.0.colour", "no such input"),
    ({"actions": [do("send_message", texts={"en": " "})]}, "actions.0.texts", "in at least one language"),
    ({"actions": [do("send_message", texts={"en": "{{ settings.KEY }}"})]}, "actions.0.texts", "no variable"),
    (
        {"actions": [do("set_user_field", field="shoe", value=1)]},
        "actions.0.field",
        "no longer exists (shoe)",
    ),
    ({"all": [when("user.identified", "yes")] * (limits.CONDITIONS + 1)}, "all", "at most 100 conditions"),
    ({"all": [when("user.identified", "yes")] * 10_000}, "all", "at most 100 conditions"),
]


@pytest.mark.promise("A39")
@pytest.mark.parametrize(("parts", "path", "sentence"), WRONG)
def test_what_makes_no_sense_is_refused_at_its_row_in_a_sentence(parts, path, sentence):
    found = errors(**parts)
    assert set(found) == {path}
    assert sentence in found[path]


@pytest.mark.parametrize("data", [None, [], "rule", {"all": {}}, {"all": [1]}, {"actions": [{"kind": []}]}, {"x": 1}])
def test_json_of_another_shape_is_refused_without_an_error_of_ours(data):
    draft, misshapen = drafts.read(data)
    assert misshapen or drafts.check(draft, {})[1]


def test_each_change_makes_a_new_version_and_saving_the_same_does_not():
    made = rule("one")
    assert rule("one", rule=made).version == 1
    assert rule("two", rule=made).version == 2
    assert Event.objects.filter(kind="rule.saved").count() == 2


def test_rules_are_ordered_within_their_list(ada):
    first, second, third = (rule(title, list="new") for title in ("a", "b", "c"))
    rule("other list")
    services.move(third, -1, by=ada)
    services.move(first, 1, by=ada)
    services.move(second, 99, by=ada)
    services.move(second, 1, by=ada)
    assert list(NewCasesRule.objects.values_list("title", flat=True)) == ["c", "a", "b"]
    assert Event.objects.filter(kind="rule.moved", actor_id=ada.pk).count() == 2
    assert UpdatedCasesRule.objects.count() == 1
    assert TimeRule.objects.count() == 0


def test_a_copy_stands_after_its_original_and_is_off(ada):
    original = rule("a", all=[when("case.status", "is", "open")])
    rule("b")
    copy = services.clone(original, by=ada)
    assert list(UpdatedCasesRule.objects.values_list("title", "active")) == [
        ("a", True),
        ("a (copy)", False),
        ("b", True),
    ]
    assert drafts.of(copy).all == drafts.of(original).all
    assert drafts.of(copy).actions == drafts.of(original).actions
    assert copy.conditions.get().pk != original.conditions.get().pk


def test_deleting_a_rule_deletes_its_waits_and_is_told(ada):
    made = rule("slow", list="time", all=[when("clock.created", "at_least", {"amount": 1, "unit": "days"})])
    world.says(world.customer(world.messenger()), "hello")
    assert Wait.objects.count() == 1
    services.delete(made, by=ada)
    assert not Wait.objects.exists()
    assert Event.objects.get(kind="rule.deleted").data["title"] == "slow"


def test_prepared_rules_are_read_again_only_after_a_change(django_assert_num_queries, ada):
    made = rule("one")
    services.now()
    with django_assert_num_queries(1):
        again = services.now()
    assert again is services.now()
    for change in (
        lambda: services.switch(made, False, by=ada),
        lambda: services.move(rule("two"), -1, by=ada),
        lambda: Rule.objects.get(title="two").delete(),
        lambda: made.actions.get().delete(),
        lambda: Label.objects.create(title=uuid.uuid4().hex),
        lambda: world.tariff(),
    ):
        before = services.now()
        change()
        assert services.now() is not before


def test_a_sign_in_is_no_change(ada):
    rule("one")
    before = services.now()
    ada.save(update_fields=["last_login"])
    assert services.now() is before


def test_a_company_that_a_customers_data_bring_is_no_change(ada):
    rule("one")
    before = services.now()
    Company.objects.create(name="ACME")
    assert services.now() is before


def test_a_file_carries_names_instead_of_numbers(ada):
    label, group = Label.objects.create(title="spam"), world.group("VIP")
    world.tariff()
    rule(
        "all names",
        all=[
            when("case.labels", "has_any", [label.pk]),
            when("case.assignee", "is", ada.pk),
            when("user.cf.tariff", "is_any", ["1", "2"]),
        ],
        actions=[
            do("set_group", group=group.pk),
            do("assign", agent=ada.pk),
            do("remove_labels", labels=[label.pk]),
            do("set_user_field", field="tariff", value="2"),
        ],
    )
    (item,) = exchange.export()
    assert [row["value"] for row in item["all"]] == [["spam"], "ada@example.com", ["Standard", "VIP"]]
    assert [row["values"] for row in item["actions"]] == [
        {"group": "VIP"},
        {"agent": "ada@example.com"},
        {"labels": ["spam"]},
        {"field": "tariff", "value": "VIP"},
    ]
    for model in (Rule, Label, type(group)):
        model.objects.all().delete()
    again, other = world.group("VIP"), Label.objects.create(title="spam")
    assert [change.verb for change in exchange.load([item])] == ["new"]
    (loaded,) = Rule.objects.all()
    assert loaded.actions.get(position=0).values == {"group": again.pk}
    assert loaded.conditions.get(position=0).value == [other.pk]


def test_a_file_changes_what_differs_and_deletes_nothing():
    rule("kept", list="new")
    rule("changed", list="new")
    items = exchange.export()
    items[1]["stop"] = True
    items.append({**items[0], "title": "added"})
    found = exchange.load(items[1:])
    assert [(change.title, change.verb) for change in found] == [("changed", "change"), ("added", "new")]
    assert found[0].changes == {"stop": (False, True)}
    assert list(NewCasesRule.objects.values_list("title", flat=True)) == ["kept", "changed", "added"]


@pytest.mark.parametrize("items", [None, {}, [1], [{"title": "x", "list": "new"}]])
def test_a_wrong_file_changes_nothing_and_names_the_place(items):
    with pytest.raises(exchange.WrongRules) as caught:
        exchange.load(items)
    assert caught.value.lines[0].startswith("rules")
    assert not Rule.objects.exists()


def test_a_file_with_one_mistake_is_refused_whole():
    items = [
        {"title": "good", "list": "new", "actions": [do("set_status", status="open")]},
        {"title": "bad", "list": "new", "actions": [do("set_status", status="lost")]},
        {"title": "good", "list": "new", "actions": [do("set_status", status="open")]},
    ]
    with pytest.raises(exchange.WrongRules) as caught:
        exchange.load(items)
    assert [line.partition(":")[0] for line in caught.value.lines] == [
        "rules[1].actions[0].status",
        "rules[2].title",
    ]
    assert not Rule.objects.exists()
