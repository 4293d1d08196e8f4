"""The recipes that come with the product, each from the file to the answer in the messenger.

Instead of the clock, what has happened is moved: into the past, or the desk's hours over the present moment.
"""

import json
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Label, Message, Notification
from helpdesk.channels.models import Schedule
from helpdesk.channels.services import schedules
from helpdesk.channels.services.hours import Period
from helpdesk.ops import recipes
from helpdesk.users.models import Agent, AgentStatus, Group, Role
from rules import services as rules
from rules.models import Wait
from tests import world
from tests.journeys.conftest import Desk
from tests.receiver import receiving
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

Cooks = Callable[..., Desk]
HOURS, NIGHT, SOON = "Office hours", "answered out of hours", "closing soon"


@pytest.fixture
def cook(outbox: None, live_server: Any, tmp_path: Path) -> Iterator[Cooks]:
    """A desk with one recipe. changed: what an administrator adapted in the file before importing it."""
    with receiving() as receiver:
        admin = world.admin()
        channel = world.messenger(receiver.url)
        receiver.secret = channel.secret

        def made(key: str, changed: Callable[[dict[str, Any]], None] = lambda data: None) -> Desk:
            data = recipes.find(key).read()
            changed(data)
            path = tmp_path / f"{key}.json"
            path.write_text(json.dumps(data))
            call_command("import_config", str(path), "--apply", verbosity=0)
            ann = world.agent("Ann", sees=[channel.channel_ptr], groups=Group.objects.all())
            return Desk(live_server.url, world.api_key(admin, "admin"), channel, receiver, ann, None)  # type: ignore[arg-type]

        yield made


def hours(*, open_now: bool) -> None:
    """The desk's hours, so that this moment is inside or outside of them."""
    today = timezone.localdate().weekday()
    days = range(7) if open_now else [(today + 3) % 7]
    row = Schedule.objects.get(title=HOURS)
    periods = tuple(Period(day, time(0), time(0)) for day in days)
    schedules.save(schedules.Draft(HOURS, timezone="UTC", periods=periods), by=None, schedule=row)


def passes(case_id: int, **span: int) -> None:
    """Time passes for one case: all of it has happened so much earlier."""
    ago = timedelta(**span)

    def back(rows: Any, *names: str) -> None:
        rows.update(**{name: F(name) - ago for name in names})

    back(Case.objects.filter(pk=case_id), "created_at", "status_at")
    for name in ("last_customer_at", "last_answer_at", "snoozed_until"):
        back(Case.objects.filter(pk=case_id).exclude(**{name: None}), name)
    back(Message.objects.filter(case=case_id), "created_at")
    for name in ("due_at", "rung_for"):
        back(Wait.objects.filter(case=case_id).exclude(**{name: None}), name)


def look() -> None:
    """What the timers do, each some seconds, wherever they run."""
    rules.ring()
    cases.wake_due()


def labels(case_id: int) -> set[str]:
    return set(Label.objects.filter(cases=case_id).values_list("title", flat=True))


def group(desk: Desk, case_id: int) -> str:
    """The title of the group that the case is in."""
    return str(Group.objects.get(pk=desk.case(case_id)["group_id"]).title)


def there(agent: Agent) -> Agent:
    """The agent is available."""
    agent.status, agent.seen_at = AgentStatus.objects.filter(available=True)[0], timezone.now()
    agent.save(update_fields=["status", "seen_at"])
    return agent


def colleague(desk: Desk, name: str) -> Agent:
    return world.agent(name, sees=[desk.channel.channel_ptr], groups=Group.objects.all())


def told(agent: Agent) -> list[str]:
    return list(Notification.objects.filter(agent=agent).order_by("pk").values_list("text", flat=True))


def replies(desk: Desk, case_id: int, text: str) -> None:
    desk.api("POST", f"cases/{case_id}/messages/", {"staff_id": desk.ann.pk, "content": text}, expect=201)


@pytest.mark.seed("000", "setting up different rules for business and non-business hours")
def test_out_of_hours_there_is_one_answer_for_each_case_and_night(cook: Cooks) -> None:
    desk = cook("out_of_hours")
    hours(open_now=False)
    first = desk.writes("bob", "hello")["case_id"]
    assert desk.answers(1)[0].startswith("Thank you for your message! Nobody is here")
    desk.writes("bob", "is nobody there?")
    assert desk.writes("carol", "hello")["case_id"] != first
    assert len(desk.answers(2)) == 2
    assert labels(first) == {NIGHT}
    passes(first, minutes=5)
    look()
    assert labels(first) == {NIGHT}
    hours(open_now=True)
    desk.writes("bob", "good morning")
    passes(first, minutes=5)
    look()
    wait_for(lambda: labels(first) == set())
    hours(open_now=False)
    desk.writes("bob", "once more by night")
    assert len(desk.answers(3)) == 3


def test_out_of_hours_nobody_is_answered_by_a_rule_while_an_agent_works_late(cook: Cooks) -> None:
    desk = cook("out_of_hours")
    hours(open_now=True)
    case = desk.writes("bob", "hello")["case_id"]
    replies(desk, case, "I am here for you")
    hours(open_now=False)
    desk.writes("bob", "thanks")
    assert labels(case) == set()
    assert desk.answers(1) == ["I am here for you"]


def leave_out_ben(data: dict[str, Any]) -> None:
    for rule in data["rules"]:
        for action in rule["actions"]:
            if action["kind"] == "assign_in_turn":
                action["values"]["without"] = ["ben@example.com"]


@pytest.mark.seed("000", "adding actions for automatic distribution of cases among agents")
def test_round_robin_gives_cases_in_turn_to_those_who_are_there(cook: Cooks) -> None:
    ben = world.agent("Ben")
    desk = cook("round_robin", leave_out_ben)
    ben.channels.set([desk.channel.channel_ptr])
    ben.groups.set(Group.objects.all())
    zoe, away = there(colleague(desk, "Zoe")), colleague(desk, "Carl")
    there(ben), there(desk.ann)
    hours(open_now=True)
    given = [desk.case(desk.writes(f"customer {number}", "hello")["case_id"])["staff_id"] for number in range(4)]
    assert given == [desk.ann.pk, zoe.pk, desk.ann.pk, zoe.pk]
    assert away.pk not in given
    hours(open_now=False)
    assert desk.case(desk.writes("by night", "hello")["case_id"])["staff_id"] is None


def test_where_nobody_is_available_the_group_is_told_and_it_is_tried_again(cook: Cooks) -> None:
    desk = cook("round_robin")
    hours(open_now=True)
    case = desk.writes("bob", "hello")["case_id"]
    assert desk.case(case)["staff_id"] is None
    assert group(desk, case) == "Support"
    assert len(told(desk.ann)) == 1
    there(desk.ann)
    passes(case, minutes=9)
    look()
    assert desk.case(case)["staff_id"] is None
    passes(case, minutes=2)
    look()
    wait_for(lambda: desk.case(case)["staff_id"] == desk.ann.pk)
    passes(case, minutes=10)
    look()
    assert len(told(desk.ann)) == 1


def pending(desk: Desk) -> int:
    """A case that Ann has answered and put off as pending."""
    case: int = desk.writes("bob", "my printer is broken")["case_id"]
    replies(desk, case, "Is it on?")
    desk.api("POST", f"cases/{case}/end_chat/", {"status": "pending"})
    return case


def test_a_silent_customer_is_warned_after_three_days_and_the_case_closed_after_two_more(cook: Cooks) -> None:
    desk = cook("auto_close")
    case = pending(desk)
    passes(case, days=2, hours=23)
    look()
    assert labels(case) == set()
    passes(case, hours=1)
    look()
    wait_for(lambda: labels(case) == {SOON})
    assert "three days" in desk.answers(2)[1]
    passes(case, days=1, hours=23)
    look()
    assert desk.case(case)["status"] == "pending"
    passes(case, hours=1)
    look()
    wait_for(lambda: desk.case(case)["status"] == "closed")
    assert "closing this conversation" in desk.answers(3)[2]
    assert labels(case) == set()
    assert desk.writes("bob", "it was off")["case_id"] != case


def test_a_case_that_waited_for_weeks_is_warned_first_and_has_its_two_days(cook: Cooks) -> None:
    desk = cook("auto_close")
    case = pending(desk)
    passes(case, days=30)
    look()
    wait_for(lambda: labels(case) == {SOON})
    look()
    assert desk.case(case)["status"] == "pending"
    assert len(desk.answers(2)) == 2


def test_an_answer_a_second_before_the_end_takes_the_warning_back(cook: Cooks) -> None:
    desk = cook("auto_close")
    case = pending(desk)
    passes(case, days=3)
    look()
    wait_for(lambda: labels(case) == {SOON})
    passes(case, days=1, hours=23, minutes=59, seconds=30)
    desk.writes("bob", "it is on")
    assert labels(case) == set()
    passes(case, seconds=31)
    look()
    assert desk.case(case)["status"] != "closed"
    assert len(desk.answers(2)) == 2
    replies(desk, case, "Is there paper in it?")
    desk.api("POST", f"cases/{case}/end_chat/", {"status": "pending"})
    passes(case, days=3)
    look()
    wait_for(lambda: labels(case) == {SOON})


def test_an_agent_who_answers_after_the_warning_takes_it_back_and_the_clock_starts_anew(cook: Cooks) -> None:
    desk = cook("auto_close")
    case = pending(desk)
    passes(case, days=3)
    look()
    wait_for(lambda: labels(case) == {SOON})
    replies(desk, case, "I have found the manual for you")
    desk.api("POST", f"cases/{case}/end_chat/", {"status": "pending"})
    assert labels(case) == set()
    passes(case, days=2, hours=1)
    look()
    assert desk.case(case)["status"] == "pending"
    assert len(desk.answers(3)) == 3
    passes(case, hours=23)
    look()
    wait_for(lambda: labels(case) == {SOON})


def test_an_answer_a_second_before_three_days_leaves_the_clock_silent(cook: Cooks) -> None:
    desk = cook("auto_close")
    case = pending(desk)
    passes(case, days=2, hours=23, minutes=59)
    desk.writes("bob", "wait, please")
    desk.api("POST", f"cases/{case}/end_chat/", {"status": "pending"})
    passes(case, minutes=1)
    look()
    assert labels(case) == set()
    assert len(desk.answers(1)) == 1


VIP = {"user_email": "bob@example.com", "user_full_name": "Bob Brown", "custom_fields": {"tariff": "VIP"}}


def identifies(desk: Desk, who: str, user: dict[str, Any]) -> int:
    """A customer shows a code; gives the case."""
    code = desk.api("POST", "identification_codes/", {"user": user}, expect=201)["code"]
    case_id: int = desk.writes(who, code)["case_id"]
    return case_id


def test_a_vip_comes_first_and_after_a_quarter_of_an_hour_those_in_charge_are_told(cook: Cooks) -> None:
    desk = cook("vip_escalation")
    hours(open_now=True)
    lead = colleague(desk, "Lea")
    lead.role = Role.objects.get(title="Team lead")
    lead.save(update_fields=["role"])
    lead.groups.set(Group.objects.all())
    desk.writes("bob", "hello")
    case = identifies(desk, "bob", VIP)
    assert (group(desk, case), desk.case(case)["priority"]) == ("VIP", "high")
    assert told(desk.ann) == [f"Bob Brown is waiting in case {Case.objects.get(pk=case).number}."]
    passes(case, minutes=14)
    look()
    assert desk.case(case)["priority"] == "high"
    passes(case, minutes=1)
    look()
    wait_for(lambda: desk.case(case)["priority"] == "critical")
    assert "15 minutes" in told(lead)[-1]
    desk.api("PATCH", f"cases/{case}/", {"status": "closed"})
    again = desk.writes("bob", "hello again")["case_id"]
    assert again != case
    assert group(desk, again) == "VIP"


def test_a_vip_who_is_answered_in_time_is_not_escalated_and_nobody_else_is_a_vip(cook: Cooks) -> None:
    desk = cook("vip_escalation")
    hours(open_now=True)
    case = identifies(desk, "bob", VIP)
    replies(desk, case, "Here I am")
    other = identifies(desk, "carol", {"user_email": "carol@example.com", "custom_fields": {"tariff": "Standard"}})
    for one in (case, other):
        passes(one, hours=1)
    look()
    assert desk.case(case)["priority"] == "high"
    assert (desk.case(other)["priority"], desk.case(other)["group_id"]) == ("normal", None)


def test_out_of_hours_the_quarter_of_an_hour_of_a_vip_does_not_run(cook: Cooks) -> None:
    desk = cook("vip_escalation")
    hours(open_now=False)
    case = identifies(desk, "bob", VIP)
    passes(case, hours=10)
    look()
    assert desk.case(case)["priority"] == "high"


WORDS = [
    ("Guten Tag, ich habe eine Frage", "Deutsch", "Guten Tag! Wir haben Ihre Nachricht bekommen. Jemand, der Deutsch"),
    ("Können Sie mir helfen? Mein Drucker geht nicht", "Deutsch", "Guten Tag!"),
    ("Hello, can you help me with my order?", "English", "Hello! We have got your message. Somebody who speaks"),
    ("Bonjour, j'ai une question", "English", "Hello! We have got your message and answer you here. We speak English"),
    ("12345", "English", "Hello! We have got your message and answer you here. We speak English"),
]


def test_each_language_has_its_group_and_is_answered_in_itself(cook: Cooks) -> None:
    desk = cook("language_routing")
    made = [desk.writes(f"customer {number}", text)["case_id"] for number, (text, _group, _said) in enumerate(WORDS)]
    assert [group(desk, case) for case in made] == [title for _text, title, _said in WORDS]
    came = desk.answers(len(WORDS))
    assert len(came) == len(WORDS)
    by_customer = {one["object"]["custom_user_id"]: one["object"]["content"] for one in desk.receiver.came}
    for number, (_text, _group, said) in enumerate(WORDS):
        assert by_customer[f"customer {number}"].startswith(said)


def test_the_language_that_is_known_counts_more_than_the_words(cook: Cooks) -> None:
    desk = cook("language_routing")
    first = desk.writes("bob", "12345")
    assert group(desk, first["case_id"]) == "English"
    desk.writes("bob", "ich habe eine Frage")
    assert group(desk, first["case_id"]) == "Deutsch"
    desk.api("PATCH", f"users/{first['user_id']}/", {"language_id": "de-AT"})
    desk.api("PATCH", f"cases/{first['case_id']}/", {"status": "closed"})
    second = desk.writes("bob", "Hello, what is the price?")["case_id"]
    assert second != first["case_id"]
    assert group(desk, second) == "Deutsch"
    assert desk.answers(3)[2].startswith("Guten Tag!")
