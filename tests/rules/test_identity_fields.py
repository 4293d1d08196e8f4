"""Conditions on who the user is: level, how they were identified, external id, look-up, metadata."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case
from helpdesk.lib.fields import FIELDS
from helpdesk.users.models import Profile
from helpdesk.users.services import identity, profiles
from identification.models import LookUp, LookUpResult
from rules import exchange, schema
from rules.models import Rule, Run
from rules.services import explain
from tests import world
from tests.rules.desk import do, fired, rule, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(db: None) -> Profile:
    return world.customer(world.messenger())


def holds(profile: Profile, field: str, operator: str, value: Any = None) -> bool:
    """Whether a condition holds for a case of this profile."""
    case = Case.objects.filter(profile=profile).first() or world.says(profile, "hello").case
    row = FIELDS.now()[field]
    test = row.prepare(operator, row.parse(operator, value))
    return test(row.getter(Facts(Case.objects.get(pk=case.pk))))


def said(profile: Profile, **metadata: Any) -> None:
    profile.person.metadata = metadata
    profile.person.save(update_fields=["metadata"])


@pytest.mark.seed("003", "increase the security of sensitive information")
@pytest.mark.parametrize(
    ("method", "level"), [("code", 3), ("token", 3), ("api", 3), ("page", 2), ("agent", 2)], ids=lambda one: str(one)
)
def test_identified_by_is_how_the_open_link_came_about(bob, method, level):
    assert holds(bob, "user.identified_by", "empty")
    account = profiles.meet("external", "42", level=level)
    identity.link(bob, account.person, method=method, level=level, by=None)
    assert holds(bob, "user.identified_by", "is", method)
    assert not holds(bob, "user.identified_by", "empty")
    other = "code" if method != "code" else "token"
    assert holds(bob, "user.identified_by", "is_not", other)
    assert holds(bob, "user.level", "at_least", level)
    assert holds(bob, "user.level", "below", 3) == (level < 3)
    assert holds(bob, "user.external_id", "yes")


def test_a_link_that_identifies_nobody_is_no_identification(bob):
    identity.link(bob, profiles.meet("email", "bob@example.com").person, method="agent", level=1, by=None)
    assert holds(bob, "user.identified_by", "empty")
    assert holds(bob, "user.identified_by", "is_not", "agent")


def test_a_channel_whose_ids_are_accounts_identifies_by_itself():
    carol = world.customer(world.messenger(sender_level=2), "carol")
    assert holds(carol, "user.identified_by", "is", "first")
    assert holds(carol, "user.level", "at_least", 2)


def test_after_an_unlink_nothing_identifies_the_user_any_more(bob):
    account = profiles.meet("external", "42", level=3)
    identity.prove(bob, account, method="code", level=3, evidence={}, by=None)
    identity.unlink(Profile.objects.get(pk=bob.pk), by=None)
    assert holds(Profile.objects.get(pk=bob.pk), "user.identified_by", "empty")
    assert holds(bob, "user.external_id", "no")


@pytest.mark.parametrize(
    ("outcome", "failed"),
    [("updated", False), ("unchanged", False), ("not_found", False), ("refused", True), ("failed", True)],
)
def test_a_look_up_that_brought_no_answer_has_failed(bob, outcome, failed):
    assert bob.channel is not None
    look_up = LookUp.objects.create(channel=bob.channel, url="https://api.example.com/{id}")
    LookUpResult.objects.create(look_up=look_up, profile=bob, outcome="failed" if not failed else "updated")
    LookUpResult.objects.create(look_up=look_up, profile=bob, outcome=outcome)
    assert holds(bob, "user.look_up_failed", "yes") == failed
    assert holds(bob, "user.look_up_failed", "no") != failed


def test_without_a_look_up_none_has_failed(bob):
    assert holds(bob, "user.look_up_failed", "no")


@pytest.mark.both
@pytest.mark.parametrize(
    ("operator", "value", "hits"),
    [
        ("is", ["gold"], {"gold"}),
        ("contains_any", ["OL"], {"gold"}),
        ("starts", ["1", "tr"], {12, True, "12"}),
        ("equals", 12, {12, "12"}),
        ("more", 2, {12, "12", 2.5}),
        ("less", 12, {2.5}),
        ("between", [2, 12], {12, "12", 2.5}),
        ("yes", None, {True}),
        ("empty", None, {None}),
    ],
)
def test_each_comparison_of_metadata_decides_what_the_value_is(bob, operator, value, hits):
    kind = FIELDS.now()["metadata.plan"].kind
    negative = {"is": "is_not", "contains_any": "contains_none", "starts": "starts_not", "equals": "equals_not"}
    negative |= {"yes": "no", "empty": "not_empty"}
    for seen in ("gold", 12, "12", 2.5, True, False, None):
        said(bob, **({} if seen is None else {"plan": seen}))
        held = any(seen is hit or (seen == hit and type(seen) is type(hit)) for hit in hits)
        assert holds(bob, "metadata.plan", operator, value) is held, seen
        if operator in negative:
            assert negative[operator] in kind.operators
            assert holds(bob, "metadata.plan", negative[operator], value) is not held, seen


def test_a_key_may_be_any_text_and_is_compared_exactly(bob):
    said(bob, **{"größe.in cm": 7, "Plan": "x"})
    assert holds(bob, "metadata.größe.in cm", "equals", 7)
    assert holds(bob, "metadata.plan", "empty")


@pytest.mark.parametrize("key", ["metadata.", "metadata. ", "metadata." + "k" * 101, "metadata.a\nb", "meta.x", ""])
def test_what_can_be_no_key_is_no_field(key):
    fields = FIELDS.now()
    assert key not in fields
    assert fields.get(key) is None
    with pytest.raises(KeyError):
        fields[key]


def test_a_rule_with_them_fires_is_exported_and_says_what_it_saw(bob):
    every = [when("user.level", "below", 2), when("metadata.plan", "is", ["gold"])]
    rule("Greet gold", list="new", all=every)
    said(bob, plan="silver")
    first = world.says(bob, "hello").case
    assert fired(first) == []
    (line,) = explain(Run.objects.get(case=first))
    assert line.why == "“User's metadata “plan” is gold” did not hold: it was silver."
    said(bob, plan="Gold")
    carol = world.customer(Case.objects.get(pk=first.pk).channel.customchannel, "carol")
    said(carol, plan="Gold")
    assert fired(world.says(carol, "hello").case) == ["Greet gold"]
    (item,) = exchange.export()
    assert item["all"] == [when("user.level", "below", "2"), when("metadata.plan", "is", ["gold"])]
    Rule.objects.all().delete()
    assert [change.verb for change in exchange.load([item])] == ["new"]
    assert exchange.export() == [item]


def test_a_value_that_looks_like_a_comparison_is_told_as_a_value(bob):
    rule("Greet gold", list="new", all=[when("metadata.plan", "is", ["gold"])])
    said(bob, plan="more")
    (line,) = explain(Run.objects.get(case=world.says(bob, "hello").case))
    assert line.why.endswith("it was more.")


def test_the_vocabulary_says_which_field_needs_a_key():
    fields = schema.describe("new")["fields"]
    (open_one,) = [field for field in fields if field.get("open")]
    assert (open_one["key"], open_one["section"]) == ("metadata.", "User")
    assert {operator["control"] for operator in open_one["operators"]} == {"words", "number", "range", "none"}


# --- the page of a rule ---


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(world.admin())
    return client


def form(**more: Any) -> dict[str, Any]:
    counts = {f"{name}-{what}_FORMS": 0 for name in ("conditions", "actions") for what in ("TOTAL", "INITIAL")}
    return {"title": "Gold", "active": "on", "draft": "", **counts, **more}


ADD = "admin:rules_newcasesrule_add"


def test_the_editor_saves_a_typed_key_and_asks_for_one_that_is_missing(admin):
    def send(field: str) -> Any:
        rows = {"all": [when(field, "more", 7)], "any": [], "actions": [do("set_status", status="open")]}
        return admin.post(reverse(ADD), form(draft=json.dumps(rows)))

    answer = send("metadata.")
    assert answer.status_code == 200
    assert "needs a key, such as plan" in answer.content.decode()
    assert send("metadata.seats").status_code == 302
    assert Rule.objects.get().conditions.get().field == "metadata.seats"


def test_without_javascript_a_key_has_a_field_of_its_own(admin):
    row = {"block": "all", "field": "metadata.", "name": "plan", "operator": "is", "value": '["gold"]'}
    data = form(**{"conditions-TOTAL_FORMS": 1, "actions-TOTAL_FORMS": 1})
    data |= {f"conditions-0-{name}": value for name, value in row.items()}
    data |= {"actions-0-kind": "set_status", "actions-0-values": '{"status": "open"}'}
    without = admin.post(reverse(ADD), {**data, "conditions-0-name": ""})
    assert "needs a key, such as plan" in without.content.decode()
    assert admin.post(reverse(ADD), data).status_code == 302
    made = Rule.objects.get()
    assert made.conditions.get().field == "metadata.plan"
    page = admin.get(reverse("admin:rules_newcasesrule_change", args=[made.pk])).content.decode()
    assert 'value="metadata." selected' in page
    assert 'name="conditions-0-name" value="plan"' in page
