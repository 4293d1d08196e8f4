"""Time rules: to the minute, once for each start of the clock, all conditions checked again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.outbox.kinds import JOBS
from helpdesk.outbox.models import Job
from rules import limits, services
from rules.models import Rule, Run, Wait
from rules.services import clocks
from tests import world
from tests.rules.desk import do, fired, fresh, rule, when

pytestmark = [pytest.mark.django_db, pytest.mark.both]

START = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)


def span(amount: int, unit: str = "hours") -> dict[str, Any]:
    return {"amount": amount, "unit": unit}


def waiting(amount: int = 2, **parts: Any) -> Any:
    conditions = [when("clock.customer", "at_least", span(amount)), *parts.pop("all", [])]
    return rule(parts.pop("title", "waiting"), list="time", all=conditions, **parts)


def at(**after: int) -> Any:
    return time_machine.travel(START + timedelta(**after), tick=False)


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


@pytest.fixture
def case(bob) -> Case:
    waiting()
    with at():
        return world.says(bob, "hello").case


def test_a_clock_rings_to_the_minute_and_once(case):
    with at(hours=2, minutes=-1):
        assert services.ring() == 0
    with at(hours=2):
        assert services.ring() == 1
    with at(hours=3):
        assert services.ring() == 0
    assert fired(case) == ["waiting"]
    assert fresh(case).priority == "high"
    event = Event.objects.get(kind="rule.fired")
    assert (event.via, event.actor_kind) == ("timer", "desk")


def test_a_clock_that_rang_while_its_rule_could_not_be_used_is_not_forgotten(bob, django_capture_on_commit_callbacks):
    group = world.group("VIP")
    made = waiting(actions=[do("set_group", group=group.pk)])
    with at():
        case = world.says(bob, "hello").case
    Job.objects.filter(kind="rules.set_clocks").delete()
    for active, hours in ((False, 2), (True, 3)):
        with at(hours=hours), django_capture_on_commit_callbacks(execute=True):
            group.active = active
            group.save(update_fields=["active"])
            services.ring()
    assert Rule.objects.get(pk=made.pk).problem == ""
    for job in Job.objects.filter(kind="rules.set_clocks"):
        JOBS.get(job.kind).run(job)
    with at(hours=3, minutes=1):
        services.ring()
    assert (fired(case), fresh(case).group) == (["waiting"], group)


def test_the_customers_next_message_starts_the_clock_anew(case, bob):
    with at(hours=1):
        world.says(bob, "still there?")
    with at(hours=2):
        assert services.ring() == 0
    with at(hours=3):
        assert services.ring() == 1
    with at(hours=4):
        world.says(bob, "hello?")
    with at(hours=6):
        assert services.ring() == 1
    assert fired(case) == ["waiting", "waiting"]


def test_a_clock_that_was_set_back_a_second_before_does_not_ring(case, bob):
    with at(hours=1, minutes=59, seconds=59):
        world.says(bob, "one second before")
    with at(hours=2):
        assert services.ring() == 0
    assert fired(case) == []
    assert Wait.objects.get().due_at == START + timedelta(hours=3, minutes=59, seconds=59)


def due_together(count: int) -> None:
    """As many cases whose clocks have run out, the later the higher their id: rows alone, made at once."""
    kept, cases_made = Wait.objects.get(), []
    assert kept.due_at
    for number in range(count):
        row = Case.objects.get(pk=kept.case_id)
        row.pk, row.number, row._state.adding = None, f"900-{number:06}", True
        cases_made.append(row)
    Case.objects.bulk_create(cases_made)
    waits = [
        Wait(rule_id=kept.rule_id, case=row, due_at=kept.due_at + timedelta(milliseconds=number))
        for number, row in enumerate(cases_made)
    ]
    Wait.objects.bulk_create(waits)


@pytest.mark.slow
def test_three_hundred_that_are_due_at_once_are_all_rung(case, monkeypatch):
    """And ten thousand as well: a sweep goes on for some seconds, the next one with the rest, whatever their number."""
    monkeypatch.setattr(limits, "RING_SECONDS", 600)
    due_together(299)
    with at(hours=3):
        assert services.ring() == 300
        assert services.ring() == 0
    assert Event.objects.filter(kind="rule.fired").values("case_id").distinct().count() == 300


def test_a_sweep_that_has_no_time_left_takes_the_oldest_and_leaves_the_rest(case, monkeypatch):
    monkeypatch.setattr(limits, "RING_SECONDS", 0)
    monkeypatch.setattr(limits, "RING_BATCH", 4)
    due_together(9)
    with at(hours=3):
        assert [services.ring() for _ in range(4)] == [4, 4, 2, 0]
    order = list(Event.objects.filter(kind="rule.fired").order_by("pk").values_list("case_id", flat=True))
    assert order == sorted(number for number in order if number)


def test_what_a_time_rule_does_runs_no_other_pass(case):
    rule("updated", list="updated")
    with at(hours=2):
        services.ring()
    assert fired(case) == ["waiting"]


def test_all_conditions_are_checked_again_when_it_rings(bob, ann):
    waiting(all=[when("case.status", "is", "open")])
    with at():
        case = world.says(bob, "hello").case
    with at(hours=1):
        cases.end_chat(case, "pending", by=ann)
    with at(hours=2):
        services.ring()
    assert fired(case) == []
    run = Run.objects.get(list="time")
    assert services.explain(run)[0].why == "“Status is open” did not hold: it was pending."
    with at(hours=3):
        assert services.ring() == 0
        cases.change_status(case, "open", by=ann)
        assert services.ring() == 1
    assert fired(case) == ["waiting"]


def test_a_clock_that_does_not_run_makes_no_wait(bob, ann):
    rule("answered", list="time", all=[when("clock.answer", "at_least", span(30, "minutes"))])
    with at():
        case = world.says(bob, "hello").case
        assert not Wait.objects.exists()
        cases.reply(case, "hi", by=ann)
        assert Wait.objects.get().due_at == START + timedelta(minutes=30)


def test_two_clocks_ring_when_the_later_one_has_run_out(bob, ann):
    rule(
        "both",
        list="time",
        all=[when("clock.customer", "at_least", span(3)), when("clock.status", "at_least", span(1))],
    )
    with at():
        case = world.says(bob, "hello").case
    with at(hours=2, minutes=30):
        cases.end_chat(case, "pending", by=ann)
    assert Wait.objects.get().due_at == START + timedelta(hours=3, minutes=30)


def test_a_clock_in_the_any_block_is_waited_for_after_the_others(bob):
    rule(
        "either",
        list="time",
        all=[when("clock.customer", "at_least", span(1))],
        any=[when("case.priority", "is", "critical"), when("clock.created", "at_least", span(5))],
    )
    with at():
        case = world.says(bob, "hello").case
    with at(hours=1):
        assert services.ring() == 1
    assert fired(case) == []
    with at(hours=5):
        assert services.ring() == 1
    assert fired(case) == ["either"]


def test_summer_time_changes_nothing_about_hours(bob, settings):
    settings.DESK_TIME_ZONE = "Europe/Berlin"
    waiting(4)
    with at():
        case = world.says(bob, "an hour before midnight, three before the clocks go forward").case
    with at(hours=3, minutes=59):
        assert services.ring() == 0
    with at(hours=4):
        assert services.ring() == 1
    assert fired(case) == ["waiting"]


def test_only_one_of_two_processes_rings_a_wait(case):
    wait = Wait.objects.get()
    now = timezone.now()
    assert clocks._claim(wait.pk, wait.due_at, now)
    assert not clocks._claim(wait.pk, wait.due_at, now)


def test_a_wait_whose_process_died_rings_later(case, monkeypatch):
    with monkeypatch.context() as patch, at(hours=2):
        patch.setattr(clocks, "_ring", lambda pk: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.ring()
    with at(hours=2, minutes=1):
        assert services.ring() == 0
    with at(hours=2), time_machine.travel(START + timedelta(hours=2) + limits.RING_LEASE):
        assert services.ring() == 1
    assert fired(case) == ["waiting"]


def test_a_new_time_rule_finds_the_cases_that_wait_already(bob):
    with at():
        case = world.says(bob, "hello").case
    assert not Wait.objects.exists()
    waiting()
    job = Job.objects.get(kind="rules.set_clocks")
    assert JOBS.get(job.kind).run(job).ok
    with at(hours=5):
        assert services.ring() == 1
    assert fired(case) == ["waiting"]


def test_many_cases_are_done_some_at_a_time(bob, monkeypatch):
    mail = world.messenger(sync=False, title="Mail")
    for number in range(5):
        world.says(world.customer(mail, f"c{number}"), "hello")
    waiting()
    monkeypatch.setattr(limits, "CLOCKS_BATCH", 2)
    for _ in range(3):
        job = Job.objects.filter(kind="rules.set_clocks").latest("pk")
        JOBS.get(job.kind).run(job)
    assert Wait.objects.count() == 5
    assert Job.objects.filter(kind="rules.set_clocks").count() == 3


def test_a_switched_off_or_deleted_rule_rings_no_more(case, ann):
    made = Wait.objects.get().rule
    services.switch(made, False, by=ann)
    with at(hours=2):
        services.ring()
    assert fired(case) == []
    assert not Wait.objects.exists()


def test_a_broken_time_rule_is_contained(case, monkeypatch, bob):
    monkeypatch.setattr("helpdesk.cases.services.set_priority", lambda *args, **more: 1 / 0)
    rule(
        "note",
        list="time",
        all=[when("clock.customer", "at_least", span(2))],
        actions=[do("add_note", text="slow")],
    )
    with at(hours=1):
        world.says(bob, "hello?")
    with at(hours=3):
        assert services.ring() == 2
    assert fired(case) == ["note"]
    assert Event.objects.get(kind="rule.failed").red


def test_traces_are_kept_for_a_fortnight(case, bob):
    rule("updated")
    with at(minutes=1):
        world.says(bob, "more")
    assert Run.objects.count() == 1
    with at(days=14):
        assert services.forget_old() == 0
    with at(days=14, minutes=2):
        assert services.forget_old() == 2, "the pass, and what one rule did in it"
