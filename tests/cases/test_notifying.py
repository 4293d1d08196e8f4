"""Telling agents to look: in the inbox, by mail; those who may see the case and nobody else."""

from typing import Any

import pytest
from django.core import mail

from helpdesk.cases import services as cases
from helpdesk.cases.actions import ACTIONS
from helpdesk.cases.models import Case, Notification
from helpdesk.cases.services import notifying
from helpdesk.events.models import Event
from helpdesk.lib.fields import WrongValues
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job, Lane, State
from helpdesk.users.models import Agent, Profile, Role
from helpdesk.users.services import agents
from tests import world
from tests.rules.desk import do, rule, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Any:
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def bob(channel: Any) -> Profile:
    return world.customer(channel)


@pytest.fixture
def ann(channel: Any) -> Agent:
    return world.agent("Ann", sees=[channel])


@pytest.fixture
def case(bob: Profile, ann: Agent) -> Case:
    case = world.says(bob, "hello").case
    return cases.set_subject(case, "Invoice\u2028 4471", by=ann)


def told() -> list[tuple[str, str, bool]]:
    rows = Notification.objects.order_by("pk").select_related("agent")
    return [(row.agent.name, row.text, row.read_at is not None) for row in rows]


def deliver() -> None:
    for lane in Lane.objects.filter(key__startswith="notice:"):
        outbox.drain(lane.pk)


def test_those_who_see_the_case_get_a_line_each_once(case, ann):
    eve = world.agent("Eve")
    got = cases.notify(case, [ann, eve, ann], "Look, please", by=None)
    assert got == [ann]
    assert told() == [("Ann", "Look, please", False)]
    event = Event.objects.get(kind="case.notified")
    assert (event.data["agents"], event.data["names"]) == ([ann.pk], ["Ann"])
    assert not Job.objects.filter(kind="notify_by_mail").exists()


def test_where_nobody_can_be_told_the_timeline_says_so(case):
    assert cases.notify(case, [world.agent("Eve")], "Look", by=None) == []
    assert Event.objects.filter(case_id=case.pk, kind="case.nobody_notified").exists()
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_mail_says_which_case_and_what_and_nothing_of_the_customers_words(case, ann):
    cases.notify(case, [ann], "Look, please", how="both", by=None)
    assert mail.outbox == [], "never in the request"
    deliver()
    (sent,) = mail.outbox
    assert sent.to == ["ann@example.com"]
    assert sent.subject == f"[{case.number}] Invoice 4471"
    assert sent.body == f"Look, please\n\nhttp://localhost:8000/cases/{case.number}/\n"
    assert told() == [("Ann", "Look, please", False)]


@pytest.mark.django_db(transaction=True)
def test_by_mail_alone_it_stands_among_what_was_read(case, ann):
    cases.notify(case, [ann], "Look, please", how="mail", by=None)
    deliver()
    assert told() == [("Ann", "Look, please", True)]
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["switched off", "sees it no more"])
def test_no_mail_goes_to_somebody_who_may_not_see_the_case_any_more(case, ann, channel, change):
    cases.notify(case, [ann], "Look, please", how="mail", by=None)
    if change == "switched off":
        Agent.objects.filter(pk=ann.pk).update(is_active=False)
    else:
        ann.channels.clear()
    deliver()
    assert mail.outbox == []
    assert Job.objects.get(kind="notify_by_mail").state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_away_is_tried_again(case, ann, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    cases.notify(case, [ann], "Look, please", how="mail", by=None)
    deliver()
    job = Job.objects.get(kind="notify_by_mail")
    assert (job.state, job.attempts) == (State.WAITING, 1)


def test_a_long_text_is_cut(case, ann):
    cases.notify(case, [ann], "word " * 1000, by=None)
    ((_name, text, _read),) = told()
    assert len(text) <= notifying.LIMIT


def test_one_and_all_are_read_by_their_own_agent_only(case, ann, channel):
    ben = world.agent("Ben", sees=[channel])
    for number in range(3):
        cases.notify(case, [ann, ben], f"number {number}", by=None)
    first = Notification.objects.filter(agent=ann).earliest("pk")
    with pytest.raises(Notification.DoesNotExist):
        notifying.read_one(ben, first.pk)
    assert notifying.read_one(ann, first.pk).case == case
    assert notifying.read_all(ann) == 2
    assert Notification.objects.filter(agent=ben, read_at=None).count() == 3


def test_what_an_agent_may_not_see_any_more_is_not_shown(case, ann):
    cases.notify(case, [ann], "Look, please", by=None)
    assert Notification.objects.visible_to(ann).unread().count() == 1
    ann.channels.clear()
    assert not Notification.objects.visible_to(ann).exists()


# — the action —


def test_a_rule_tells_agents_groups_roles_and_the_assignee_each_once(bob, ann, channel):
    ben = world.agent("Ben", sees=[channel], groups=[world.group("Support")])
    carl = world.agent("Carl", sees=[channel])
    role = Role.objects.create(title="Lead")
    agents.set_role(carl, role, by=None)
    rule(
        "Tell",
        list="new",
        actions=[
            do("assign", agent=ann.pk),
            do(
                "notify",
                who=["assignee"],
                agents=[ann.pk, ben.pk],
                groups=[world.group("Support").pk],
                roles=[role.pk],
                how="inbox",
                text="{{ user.name | Somebody }} wrote",
            ),
        ],
    )
    world.says(bob, "hello")
    assert told() == [(name, "Somebody wrote", False) for name in ("Ann", "Ben", "Carl")]
    assert Event.objects.get(kind="case.notified").actor_kind == "rule"


@pytest.mark.django_db(transaction=True)
def test_a_rule_mails_whom_the_note_names(bob, ann, channel):
    ben = world.agent("Ben", sees=[channel])
    rule(
        "Mail",
        all=[when("note.mentions", "not_empty")],
        actions=[do("notify", who=["mentioned"], how="mail", text="You are wanted in {{ case.number }}")],
    )
    case = world.says(bob, "hello").case
    cases.note(case, "@Ben", by=ann)
    deliver()
    assert [one.to for one in mail.outbox] == [[ben.email]]
    assert mail.outbox[0].body.startswith(f"You are wanted in {case.number}")


def test_a_rule_with_nobody_to_tell_goes_on(bob):
    steps = [do("notify", who=["assignee", "mentioned"], how="both", text="x"), do("set_priority", priority="high")]
    rule("Tell", list="new", actions=steps)
    case = world.says(bob, "hello").case
    assert Case.objects.get(pk=case.pk).priority == "high"
    assert Event.objects.filter(kind="case.nobody_notified").count() == 1


def test_what_cannot_be_told_is_refused_at_its_input():
    def wrong(**values: Any) -> set[str]:
        with pytest.raises(WrongValues) as caught:
            ACTIONS.get("notify").parse(values)
        return set(caught.value.errors)

    assert wrong(how="inbox", text="x") == {"who"}
    assert wrong(who=["assignee"], how="pigeon", text="") == {"how", "text"}
    assert wrong(agents=[999], how="inbox", text="[user_nothing]") == {"agents", "text"}


def test_who_writes_without_end_fills_no_mailbox(case, ann):
    for number in range(notifying.MOST_MAILS + 3):
        cases.notify(case, [ann], f"Look, please ({number})", how=notifying.BOTH, by=None)
    assert Job.objects.filter(kind="notify_by_mail").count() == notifying.MOST_MAILS
    assert len(told()) == notifying.MOST_MAILS + 3, "the inbox shows all"
