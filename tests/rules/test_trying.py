"""A rule is tried out: it says what it sees and would do, and nothing of it stays or leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.events.models import Event
from helpdesk.outbox.models import Job
from rules import services
from rules.drafts import Draft, Step, Term
from rules.models import Run
from tests import world

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

HELLO = Step("send_message", {"texts": {"en": "Hello {{ user.name }}"}})
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
    assert trial.done == []


def test_what_the_actions_would_do_is_told_and_nothing_of_it_stays_or_leaves(case):
    before = everything()
    steps = (HELLO, Step("set_priority", {"priority": "high"}), Step("end_chat", {"status": "pending"}))
    trial = services.on_case(draft(OPEN, steps=steps), case)
    assert trial.matches
    assert trial.done[0].startswith("Send a message to the user")
    assert any("high" in line for line in trial.done)
    assert everything() == before


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
