"""Macros: several actions at once, all or none, in the name of whoever chose them."""

import pytest

from helpdesk.cases.actions import macros
from helpdesk.cases.actions.macros import BrokenMacro
from helpdesk.cases.models import Case, Label, Macro, Message
from helpdesk.events.models import Event
from rules import services
from rules.models import Rule
from tests import world
from tests.cases.test_actions import do, wrong
from tests.rules.desk import do as step
from tests.rules.desk import fired, rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


@pytest.fixture
def case(bob) -> Case:
    return world.says(bob, "hello").case


def macro(*steps: dict, title: str = "Refund", **more) -> Macro:
    return Macro.objects.create(title=title, actions=list(steps), **more)


URGENT = {"kind": "set_priority", "values": {"priority": "high"}}
SORRY = {"kind": "send_message", "values": {"texts": {"en": "Sorry, {{ user.name | dear customer }}"}}}


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def test_its_actions_are_done_in_order_in_the_agents_name(case, ann):
    macros.run_macro(case, macro(URGENT, SORRY), by=ann)
    said = Message.objects.get(case=case, author="agent")
    assert (said.text, said.agent, fresh(case).priority) == ("Sorry, dear customer", ann, "high")
    event = Event.objects.get(kind="case.macro_run")
    assert (event.actor_id, event.data["title"]) == (ann.pk, "Refund")


def test_all_of_it_is_done_or_nothing(case, ann):
    label = Label.objects.create(title="refund")
    two = macro(URGENT, {"kind": "add_labels", "values": {"labels": [label.pk]}})
    label.delete()
    with pytest.raises(BrokenMacro, match="Action 2: What was chosen here no longer exists"):
        macros.run_macro(case, two, by=ann)
    assert fresh(case).priority == "normal"
    late = macro(URGENT, {"kind": "snooze", "values": {"span": {"amount": 1, "unit": "days"}}})
    Case.objects.update(status="closed")
    with pytest.raises(Exception, match="cannot be snoozed"):
        macros.run_macro(case, late, by=ann)
    assert fresh(case).priority == "normal"
    assert not Event.objects.filter(kind="case.macro_run").exists()


@pytest.mark.parametrize(
    ("steps", "errors"),
    [
        ([], {"": "A macro has between 1 and 50 actions."}),
        ([URGENT] * 51, {"": "A macro has between 1 and 50 actions."}),
        ("nonsense", {"": "A macro has between 1 and 50 actions."}),
        ([URGENT, 5, {"kind": "nonsense"}], {"1": "An action has a kind and values.", "2": "There is no such action."}),
        ([{"kind": []}], {"0": "There is no such action."}),
        ([{"kind": "run_macro", "values": {"macro": 1}}], {"0": "“Run a macro” cannot stand in a macro."}),
        ([{"kind": "stop_processing"}], {"0": "“Ask no further rules” cannot stand in a macro."}),
        (
            [{"kind": "set_priority", "values": {"priority": "x", "more": 1}}],
            {"0.more": "There is no such input.", "0.priority": "What was chosen here no longer exists (x)."},
        ),
        ([{**URGENT, "more": 1}], {"0": "An action has a kind and values."}),
        ([{"kind": "stop"}], {"0": "There is no such action."}),
        ([{"kind": "add_note", "values": 5}], {"0.": "This has to be an object with a value for each input."}),
    ],
)
def test_what_is_wrong_is_told_at_its_action(steps, errors):
    assert macros.check(steps)[1] == errors


def test_a_rule_runs_a_macro_in_its_own_name(bob):
    chosen = macro(URGENT, SORRY)
    made = rule("all of it", list="new", actions=[step("run_macro", macro=chosen.pk)])
    case = world.says(bob, "hello").case
    said = Message.objects.get(case=case, author="rule")
    assert (said.rule_id, fresh(case).priority) == (made.pk, "high")
    assert fired(case) == ["all of it"]


def test_rules_offer_everybodys_macros_only_and_no_broken_ones(ann):
    own = macro(URGENT, owner=ann, title="Mine")
    broken = macro({"kind": "set_group", "values": {"group": 999}}, title="Broken")
    assert wrong("run_macro", macro=own.pk) == {"macro": f"What was chosen here no longer exists ({own.pk})."}
    assert wrong("run_macro", macro=broken.pk)["macro"].startswith("This macro cannot be used. Action 1: What was")


@pytest.mark.django_db(transaction=True)
def test_a_rule_whose_macro_breaks_is_invalid_and_says_why(ann):
    label = Label.objects.create(title="refund")
    chosen = macro({"kind": "add_labels", "values": {"labels": [label.pk]}})
    made = rule("all of it", list="new", actions=[step("run_macro", macro=chosen.pk)])
    label.delete()
    services.review()
    assert "This macro cannot be used" in Rule.objects.get(pk=made.pk).problem


def test_an_action_with_a_macro_can_be_done_by_an_agent_too(case, ann):
    assert do("run_macro", case, ann, macro=macro(URGENT).pk).priority == "high"
