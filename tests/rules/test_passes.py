"""When rules run, in which order, and what happens when one of them breaks."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.actions import ACTIONS
from helpdesk.cases.models import Case, Label, Message
from helpdesk.channels.models import Channel
from helpdesk.events.models import Event
from helpdesk.events.occasion import current, occasion, resume
from helpdesk.users.models.fields import Source
from helpdesk.users.services import identity, values
from rules import limits, reactors, services
from rules.models import Rule, Run
from tests import world
from tests.rules.desk import do, fired, fresh, rule, when

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


def test_a_case_that_was_made_runs_new_cases_once_and_what_follows_runs_updated_cases(bob):
    rule("new", list="new")
    rule("updated", list="updated")
    case = world.says(bob, "hello").case
    assert fired(case) == ["new"]
    world.says(bob, "hello again")
    assert fired(case) == ["new", "updated"]
    assert list(Run.objects.order_by("pk").values_list("list", flat=True)) == ["new", "updated"]


def test_rules_run_from_top_to_bottom_and_the_next_sees_the_changed_case(bob):
    rule("first", all=[when("case.status", "is", "open")], actions=[do("set_status", status="pending")])
    rule("second", all=[when("case.status", "is", "open")])
    rule("third", all=[when("case.status", "is", "pending")])
    case = world.says(bob, "hello").case
    world.says(bob, "more")
    assert fired(case) == ["first", "third"]


def test_a_rule_can_stop_the_pass(bob, ann):
    case = world.says(bob, "hello").case
    rule("first", stop=True)
    rule("second")
    cases.assign(case, ann, by=ann)
    assert fired(case) == ["first"]


@pytest.mark.promise("P27", "A39")
def test_rules_that_trigger_each_other_end(bob):
    case = world.says(bob, "hello").case
    rule("to pending", all=[when("case.status", "is", "open")], actions=[do("set_status", status="pending")])
    rule("to open", all=[when("case.status", "is", "pending")], actions=[do("set_status", status="open")])
    cases.set_subject(case, "ping", by=None)
    assert fired(case) == ["to pending", "to open"]
    assert Run.objects.count() == 1


def test_a_receipt_runs_no_rules(bob, ann):
    case = world.says(bob, "hello").case
    message = cases.reply(case, "hi", by=ann)
    rule("anything")
    cases.delivered(message.pk, attempts=1)
    cases.read(message.pk)
    assert fired(case) == []


def test_what_a_rule_does_is_told_with_the_rule_as_actor_and_the_touching_event_as_cause(bob):
    case = world.says(bob, "hello").case
    made = rule("answer", actions=[do("send_message", texts={"en": "Hi {{ user.name | there }}"})])
    said = world.says(bob, "anybody?")
    event = Event.objects.get(kind="rule.fired", case_id=case.pk)
    assert event.cause_id is not None
    cause = Event.objects.get(pk=event.cause_id)
    assert (cause.kind, cause.message_id) == ("message.added", said.message.pk)
    assert event.data == {"rule": made.pk, "version": 1, "title": "answer", "answers": True}
    answer = Message.objects.get(case=case, author="rule")
    assert (answer.text, answer.rule_id) == ("Hi there", made.pk)
    told = Event.objects.get(kind="message.added", message_id=answer.pk)
    assert (told.actor_kind, told.actor_id, told.cause_id, told.via) == ("rule", made.pk, event.pk, "rule")


def test_a_switched_off_rule_does_nothing(bob):
    rule("off", list="new", active=False)
    assert fired(world.says(bob, "hello").case) == []


class Broken(Exception):
    pass


def break_action(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    def fail(*args: Any, **more: Any) -> None:
        raise Broken("planted")

    monkeypatch.setattr(ACTIONS.get(key), "run", fail)


@pytest.mark.promise("P1")
def test_an_error_in_an_action_undoes_that_rule_alone_and_says_so(bob, monkeypatch):
    break_action(monkeypatch, "set_priority")
    broken = rule(
        "broken",
        list="new",
        actions=[do("set_status", status="pending"), do("set_priority", priority="high")],
    )
    rule("sound", list="new", actions=[do("send_message", texts={"en": "Welcome"})])
    said = world.says(bob, "hello")
    case = fresh(said.case)
    assert Message.objects.filter(pk=said.message.pk).exists()
    assert (case.status, case.active_chat) == ("open", True)
    assert fired(case) == ["sound"]
    assert Message.objects.get(case=case, author="rule").text == "Welcome"
    failed = Event.objects.get(kind="rule.failed")
    assert failed.red
    assert failed.data["rule"] == broken.pk
    assert failed.data["why"] == "action 2 (Set the priority): Broken: planted"
    assert not Event.objects.filter(kind="case.status_changed").exists()
    assert not Event.objects.filter(kind="occasion.failed").exists()


@pytest.mark.parametrize("kind", list(ACTIONS), ids=lambda kind: kind.key)
def test_whichever_action_fails_in_the_middle_facts_are_as_before_and_the_others_go_on(bob, monkeypatch, kind):
    """What it had changed by then is gone, too, and the next rule sees nothing of it."""
    label = Label.objects.create(title="planted")
    case = world.says(bob, "hello").case

    def fail(case: Case, values: dict[str, Any], *, by: Any) -> None:
        cases.set_priority(case, "critical", by=by)
        cases.add_labels(case, [label], by=by)
        raise Broken("planted")

    monkeypatch.setattr(kind, "run", fail)
    monkeypatch.setattr(kind, "parse", lambda values: {})
    rule("broken", actions=[do("set_status", status="pending"), do(kind.key), do("set_status", status="closed")])
    sound = [do("set_group", group=world.group().pk)] if kind.key != "set_group" else [do("set_status", status="open")]
    rule("stands", all=[when("case.labels", "empty"), when("case.status", "is", "open")], actions=sound)
    cases.set_subject(case, "ping", by=None)
    assert fired(case) == ["stands"]
    number = 1 if kind.key == "set_status" else 2
    after = fresh(case)
    assert (after.status, after.priority, list(after.labels.all())) == ("open", "normal", [])
    failed = Event.objects.get(kind="rule.failed")
    assert failed.red
    assert failed.data["why"] == f"action {number} ({kind.label}): Broken: planted"
    lines = [(line.title, line.outcome) for line in services.explain(Run.objects.get())]
    assert lines == [("broken", "failed"), ("stands", "fired")]


def test_after_a_broken_rule_everybody_works_on_the_same_instances(bob, monkeypatch):
    """What was undone is read again; case and profile must still be the ones that the occasion holds."""
    break_action(monkeypatch, "set_priority")
    rule("broken", actions=[do("set_status", status="pending"), do("set_priority", priority="high")])
    case = world.says(bob, "hello").case

    @occasion
    def change() -> None:
        held = cases.hold(case.pk)
        cases.set_subject(held, "changed", by=None)
        reactors.what_to_do(current())
        assert cases.hold(case.pk) is held
        assert held.profile is current().held[type(bob), bob.pk]
        assert held.status == "open"
        current().events.clear()

    change()


def test_a_refusal_is_told_in_its_own_words(bob):
    fax = Channel.objects.create(kind="fax", title="Fax")
    rule("greet", list="new", actions=[do("send_message", texts={"en": "Hi"})])
    case = cases.receive(bob, fax, cases.Draft(text="hello")).case
    assert fired(case) == []
    why = Event.objects.get(kind="rule.failed").data["why"]
    assert why == "action 1 (Send a message to the user): There is no way to answer in this channel yet."


def test_an_error_in_a_condition_is_contained_too(bob, monkeypatch):
    case = world.says(bob, "hello").case
    rule("broken", all=[when("case.labels", "empty")])
    rule("sound")
    monkeypatch.setattr("helpdesk.cases.facts.Facts.labels", property(lambda facts: 1 / 0))
    cases.set_subject(case, "ping", by=None)
    assert fired(case) == ["sound"]
    assert "ZeroDivisionError" in Event.objects.get(kind="rule.failed").data["why"]


def test_one_occasion_runs_a_list_once_for_a_case_also_when_reactors_are_repeated(bob):
    rule("count", actions=[do("add_note", text="counted")])
    case = world.says(bob, "hello").case
    cases.set_subject(case, "ping", by=None)
    events = list(Event.objects.filter(kind="case.subject_changed").values_list("pk", flat=True))
    resume(events, ["rules.reactors.what_to_do"])
    assert fired(case) == ["count"]
    run = Run.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.create(case=case, list=run.list, occasion=run.occasion, trace=b"")


def test_a_repetition_of_what_failed_runs_the_rules_then(bob, monkeypatch):
    rule("late", list="new")
    with monkeypatch.context() as patch:
        patch.setattr("rules.services.passes.look", lambda *args, **more: 1 / 0)
        patch.setattr("rules.services.look", lambda *args, **more: 1 / 0)
        case = world.says(bob, "hello").case
    assert Event.objects.get(kind="occasion.failed").data["reactor"] == "rules.reactors.what_to_do"
    assert fired(case) == []
    events = Event.objects.filter(case_id=case.pk).exclude(kind="occasion.failed")
    resume(list(events.values_list("pk", flat=True)), ["rules.reactors.what_to_do"])
    assert fired(case) == ["late"]


def test_a_deleted_label_makes_the_rule_invalid_and_visible(bob, django_capture_on_commit_callbacks):
    label = Label.objects.create(title="spam")
    kept = rule("sound")
    bad = rule("bad", all=[when("case.labels", "has_none", [label.pk])])
    case = world.says(bob, "hello").case
    with django_capture_on_commit_callbacks(execute=True):
        label.delete()
    bad.refresh_from_db()
    assert bad.problem.startswith("Condition 1: What was chosen here no longer exists")
    assert Event.objects.get(kind="rule.invalid").red
    cases.set_subject(case, "ping", by=None)
    assert fired(case) == ["sound"]
    (run,) = Run.objects.filter(list="updated")
    lines = {line.title: line for line in services.explain(run)}
    assert lines["bad"].outcome == "invalid"
    assert lines["bad"].why == bad.problem
    assert kept.problem == ""


def test_a_deleted_group_makes_an_action_invalid_and_a_new_field_makes_it_valid_again(bob):
    group = world.group("Gone")
    field = world.tariff()
    one = rule("group", actions=[do("set_group", group=group.pk)])
    two = rule("field", all=[when("user.cf.tariff", "is", "1")])
    group.delete()
    field.delete()
    services.review()
    problems = dict(Rule.objects.values_list("title", "problem"))
    assert problems["group"].startswith("Action 1: ")
    assert problems["field"].startswith("Condition 1: There is no field")
    world.tariff()
    services.review()
    two.refresh_from_db()
    assert two.problem == ""
    one.refresh_from_db()
    assert one.problem != ""


def test_a_changed_rule_is_used_at_once(bob):
    case = world.says(bob, "hello").case
    made = rule("one", all=[when("case.subject", "is", ["x"])])
    cases.set_subject(case, "y", by=None)
    assert fired(case) == []
    rule("one", all=[when("case.subject", "is", ["z"])], rule=made)
    cases.set_subject(case, "z", by=None)
    assert fired(case) == ["one"]
    Rule.objects.get(pk=made.pk).conditions.all().delete()
    cases.set_subject(case, "w", by=None)
    assert fired(case) == ["one", "one"]


def test_a_rule_that_answers_too_often_is_paused_and_says_so(bob):
    rule("parrot", actions=[do("send_message", texts={"en": "What?"})])
    rule("labels", actions=[do("set_priority", priority="high")])
    case = world.says(bob, "hello").case
    for number in range(limits.ANSWERS + 3):
        world.says(bob, f"again {number}")
    assert fired(case).count("parrot") == limits.ANSWERS
    assert fired(case).count("labels") == limits.ANSWERS + 3
    assert Event.objects.filter(kind="rule.paused", red=True).count() == 1
    with time_machine.travel(timezone.now() + limits.ANSWERS_PAUSE + timedelta(minutes=1)):
        world.says(bob, "an hour later")
    assert fired(case).count("parrot") == limits.ANSWERS + 1


def test_somebody_who_is_asked_again_and_again_by_hand_does_not_trip_the_breaker(bob):
    rule("ask", actions=[do("send_message", texts={"en": "Your code?"})])
    case = world.says(bob, "hello").case
    start = timezone.now()
    for number in range(30):
        with time_machine.travel(start + timedelta(seconds=40 * number)):
            world.says(bob, f"what? {number}")
    assert fired(case).count("ask") == 30
    assert not Event.objects.filter(kind="rule.paused").exists()


def test_the_breaker_counts_for_a_customer_over_all_cases(bob):
    mail = world.messenger("http://127.0.0.1:9/hook", sync=False, title="Mail")
    robot = world.customer(mail, "robot")
    rule("confirm", list="new", actions=[do("send_message", texts={"en": "We got it"})])
    for _ in range(limits.ANSWERS + 2):
        world.says(robot, "Out of office", new_case=True)
    assert Event.objects.filter(kind="rule.fired").count() == limits.ANSWERS
    assert fired(world.says(bob, "hello").case) == ["confirm"]


def test_a_link_touches_the_active_cases_of_the_profile_and_no_others(bob, ann):
    mail = world.messenger("http://127.0.0.1:9/hook", sync=False, title="Mail")
    carol, other = world.customer(mail, "carol"), world.customer(mail, "other")
    open_one = world.says(carol, "first").case
    closed = world.says(carol, "second", new_case=True).case
    cases.change_status(closed, "closed", by=ann)
    elsewhere = world.says(other, "third").case
    rule("welcome", all=[when("user.identified", "yes")])
    identity.link(carol, other.person, method="api", level=3, by=None)
    assert fired(open_one) == ["welcome"]
    assert fired(closed) == fired(elsewhere) == []


def test_a_change_of_user_data_runs_no_rules_and_the_next_pass_sees_it(bob):
    case = world.says(bob, "hello").case
    rule("Bob", all=[when("user.name", "is", ["Bob"])])
    values.say(bob, Source.AGENT, {"name": "Bob"}, by=None)
    assert fired(case) == []
    cases.set_subject(case, "ping", by=None)
    assert fired(case) == ["Bob"]


def test_identification_code_looks_at_the_customers_message_only(bob, ann):
    rule("asks", all=[when("identification.code", "not_sent")])
    case = world.says(bob, "hello").case
    cases.reply(case, "hi", by=ann)
    cases.note(case, "a note", by=ann)
    assert fired(case) == []
    world.says(bob, "no code")
    assert fired(case) == ["asks"]


def test_merged_cases_run_no_rules_of_their_own(bob, ann):
    first = world.says(bob, "hello").case
    cases.change_status(first, "closed", by=ann)
    second = world.says(bob, "hello again").case
    rule("seen")
    cases.merge(second, first, by=ann)
    assert fired(second) == []


def test_a_hundred_rules_that_do_not_fire_cost_three_queries(bob, django_assert_max_num_queries):
    case = world.says(bob, "hello").case
    for number in range(100):
        rule(f"r{number}", all=[when("message.text", "contains_any", [f"word{number}"])])
    world.says(bob, "warm up")

    @occasion
    def touch() -> None:
        held = cases.hold(case.pk)
        said = Event.objects.filter(kind="message.added").latest("pk")
        current().events.append(said)
        Run.objects.all().delete()
        said.occasion = current().id
        with django_assert_max_num_queries(3):
            reactors.what_to_do(current())
        current().events.clear()
        assert held.pk == case.pk

    touch()
    assert Case.objects.count() == 1
