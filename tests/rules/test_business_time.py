"""Rules and the clock on the wall: business hours, days, times of day, and clocks that count only while it is open."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from helpdesk.cases import services as cases
from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case
from helpdesk.channels.services import schedules
from helpdesk.channels.services.hours import Period
from helpdesk.channels.services.schedules import Day
from helpdesk.lib.fields import FIELDS, WrongValue
from helpdesk.outbox.kinds import JOBS
from helpdesk.outbox.models import Job
from rules import drafts, services, summary
from rules.models import Rule, RuleList, Run, Wait
from rules.services import memory
from tests import world
from tests.rules.desk import fired, fresh, rule, when

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def _berlin(settings: Any) -> None:
    settings.DESK_TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def hours():
    return world.hours()


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


def at(text: str) -> Any:
    """In the desk's zone: "2026-03-27 16:00"."""
    return time_machine.travel(moment(text), tick=False)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def span(hours: Any, amount: int = 2, unit: str = "hours") -> dict[str, Any]:
    return {"amount": amount, "unit": unit, "schedule": hours.pk}


def waiting(hours: Any, amount: int = 2, **parts: Any) -> Rule:
    clock = when("clock.customer", "at_least", span(hours, amount))
    return rule("waiting", list="time", all=[clock, *parts.pop("all", [])], **parts)


def set_clocks() -> None:
    """The job that a changed rule or changed hours leave."""
    for job in Job.objects.filter(kind="rules.set_clocks"):
        JOBS.get(job.kind).run(job)
        job.delete()


# — fields —


def holds(field: str, operator: str, value: Any, text: str) -> bool:
    looked_at = FIELDS.now()[field]
    parsed = looked_at.parse(operator, value)
    with at(text):
        return looked_at.prepare(operator, parsed)(looked_at.getter(Facts(Case())))


# 2026-11-23 is a Monday.
SEEN: list[tuple[str, str, Any, str, bool]] = [
    ("time.weekday", "is", "monday", "2026-11-23 00:00", True),
    ("time.weekday", "is", "monday", "2026-11-23 23:59", True),
    ("time.weekday", "is", "monday", "2026-11-24 00:00", False),
    ("time.weekday", "is_not", "monday", "2026-11-24 00:00", True),
    ("time.weekday", "is_any", ["saturday", "sunday"], "2026-11-22 12:00", True),
    ("time.weekday", "is_none", ["saturday", "sunday"], "2026-11-22 12:00", False),
    ("time.date", "on", "2026-11-23", "2026-11-23 00:00", True),
    ("time.date", "on", "2026-11-23", "2026-11-22 23:59", False),
    ("time.date", "after", "2026-11-23", "2026-11-23 23:59", False),
    ("time.date", "after", "2026-11-23", "2026-11-24 00:00", True),
    ("time.date", "before", "2026-11-23", "2026-11-22 23:59", True),
    ("time.date", "between", ["2026-11-20", "2026-11-23"], "2026-11-23 23:59", True),
    ("time.clock", "between", ["09:00", "17:00"], "2026-11-23 09:00", True),
    ("time.clock", "between", ["09:00", "17:00"], "2026-11-23 16:59", True),
    ("time.clock", "between", ["09:00", "17:00"], "2026-11-23 17:00", False),
    ("time.clock", "not_between", ["09:00", "17:00"], "2026-11-23 17:00", True),
    ("time.clock", "between", ["22:00", "06:00"], "2026-11-23 23:00", True),
    ("time.clock", "between", ["22:00", "06:00"], "2026-11-23 05:59", True),
    ("time.clock", "between", ["22:00", "06:00"], "2026-11-23 06:00", False),
    ("time.clock", "not_between", ["22:00", "06:00"], "2026-11-23 12:00", True),
    ("time.clock", "between", ["22:00", "00:00"], "2026-11-23 23:59", True),
    ("time.clock", "between", ["22:00", "00:00"], "2026-11-24 00:00", False),
]


@pytest.mark.parametrize(("field", "operator", "value", "text", "expected"), SEEN)
def test_conditions_see_the_day_and_the_time_at_the_desk(field, operator, value, text, expected):
    assert holds(field, operator, value, text) is expected


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("2026-11-23 08:59", False),
        ("2026-11-23 09:00", True),
        ("2026-11-23 17:00", False),
        ("2026-11-22 12:00", False),
        ("2026-12-24 12:00", False),
        ("2026-12-25 12:00", False),
        ("2027-01-01 12:00", True),
    ],
)
def test_outside_is_the_exact_opposite_of_inside(text, is_open):
    days = (Day(date(2026, 12, 24), "Christmas Eve"), Day(date(2027, 1, 1), working=True))
    hours = world.hours(country="DE", free_days=days)
    assert holds("time.hours", "inside", hours.pk, text) is is_open
    assert holds("time.hours", "outside", hours.pk, text) is not is_open


WRONG: list[tuple[str, str, Any]] = [
    ("time.hours", "inside", 999),
    ("time.hours", "inside", None),
    ("time.weekday", "is", "someday"),
    ("time.date", "on", "soon"),
    ("time.clock", "between", ["09:00"]),
    ("time.clock", "between", ["09:00", "09:00"]),
    ("time.clock", "between", ["9", "soon"]),
    ("time.clock", "between", ["09:00:30", "10:00"]),
    ("time.clock", "between", ["09:00+01:00", "10:00"]),
    ("time.clock", "between", "09:00"),
    ("clock.customer", "at_least", {"amount": 2, "unit": "hours", "schedule": 999}),
    ("clock.customer", "at_least", {"amount": 2, "unit": "hours", "schedule": [1]}),
    ("clock.customer", "at_least", {"amount": 2, "unit": "hours", "strange": 1}),
    ("clock.customer", "at_least", {"amount": 0, "unit": "hours", "schedule": 1}),
    ("case.created", "ago_more", {"amount": 2, "unit": "hours", "schedule": 1}),
]


@pytest.mark.parametrize(("field", "operator", "value"), WRONG)
def test_wrong_values_are_refused_in_words(hours, field, operator, value):
    with pytest.raises(WrongValue):
        FIELDS.now()[field].parse(operator, value)


@pytest.mark.parametrize(("amount", "unit"), [(2, "days"), (2001, "hours")])
def test_business_time_is_told_in_minutes_or_hours_of_a_year_at_most(hours, amount, unit):
    with pytest.raises(WrongValue, match="Business time is told in minutes or hours, at most 2000 hours"):
        FIELDS.now()["clock.customer"].parse("at_least", span(hours, amount, unit))


def test_a_clock_in_hours_that_never_come_is_refused():
    never = world.hours(periods=())
    with pytest.raises(WrongValue, match="This clock would never run out"):
        FIELDS.now()["clock.customer"].parse("at_least", span(never))


def test_around_the_clock_is_no_schedule(hours):
    parsed = FIELDS.now()["clock.customer"].parse("at_least", {"amount": 2, "unit": "hours", "schedule": None})
    assert parsed == {"amount": 2, "unit": "hours"}


def test_a_condition_reads_as_a_sentence(hours):
    fields = FIELDS.now()
    told = [
        (drafts.Term("clock.customer", "at_least", span(hours)), "is at least 2 hours of “Office hours”"),
        (drafts.Term("time.hours", "outside", hours.pk), "Business hours now outside Office hours"),
        (drafts.Term("time.clock", "between", ["22:00", "06:00"]), "Time of day is between 22:00 and 06:00"),
        (drafts.Term("time.weekday", "is_any", ["saturday", "sunday"]), "Day of the week is any of Saturday, Sunday"),
        (drafts.Term("time.date", "after", "2026-11-23"), "Today is after 2026-11-23"),
    ]
    for term, words in told:
        assert words in summary.term(term, fields)


@pytest.mark.both
def test_queries_find_the_cases_whose_clock_has_run_out_in_business_time(hours, bob, ann):
    with at("2026-03-27 16:00"):
        case = world.says(bob, "hello").case
    field = FIELDS.now()["clock.customer"]
    value = field.parse("at_least", span(hours))
    for text, found in (("2026-03-30 09:59", False), ("2026-03-30 10:00", True), ("2026-04-02 03:00", True)):
        with at(text):
            for operator in ("at_least", "less_than"):
                test = field.prepare(operator, value)
                asked = Case.objects.filter(field.ask(Case, operator, value)).exists()
                assert asked is test(field.getter(Facts(fresh(case)))) is (found is (operator == "at_least"))


@pytest.mark.seed("000", "different rules for business and non-business hours")
def test_one_rule_answers_by_day_and_another_by_night(hours, bob):
    rule("by day", list="new", all=[when("time.hours", "inside", hours.pk)])
    rule("by night", list="new", all=[when("time.hours", "outside", hours.pk)])
    with at("2026-11-23 16:59"):
        assert fired(world.says(bob, "hello").case) == ["by day"]
    with at("2026-11-23 17:00"):
        assert fired(world.says(world.customer(bob.channel.customchannel, "carol"), "hello").case) == ["by night"]


# — clocks —


@pytest.mark.both
def test_a_clock_in_business_time_stands_still_over_a_weekend_and_the_change_to_summer_time(hours, bob):
    waiting(hours)
    with at("2026-03-27 16:00"):
        case = world.says(bob, "on Friday, an hour before we close").case
    assert Wait.objects.get().due_at == moment("2026-03-30 10:00")
    for text in ("2026-03-27 18:00", "2026-03-30 09:59"):
        with at(text):
            assert services.ring() == 0
    with at("2026-03-30 10:00"):
        assert services.ring() == 1
    assert fired(case) == ["waiting"]


def test_a_clock_stands_still_on_public_holidays_and_free_days(bob):
    hours = world.hours(country="DE", free_days=(Day(date(2026, 12, 24), "Christmas Eve"),))
    waiting(hours, 1)
    with at("2026-12-23 16:30"):
        case = world.says(bob, "hello").case
    # Thursday free, Friday a holiday, then the weekend.
    with at("2026-12-28 09:29"):
        assert services.ring() == 0
    with at("2026-12-28 09:30"):
        assert services.ring() == 1
    assert fired(case) == ["waiting"]


def test_an_hour_that_comes_twice_counts_twice(bob):
    night = world.hours(periods=(Period(6, time(1), time(4)),))
    waiting(night, 4)
    with at("2026-10-24 20:00"):
        world.says(bob, "hello")
    assert Wait.objects.get().due_at == moment("2026-10-25 04:00")


@pytest.mark.both
def test_hours_that_change_move_the_waits(hours, bob, ann):
    waiting(hours)
    with at("2026-03-27 16:00"):
        case = world.says(bob, "hello").case
        set_clocks()
        saturday = (*schedules.of(hours).periods, Period(5, time(10), time(14)))
        schedules.save(schedules.Draft("Office hours", "Europe/Berlin", periods=saturday), by=ann, schedule=hours)
        assert Wait.objects.get().due_at == moment("2026-03-30 10:00")
        set_clocks()
    assert Wait.objects.get().due_at == moment("2026-03-28 11:00")
    with at("2026-03-28 11:00"):
        assert services.ring() == 1
    assert fired(case) == ["waiting"]


def test_hours_that_no_time_rule_names_wake_nobody(hours, ann):
    rule("elsewhere", all=[when("time.hours", "inside", hours.pk)])
    rule("plain", list="time", all=[when("clock.customer", "at_least", {"amount": 1, "unit": "hours"})])
    Job.objects.all().delete()
    schedules.save(schedules.Draft("Other"), by=ann, schedule=hours)
    assert not Job.objects.exists()


@pytest.mark.parametrize("change", ["deleted", "emptied"])
def test_a_rule_whose_hours_are_gone_is_invalid_and_says_so(hours, ann, change, django_capture_on_commit_callbacks):
    waiting(hours)
    with django_capture_on_commit_callbacks(execute=True):
        if change == "deleted":
            schedules.delete(hours, by=ann)
        else:
            schedules.save(schedules.Draft("Office hours"), by=ann, schedule=hours)
    assert memory.now().of(RuleList.TIME)[0].problem
    assert Rule.objects.get().problem


def test_a_pass_reads_no_schedule(hours, bob, django_assert_num_queries):
    rule("inside", all=[when("time.hours", "inside", hours.pk), when("time.weekday", "is", "sunday")])
    (prepared,) = services.now().of(RuleList.UPDATED)
    facts = Facts(world.says(bob, "hello").case)
    with django_assert_num_queries(0):
        prepared.missed(facts)


@pytest.mark.both
def test_a_clock_that_ran_out_at_night_rings_again_when_we_open(hours, bob):
    """Two hours after the message, and inside business hours: at nine in the morning, and not before."""
    plain = when("clock.customer", "at_least", {"amount": 2, "unit": "hours"})
    rule("morning", list="time", all=[plain, when("time.hours", "inside", hours.pk)])
    with at("2026-03-27 16:30"):
        case = world.says(bob, "hello").case
    with at("2026-03-27 18:30"):
        assert services.ring() == 1
    assert fired(case) == []
    assert Run.objects.get(list="time").fired == []
    assert Wait.objects.get().due_at == moment("2026-03-30 09:00")
    with at("2026-03-30 09:00"):
        assert services.ring() == 1
    assert fired(case) == ["morning"]
    with at("2026-03-31 09:00"):
        assert services.ring() == 0


ALONE: list[tuple[list[dict[str, Any]], list[dict[str, Any]], str | None]] = [
    ([when("time.weekday", "is", "sunday")], [], "2026-03-29 00:00"),
    ([when("time.clock", "between", ["22:00", "06:00"])], [], "2026-03-27 22:00"),
    ([when("time.weekday", "is", "sunday"), when("time.clock", "between", ["02:00", "05:00"])], [], "2026-03-29 03:00"),
    ([when("time.date", "on", "2026-12-24")], [], "2026-12-24 00:00"),
    ([when("time.date", "before", "2026-03-01")], [], None),
    ([when("time.weekday", "is", "sunday"), when("case.priority", "is", "critical")], [], None),
    ([], [when("time.weekday", "is", "sunday"), when("case.priority", "is", "critical")], "2026-03-29 00:00"),
    ([], [when("case.priority", "is", "critical")], None),
]


@pytest.mark.parametrize(("every", "some", "expected"), ALONE)
def test_it_rings_again_at_the_first_moment_that_the_time_allows_if_nothing_else_is_in_the_way(
    bob, every, some, expected
):
    plain = when("clock.customer", "at_least", {"amount": 1, "unit": "hours"})
    rule("later", list="time", all=[plain, *every], any=some)
    with at("2026-03-27 16:00"):
        case = world.says(bob, "hello").case
    with at("2026-03-27 17:00"):
        services.ring()
    assert fired(case) == []
    due = Wait.objects.values_list("due_at", flat=True).first()
    assert due == (moment(expected) if expected else None)
    if due:
        with time_machine.travel(due, tick=False):
            services.ring()
        assert fired(case) == ["later"]


# — clocks of cases —


def test_the_clock_since_it_was_assigned(bob, ann):
    rule("idle", list="time", all=[when("clock.assigned", "at_least", {"amount": 1, "unit": "hours"})])
    with at("2026-03-27 10:00"):
        case = world.says(bob, "hello").case
        assert not Wait.objects.exists()
        cases.assign(case, ann, by=ann)
    assert fresh(case).assigned_at == moment("2026-03-27 10:00")
    assert Wait.objects.get().due_at == moment("2026-03-27 11:00")
    with at("2026-03-27 10:30"):
        cases.assign(case, None, by=ann)
    assert fresh(case).assigned_at is None
    assert not Wait.objects.exists()


def test_the_clock_since_the_first_message_that_nobody_has_answered(bob, ann):
    rule("impatient", list="time", all=[when("clock.waiting", "at_least", {"amount": 1, "unit": "hours"})])
    with at("2026-03-27 10:00"):
        case = world.says(bob, "hello").case
    with at("2026-03-27 10:30"):
        world.says(bob, "hello?")
    assert Wait.objects.get().due_at == moment("2026-03-27 11:00")
    with at("2026-03-27 10:45"):
        cases.reply(case, "hi", by=ann)
    assert not Wait.objects.exists()
    with at("2026-03-27 12:00"):
        world.says(bob, "one more thing")
    assert Wait.objects.get().due_at == moment("2026-03-27 13:00")


def test_facts_have_one_moment_for_all_conditions(bob):
    facts = Facts(world.says(bob, "hello").case)
    assert facts.now is facts.now
    assert timedelta() <= datetime.now(BERLIN) - facts.now < timedelta(minutes=1)
