"""A rule is tried out: it says what it sees and would do, and nothing of it stays or leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.actions import ACTIONS
from helpdesk.cases.models import Case, Message
from helpdesk.events.models import Event
from helpdesk.events.occasion import Again
from helpdesk.lib.errors import Refusal
from helpdesk.lib.fields import FIELDS
from helpdesk.outbox.models import Job
from rules import services
from rules.drafts import Draft, Step, Term
from rules.models import Run
from rules.services import looking_back
from tests import world

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

HELLO = Step("send_message", {"texts": {"en": "Hello, your case is {{ case.number }}"}})
OPEN = Term("case.status", "is_any", ["open"])
URGENT = Term("case.priority", "is_any", ["high"])


def draft(
    *terms: Term, steps: tuple[Step, ...] = (HELLO,), name: str = "updated", some: tuple[Term, ...] = ()
) -> Draft:
    return Draft(name, "Try", all=terms, any=some, actions=steps)


@pytest.fixture
def channel(db):
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def ann(channel):
    return world.agent("Ann", sees=[channel.channel_ptr])


@pytest.fixture
def case(channel) -> Case:
    return world.says(world.customer(channel), "hello, I need help").case


def everything() -> tuple:
    """All that a rule could leave behind."""
    state = Case.objects.order_by("pk").values_list("status", "priority", "messages_count", "last_message_id")
    counts = [model.objects.count() for model in (Message, Event, Job, Run)]
    return list(state), counts


def test_each_condition_says_whether_it_holds_and_what_it_saw(case):
    trial = services.on_case(
        draft(OPEN, URGENT, some=(Term("message.text", "contains_any", ["help", "please"]),)), case
    )
    assert not trial.matches
    assert [(one.path, one.sentence, one.held, one.saw) for one in trial.conditions] == [
        ("all.0", "Status is any of open", True, "open"),
        ("all.1", "Priority is any of high", False, "normal"),
        ("any.0", "Message text contains any of help, please", True, "hello, I need help"),
    ]
    assert trial.actions == []


def test_what_the_actions_would_do_is_told_and_nothing_of_it_stays_or_leaves(case):
    before = everything()
    steps = (HELLO, Step("set_priority", {"priority": "high"}), Step("end_chat", {"status": "pending"}))
    trial = services.on_case(draft(OPEN, steps=steps), case)
    assert trial.matches
    first, second, third = trial.actions
    assert (first.path, first.sentence) == ("actions.0", "Send a message to the user")
    assert first.texts == [f"Hello, your case is {case.number}"]
    assert any("high" in line for line in second.changes)
    assert (third.changes != [], trial.problem) == (True, "")
    assert everything() == before


@pytest.fixture
def broken(monkeypatch):
    """The action *set the priority* has a defect."""

    def run(self, case, values, *, by):
        raise KeyError("no such thing")

    monkeypatch.setattr(type(ACTIONS.get("set_priority")), "run", run)


@pytest.mark.usefixtures("broken")
def test_an_action_with_a_defect_is_told_at_its_row_and_nothing_is_kept(case, caplog):
    before = everything()
    steps = (HELLO, Step("set_priority", {"priority": "high"}), Step("end_chat", {"status": "pending"}))
    trial = services.on_case(draft(OPEN, steps=steps), case)
    assert [(one.path, one.problem) for one in trial.actions] == [
        ("actions.0", ""),
        ("actions.1", "KeyError: 'no such thing'"),
    ]
    assert trial.problem == "KeyError: 'no such thing'"
    assert "could not be tried out" in caplog.text
    assert everything() == before


def test_a_refusal_of_a_verb_is_told_in_its_words(case, monkeypatch):
    def run(self, case, values, *, by):
        raise Refusal("Not on Sundays.")

    monkeypatch.setattr(type(ACTIONS.get("set_priority")), "run", run)
    trial = services.on_case(draft(OPEN, steps=(Step("set_priority", {"priority": "high"}),)), case)
    assert [one.problem for one in trial.actions] == ["Not on Sundays."]


def test_a_condition_with_a_defect_is_told_at_its_row(case, monkeypatch):
    defect = replace(FIELDS.get("case.status"), getter=lambda facts: 1 / 0)
    monkeypatch.setitem(FIELDS._items, "case.status", defect)
    trial = services.on_case(draft(OPEN, URGENT), case)
    assert not trial.matches
    assert [(one.held, one.problem) for one in trial.conditions] == [
        (False, "ZeroDivisionError: division by zero"),
        (False, ""),
    ]
    assert trial.actions == []


def test_what_would_be_done_is_told_once_when_the_occasion_is_repeated(case, monkeypatch):
    kind, tries = type(ACTIONS.get("set_priority")), []
    real = kind.run

    def run(self, case, values, *, by):
        tries.append(case.pk)
        if len(tries) == 1:
            raise Again
        real(self, case, values, by=by)

    monkeypatch.setattr(kind, "run", run)
    trial = services.on_case(draft(OPEN, steps=(HELLO, Step("set_priority", {"priority": "high"}))), case)
    assert len(tries) == 2
    assert [one.path for one in trial.actions] == ["actions.0", "actions.1"]


def test_an_action_that_would_fail_says_why(case):
    group = world.group("Gone")
    rule = draft(OPEN, steps=(Step("set_group", {"group": group.pk}),))
    group.active = False
    group.save(update_fields=["active"])
    with pytest.raises(services.BadRule):
        services.on_case(rule, case)


def test_history_counts_and_names_the_cases_that_would_have_matched(channel, ann, case):
    cases.set_priority(case, "high", by=None)
    world.says(world.customer(channel, "carol"), "another one")
    before = everything()
    found = services.on_history(draft(URGENT), 7, ann)
    assert (found.asked, found.matched, found.more) == (2, 1, False)
    assert [one.pk for one in found.cases] == [case.pk]
    assert everything() == before


def test_history_looks_at_no_older_cases_and_at_none_that_the_agent_may_not_see(channel, ann, case):
    assert services.on_history(draft(OPEN), 7, world.agent("Eve")).asked == 0
    Case.objects.update(
        last_activity_at=timezone.now() - timedelta(days=8), created_at=timezone.now() - timedelta(days=8)
    )
    assert services.on_history(draft(OPEN), 7, ann).asked == 0
    assert services.on_history(draft(OPEN), 9, ann).asked == 1


def test_new_cases_are_looked_at_by_when_they_were_made(ann, case):
    Case.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert services.on_history(draft(OPEN, name="new"), 7, ann).asked == 0


def test_history_takes_as_many_queries_for_many_cases_as_for_few(channel, ann, django_assert_max_num_queries):
    for number in range(12):
        world.says(world.customer(channel, f"customer {number}"), "help")
    with django_assert_max_num_queries(12):
        assert services.on_history(draft(OPEN, URGENT), 7, ann).asked == 12


def test_history_tells_what_would_change_in_the_newest_cases_and_keeps_nothing(channel, ann, case, monkeypatch):
    cases.set_priority(case, "high", by=None)
    other = world.says(world.customer(channel, "carol"), "another one").case
    last = world.says(world.customer(channel, "dora"), "a third one").case
    monkeypatch.setattr(looking_back, "MOST_PLAYED", 2)
    before = everything()
    rule = draft(OPEN, steps=(HELLO, Step("set_priority", {"priority": "high"})))
    found = services.on_history(rule, 7, ann)
    assert [one.pk for one, _changes in found.lines] == [last.pk, other.pk, case.pk]
    told = [changes for _case, changes in found.lines]
    assert told[0], "the newest is tried"
    (said, changed) = told[0]
    assert said.startswith("“"), "the words to the customer"
    assert "priority to high" in changed
    assert told[2] is None, "only the newest are tried"
    assert everything() == before


@pytest.mark.usefixtures("broken")
def test_history_says_why_a_rule_would_fail(ann, case):
    found = services.on_history(draft(OPEN, steps=(HELLO, Step("set_priority", {"priority": "high"}))), 7, ann)
    assert found.changes == {case.pk: ["This would fail: KeyError: 'no such thing'"]}


def test_history_sees_what_the_test_on_a_case_sees(ann, channel):
    services.save(Draft("new", "Greet", actions=(HELLO,)), by=None)
    case = world.says(world.customer(channel, "carol"), "help, please").case
    rule = draft(Term("message.text", "contains_any", ["help"]))
    assert services.on_case(rule, case).matches, "the greeting came last, but the customer wrote in the same occasion"
    assert [one.pk for one in services.on_history(rule, 7, ann).cases] == [case.pk]


def test_a_look_ends_in_time_and_says_where_to_go_on(ann, channel, monkeypatch):
    cases = [world.says(world.customer(channel, f"customer {number}"), "help").case.pk for number in range(4)]
    monkeypatch.setattr(looking_back, "BATCH", 3)
    monkeypatch.setattr(looking_back, "MOST_SECONDS", -1)
    found, after = [], ""
    for _look in range(4):
        look = services.on_history(draft(OPEN), 7, ann, after)
        assert look.asked == 1
        found += [one.pk for one in look.cases]
        after = look.next
    assert (found, after) == (cases[::-1], "")


@pytest.mark.parametrize("mark", ["x", "1.x", ".", "9" * 18 + ".1", "-1.1"])
def test_a_mark_of_nobody_begins_anew(ann, case, mark):
    assert services.on_history(draft(OPEN), 7, ann, mark).asked == 1
