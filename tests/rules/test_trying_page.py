"""The page of a rule: tried out beside the editor, its versions, and two admins at once."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from helpdesk.cases.models import Case
from rules import services
from rules.drafts import Draft, Step, Term
from rules.models import Rule
from tests import world

pytestmark = pytest.mark.django_db

PAGE = "admin:rules_updatedcasesrule"
ROWS = {
    "all": [{"field": "case.status", "operator": "is_any", "value": ["open"]}],
    "actions": [{"kind": "set_priority", "values": {"priority": "high"}}],
}


@pytest.fixture
def ada():
    return world.admin("Ada")


@pytest.fixture
def as_ada(ada) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def case(db) -> Case:
    return world.says(world.customer(world.messenger()), "hello <b>there</b>").case


@pytest.fixture
def rule(ada) -> Rule:
    terms = (Term("case.status", "is_any", ["open"]),)
    return services.save(Draft("updated", "Hurry", all=terms, actions=(Step("add_note", {"text": "soon"}),)), by=ada)


def tried(client: Client, rows: dict = ROWS, **by: str) -> str:
    answer = client.post(reverse(f"{PAGE}_try"), {"draft": json.dumps(rows), "title": "Try", **by})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_rule_is_tried_on_a_case_before_it_is_saved(as_ada, case):
    told = tried(as_ada, case=case.number)
    assert f"It would fire in case {case.number}." in told
    assert "Status is any of open" in told
    assert "Then this would happen" in told
    case.refresh_from_db()
    assert (case.priority, Rule.objects.count()) == ("normal", 0)


def test_it_says_which_condition_does_not_hold(as_ada, case):
    rows = {**ROWS, "all": [{"field": "message.text", "operator": "contains_any", "value": ["bye"]}]}
    told = tried(as_ada, rows, case=case.number)
    assert "It would not fire" in told
    assert "does not hold:" in told
    assert "hello &lt;b&gt;there&lt;/b&gt;" in told, "what customers write is text"


def test_a_rule_is_tried_over_the_last_days(as_ada, case):
    told = tried(as_ada, days="7")
    assert "1 of 1 cases would match as they are now." in told
    assert case.number in told


@pytest.mark.parametrize(
    ("rows", "by", "said"),
    [
        (ROWS, {"case": "1-1"}, "There is no such case."),
        (ROWS, {"case": ""}, "There is no such case."),
        ({}, {"days": "7"}, "Add at least one action."),
        ({**ROWS, "all": [{"field": "x", "operator": "y"}]}, {"days": "7"}, "Condition 1: There is no field"),
        ({**ROWS, "all": "x"}, {"days": "7"}, "This has to be a list."),
        (ROWS, {"days": "x"}, "0 of 0 cases"),
    ],
)
def test_what_cannot_be_tried_is_told_in_words(as_ada, rows, by, said):
    assert said in tried(as_ada, rows, **by)


@pytest.mark.parametrize("sent", ["[[[", "[" * 200_000, "null", "7"])
def test_nonsense_instead_of_rows_is_told_in_words(as_ada, sent):
    answer = as_ada.post(reverse(f"{PAGE}_try"), {"draft": sent, "days": "1"})
    assert "Add at least one action." in answer.content.decode()


def test_versions_are_told_with_their_author_and_one_is_put_back(as_ada, ada, rule):
    services.save(Draft("updated", "Slow down", actions=(Step("add_note", {"text": "soon"}),)), by=ada, rule=rule)
    page = as_ada.get(reverse(f"{PAGE}_versions", args=[rule.pk])).content.decode()
    assert "Title: “Hurry” is now “Slow down”" in page
    assert "Condition removed: Status is any of open" in page
    assert "Ada" in page
    answer = as_ada.post(reverse(f"{PAGE}_restore", args=[rule.pk, 1]), follow=True)
    assert "Version 1 is back, as the newest one." in answer.content.decode()
    assert Rule.objects.get().title == "Hurry"


def test_a_version_that_makes_no_sense_any_more_is_refused_in_words(as_ada, ada):
    group = world.group("Night shift")
    steps = (Step("set_group", {"group": group.pk}),)
    rule = services.save(Draft("updated", "Night", actions=steps), by=ada)
    services.save(Draft("updated", "Day", actions=(Step("add_note", {"text": "x"}),)), by=ada, rule=rule)
    group.delete()
    answer = as_ada.post(reverse(f"{PAGE}_restore", args=[rule.pk, 1]), follow=True)
    assert "That version cannot be used any more." in answer.content.decode()
    assert Rule.objects.get().title == "Day"


def sent(rule: Rule, title: str, version: int) -> dict[str, str]:
    """The form as the page of that version sends it."""
    counters = {
        f"{part}-{name}_FORMS": "0" for part in ("conditions", "actions") for name in ("TOTAL", "INITIAL", "MIN_NUM")
    }
    return {**counters, "title": title, "active": "on", "draft": json.dumps(ROWS), "seen": str(version)}


def test_the_second_of_two_admins_gets_the_difference_and_may_save_again(as_ada, ada, rule):
    address = reverse(f"{PAGE}_change", args=[rule.pk])
    assert 'name="seen" value="1"' in as_ada.get(address).content.decode()
    services.save(
        Draft("updated", "Mine", actions=(Step("add_note", {"text": "soon"}),)), by=world.admin("Bea"), rule=rule
    )
    answer = as_ada.post(address, sent(rule, "Yours", 1))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Title: “Hurry” is now “Mine”" in page
    assert 'value="Yours"' in page, "nothing that was typed is lost"
    assert 'name="seen" value="2"' in page
    assert Rule.objects.get().title == "Mine"
    assert as_ada.post(address, sent(rule, "Yours", 2)).status_code == 302
    assert Rule.objects.get().title == "Yours"
