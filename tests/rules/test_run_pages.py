"""From a line of the timeline to the pass behind it, and why no rule did anything, as agents read it."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.events.models import Event
from rules import limits, services
from rules.models import Pause, Rule, RuleGroup, Run
from tests import world
from tests.rules.desk import do, rule, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


@pytest.fixture
def as_ann(ann):
    client = Client()
    client.force_login(ann)
    return client


def text(client: Client, address: str) -> str:
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.promise("P27")
def test_a_line_of_the_timeline_names_the_rule_once_with_its_version_and_leads_to_its_pass(bob, as_ann):
    made = rule("VIP routing")
    rule("VIP routing", rule=made, all=[when("case.status", "is", "open")])
    rule("other", all=[when("case.status", "is", "closed")])
    case = world.says(bob, "hello").case
    world.says(bob, "more")
    page = text(as_ann, f"/cases/{case.number}/")
    assert "Rule “VIP routing” v2" in page
    assert "The rule “VIP routing” fired" not in page
    event = Event.objects.get(kind="case.priority_changed")
    why = reverse("case_run_of", args=[case.number, event.pk])
    assert f'href="{why}"' in page
    answer = as_ann.get(why)
    run = Run.objects.get()
    assert answer.headers["Location"] == reverse("case_run", args=[case.number, run.pk])
    told = text(as_ann, why)
    assert "VIP routing" in told
    assert "“Status is closed” did not hold: it was open." in told
    assert "Rules for updated cases" in told
    assert " ms" in told


def test_a_rule_that_only_answered_keeps_its_line(bob, as_ann):
    rule("greets", actions=[do("send_message", texts={"en": "Hi"})])
    case = world.says(bob, "hello").case
    world.says(bob, "more")
    page = text(as_ann, f"/cases/{case.number}/")
    event = Event.objects.get(kind="rule.fired")
    assert "The rule “greets” fired" in page
    assert reverse("case_run_of", args=[case.number, event.pk]) in page


def test_the_page_of_a_pass_shows_a_failure_with_its_action_and_what_the_others_did(bob, as_ann):
    rule("broken", actions=[do("set_priority", priority="high"), do("set_group", group=world.group("<b>Gone</b>").pk)])
    rule("sound", actions=[do("add_note", text="all is well")])
    case = world.says(bob, "hello").case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("helpdesk.cases.services.set_group", lambda *args, **more: 1 / 0)
        world.says(bob, "more")
    failed = Event.objects.get(kind="rule.failed")
    told = text(as_ann, reverse("case_run_of", args=[case.number, failed.pk]))
    assert "action 2 (" in told
    assert "division by zero" in told
    assert "Nothing of what it did was kept" in told
    assert told.index("broken") < told.index("sound")
    assert "Note: “all is well”" in told


def test_an_older_version_is_told_with_the_conditions_it_had(bob, as_ann):
    made = rule("changed", all=[when("case.priority", "is", "critical")])
    case = world.says(bob, "hello").case
    world.says(bob, "more")
    rule("changed", rule=made, all=[when("case.status", "is", "closed")])
    told = text(as_ann, reverse("case_run", args=[case.number, Run.objects.get().pk]))
    assert "“Priority is critical” did not hold: it was normal. This was version 1" in told


def test_a_repeated_occasion_still_leads_to_its_pass(bob, as_ann):
    rule("fires")
    case = world.says(bob, "hello").case
    world.says(bob, "more")
    fired = Event.objects.get(kind="rule.fired")
    Event.objects.filter(pk=fired.pk).update(occasion=uuid.uuid4())
    answer = as_ann.get(reverse("case_run_of", args=[case.number, fired.pk]))
    assert answer.headers["Location"] == reverse("case_run", args=[case.number, Run.objects.get().pk])


def test_a_forgotten_trace_is_said_to_be_gone(bob, as_ann):
    rule("fires")
    case = world.says(bob, "hello").case
    world.says(bob, "more")
    with time_machine.travel(timezone.now() + limits.TRACE_KEPT + timedelta(minutes=1)):
        assert services.forget_old() == 2
    event = Event.objects.get(kind="rule.fired")
    told = text(as_ann, reverse("case_run_of", args=[case.number, event.pk]))
    assert "The rule “fires” did this." in told
    assert f"kept for {limits.TRACE_KEPT.days} days only" in told


def test_why_no_rule_fired_is_told_also_where_none_was_asked(bob, as_ann):
    case = world.says(bob, "hello").case
    assert "Why did no rule fire?" in text(as_ann, f"/cases/{case.number}/")
    address = reverse("case_runs", args=[case.number])
    told = text(as_ann, address)
    assert "No rule has looked at this case." in told
    assert told.count("There are no rules in this list.") == 3
    rule("off", active=False)
    assert "All rules of this list are switched off." in text(as_ann, address)
    group = RuleGroup.objects.create(title="Night", list="updated", active=False)
    Rule.objects.filter(pk=rule("in a group").pk).update(group=group)
    Rule.objects.filter(pk=rule("invalid").pk).update(problem="Condition 1: gone")
    paused = rule("too keen", actions=[do("send_message", texts={"en": "Hi"})])
    until = timezone.now() + timedelta(hours=1)
    Pause.objects.create(rule=paused, case=case, profile_id=bob.pk, until=until)
    rule("waits", list="time", all=[when("clock.customer", "at_least", {"amount": 2, "unit": "hours"})])
    rule("no clock", list="time", all=[when("clock.answer", "at_least", {"amount": 2, "unit": "hours"})])
    services.set_clocks_of_all()
    told = text(as_ann, address)
    for sentence in (
        "is switched off",
        "its group “Night” is switched off",
        "cannot be used: Condition 1: gone",
        "is paused for this customer",
        "looks at this case on",
        "its clock does not run for this case",
        "nothing happened that runs rules",
        "No clock has run out for this case",
    ):
        assert sentence in told, sentence


def test_pages_of_passes_belong_to_those_who_see_the_case(bob, as_ann):
    rule("fires")
    case = world.says(bob, "hello").case
    world.says(bob, "more")
    elsewhere = world.says(world.customer(world.messenger(title="Other"), "carol"), "hello").case
    cases.set_subject(elsewhere, "ping", by=None)
    run, foreign = Run.objects.get(case=case), Run.objects.get(case=elsewhere)
    event = Event.objects.get(kind="rule.fired", case_id=elsewhere.pk)
    for address in (
        reverse("case_runs", args=[elsewhere.number]),
        reverse("case_run", args=[elsewhere.number, foreign.pk]),
        reverse("case_run", args=[case.number, foreign.pk]),
        reverse("case_run_of", args=[case.number, event.pk]),
        reverse("case_run", args=[case.number, 10**9]),
    ):
        assert as_ann.get(address).status_code == 404, address
    assert as_ann.get(reverse("case_run", args=[case.number, run.pk])).status_code == 200
    assert Client().get(reverse("case_run", args=[case.number, run.pk])).status_code == 302


def test_what_a_rule_sees_of_a_message_with_a_code_is_without_the_code(bob):
    """The reactors share one copy of the message: that in which the secret was blanked."""
    rule("looks", all=[when("message.text", "contains_any", ["nothing like it"])])
    world.says(bob, "hello")
    world.says(bob, "my code is ID-7K3QW-9XD2M, thanks")
    (line,) = services.explain(Run.objects.latest("pk"))
    assert "my code is" in line.why
    assert "7K3QW" not in line.why
