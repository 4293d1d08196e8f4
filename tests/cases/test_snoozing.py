"""A case that is put off: it leaves the lists, and comes back by itself or with its customer."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.errors import CannotSnooze
from helpdesk.cases.models import Case
from helpdesk.cases.timers import snoozed
from helpdesk.channels.models import Period, Schedule
from helpdesk.events.models import Event
from helpdesk.inbox import trays
from tests import world
from tests.rules.desk import do, fired, rule, when

pytestmark = [pytest.mark.django_db, pytest.mark.both]

HOUR = timedelta(hours=1)


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook", sync=False))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


@pytest.fixture
def case(bob) -> Case:
    return world.says(bob, "call me on Monday").case


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def woken(case: Case) -> list[str]:
    return [event.data["why"] for event in Event.objects.filter(case_id=case.pk, kind="case.woken")]


def shown(ann, key: str) -> list[Case]:
    return list(trays.BY_KEY[key].cases(ann))


def test_a_snoozed_case_stands_in_a_list_of_its_own_and_in_none_of_what_is_at_hand(case, ann):
    cases.assign(case, ann, by=ann)
    cases.snooze(case, timezone.now() + HOUR, by=ann)
    assert [key for key in trays.BY_KEY if case in shown(ann, key)] == ["snoozed", "all"]
    assert case not in Case.objects.at_hand()
    cases.wake(case, by=ann)
    assert case not in shown(ann, "snoozed")
    assert case in shown(ann, "open")
    assert case in Case.objects.at_hand()


def test_it_is_said_until_when_and_by_whom(case, ann):
    cases.snooze(case, timezone.now().replace(year=2030, month=4, day=8, hour=9, minute=0), by=ann)
    event = Event.objects.get(kind="case.snoozed")
    assert (event.actor_id, event.data["told"]) == (ann.pk, "2030-04-08 09:00")


def test_it_wakes_at_its_minute_and_not_before(case, ann):
    with time_machine.travel("2030-04-08T08:00:00Z", tick=False) as clock:
        cases.snooze(case, timezone.now() + HOUR, by=ann)
        clock.shift(HOUR - timedelta(seconds=1))
        snoozed()
        assert fresh(case).snoozed_until is not None
        clock.shift(timedelta(seconds=1))
        snoozed()
        snoozed()
        assert fresh(case).snoozed_until is None
        assert fresh(case).last_activity_at == timezone.now()
    assert woken(case) == ["time"]


def test_any_message_of_the_customer_wakes_it(case, bob, ann):
    cases.snooze(case, timezone.now() + HOUR, by=ann)
    cases.reply(case, "until Monday", by=ann)
    assert fresh(case).snoozed_until is not None
    world.says(bob, "no, now")
    assert fresh(case).snoozed_until is None
    assert woken(case) == ["message"]


def test_rules_see_that_it_woke(case, ann):
    rule("at hand again", list="updated", all=[when("case.status", "is", "open")])
    with time_machine.travel("2030-04-08T08:00:00Z", tick=False) as clock:
        cases.snooze(case, timezone.now() + HOUR, by=ann)
        clock.shift(HOUR)
        snoozed()
    assert fired(case) == ["at hand again", "at hand again"]


def test_what_is_closed_waits_for_nothing(case, ann):
    cases.snooze(case, timezone.now() + HOUR, by=ann)
    cases.change_status(case, "closed", by=ann)
    assert fresh(case).snoozed_until is None
    with pytest.raises(CannotSnooze):
        cases.snooze(case, timezone.now() + HOUR, by=ann)


@pytest.mark.parametrize("span", [timedelta(0), -HOUR, timedelta(days=4000)])
def test_a_time_that_makes_no_sense_is_refused(case, ann, span):
    with pytest.raises(CannotSnooze) as caught:
        cases.snooze(case, timezone.now() + span, by=ann)
    assert caught.value.fields.keys() == {"until"}
    assert fresh(case).snoozed_until is None


def test_the_same_time_again_and_waking_what_is_awake_say_nothing(case, ann):
    until = timezone.now() + HOUR
    cases.wake(case, by=ann)
    cases.snooze(case, until, by=ann)
    cases.snooze(case, until, by=ann)
    kinds = Event.objects.filter(case_id=case.pk, kind__in=("case.snoozed", "case.woken"))
    assert list(kinds.values_list("kind", flat=True)) == ["case.snoozed"]


def test_a_rule_snoozes_for_a_span(bob):
    rule("later", list="new", actions=[do("snooze", span={"amount": 2, "unit": "hours"})])
    case = world.says(bob, "hello").case
    until = fresh(case).snoozed_until
    assert until is not None
    assert timedelta(hours=1, minutes=59) < until - timezone.now() <= timedelta(hours=2)


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2024-04-08T07:00:00Z", "2024-04-08T09:00:00Z"),  # a Monday, before
        ("2024-04-08T12:00:00Z", "2024-04-09T09:00:00Z"),  # inside: the time after
        ("2024-04-08T17:00:00Z", "2024-04-09T09:00:00Z"),  # the first moment outside
        ("2024-04-09T20:00:00Z", "2024-04-15T09:00:00Z"),
    ],
)
def test_a_rule_snoozes_until_business_hours_begin(bob, now, begins):
    office = Schedule.objects.create(title="Office", timezone="UTC")
    for day in (0, 1):
        Period.objects.create(schedule=office, weekday=day, opens="09:00", closes="17:00")
    rule("later", list="new", actions=[do("snooze_until_open", schedule=office.pk)])
    with time_machine.travel(now, tick=False):
        case = world.says(bob, "hello").case
    assert fresh(case).snoozed_until == datetime.fromisoformat(begins)


def test_a_rule_that_snoozes_until_hours_that_never_begin_fails_and_says_so(bob):
    shut = Schedule.objects.create(title="Shut", timezone="UTC")
    rule("later", list="new", actions=[do("snooze_until_open", schedule=shut.pk)])
    case = world.says(bob, "hello").case
    assert fresh(case).snoozed_until is None
    assert "do not begin" in Event.objects.get(case_id=case.pk, kind="rule.failed").data["why"]


def test_a_rule_with_the_action_asks_no_further_rules(bob):
    rule("first", list="new", actions=[do("set_priority", priority="high"), do("stop_processing")])
    rule("second", list="new")
    assert fired(world.says(bob, "hello").case) == ["first"]
