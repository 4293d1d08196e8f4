"""Naming colleagues in a note: whom it means, who is told, and what rules see of it."""

from typing import Any

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case, Mention, Notification
from helpdesk.cases.services import mentions
from helpdesk.events.models import Event
from helpdesk.lib.fields import FIELDS
from helpdesk.users.models import Agent, Profile, Role
from helpdesk.users.services import agents
from tests import world
from tests.rules.desk import do, fired, rule, when

pytestmark = pytest.mark.django_db

NAMES = {
    "ann": {1},
    "ann smith": {2},
    "ann@example.com": {1},
    "ben (berlin)": {3},
    "support": {1, 2},
    "strasse": {4},
}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("@Ann look", {1}),
        ("look, @ANN SMITH!", {2}),
        ("@ann@example.com", {1}),
        ("(@Ben (Berlin))", {3}),
        ("@Support and @Ben (Berlin)", {1, 2, 3}),
        ("@Straße", {4}),
        ("@Ann's idea", {1}),
        ("@Anna", set()),
        ("@Ann_1", set()),
        ("bob@ann.example", set()),
        ("@", set()),
        ("@ Ann", set()),
        ("Ann", set()),
        ("@@Ann", {1}),
    ],
)
def test_whom_a_text_names(text, ids):
    assert mentions.named(text, NAMES) == ids


def test_a_text_full_of_signs_is_read_up_to_a_limit():
    assert mentions.named("@" * 100_000 + "Ann", NAMES) == set()
    assert mentions.named("x@" * 150 + " @Ann", NAMES) == {1}


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
def ben(channel: Any) -> Agent:
    return world.agent("Ben", sees=[channel], groups=[world.group("Support")])


@pytest.fixture
def case(bob: Profile) -> Case:
    return world.says(bob, "hello").case


def told(agent: Agent) -> list[str]:
    return list(Notification.objects.filter(agent=agent).order_by("pk").values_list("text", flat=True))


def test_who_is_named_is_kept_and_told_once(case, ann, ben):
    note = cases.note(case, "@Ben can you look? @ben@example.com @Support", by=ann)
    assert list(Mention.objects.filter(message=note).values_list("agent__name", flat=True)) == ["Ben"]
    assert told(ben) == ["Ann: @Ben can you look? @ben@example.com @Support"]
    event = Event.objects.get(kind="case.mentioned")
    assert (event.data["agents"], event.message_id) == ([ben.pk], note.pk)


def test_nobody_is_told_of_their_own_words(case, ann, ben):
    note = cases.note(case, "@Ann: do not forget", by=ann)
    assert [one.agent for one in note.mentions.all()] == [ann]
    assert told(ann) == []
    assert not Event.objects.filter(kind="case.mentioned").exists()


def test_somebody_who_does_not_see_the_case_is_not_named(case, ann):
    eve = world.agent("Eve", groups=[world.group("Support")])
    gone = world.agent("Gone", sees=[case.channel])
    Agent.objects.filter(pk=gone.pk).update(is_active=False)
    note = cases.note(case, "@Eve @Support @Gone", by=ann)
    assert not note.mentions.exists()
    assert told(eve) == told(gone) == []


def test_a_note_of_a_rule_and_a_customers_message_name_nobody(case, bob, ben):
    rule("Note", actions=[do("add_note", text="@Ben, [user_full_name]")])
    world.says(bob, "@Ben help")
    assert case.messages.filter(note=True, text__startswith="@Ben").exists()
    assert not Mention.objects.exists()


def test_a_note_without_the_sign_costs_nothing_more(case, ann, ben, django_assert_max_num_queries):
    cases.note(case, "the rules are read with the first one", by=ann)
    with django_assert_max_num_queries(100) as plain:
        cases.note(case, "for later", by=ann)
    with django_assert_max_num_queries(100) as signed:
        cases.note(case, "for later @ noon", by=ann)
    assert len(signed) - len(plain) == 2, "who sees it, and in which groups they are"


def test_what_can_follow_the_sign(case, ann, ben):
    world.agent("Eve")
    other = world.agent("Ben2", sees=[case.channel])
    Agent.objects.filter(pk=other.pk).update(name="Ben")
    assert mentions.titles_for(case) == [
        ("Ann", "agent"),
        ("ben2@example.com", "agent"),
        ("ben@example.com", "agent"),
        ("Support", "group"),
    ]


def seen(case: Case, key: str) -> Any:
    """What the field sees after the last note."""
    events = [Event.objects.filter(case_id=case.pk, kind="message.added").latest("pk")]
    field = next(one for one in FIELDS if one.key == key)
    return field.getter(Facts(Case.objects.select_related("assignee__status").get(pk=case.pk), events))


def test_rules_see_whom_the_note_names(case, ann, ben):
    role = Role.objects.create(title="Billing")
    agents.set_role(ben, role, by=None)
    agents.seen(ann.pk)
    cases.assign(case, ben, by=None)
    cases.note(case, "@Ben", by=ann)
    assert seen(case, "note.mentions") == {ben.pk}
    assert seen(case, "note.mentions_roles") == {role.pk}
    assert seen(case, "note.mentions_groups") == set(ben.groups.values_list("pk", flat=True)) != set()
    assert seen(case, "note.mentions_statuses") == {ben.status_id}
    assert seen(case, "note.mentions_assignee") is True
    assert seen(case, "note.mentions_available") is False
    assert seen(case, "note.mentions_unavailable") is True
    cases.note(case, "@Ann", by=ann)
    assert seen(case, "note.mentions_available") is True
    assert seen(case, "note.mentions_unavailable") is False
    assert seen(case, "note.mentions_assignee") is False
    cases.note(case, "nobody", by=ann)
    assert seen(case, "note.mentions") == frozenset()
    assert seen(case, "note.mentions_roles") == frozenset()


def test_rules_see_how_the_assignee_is(case, ann):
    assert seen(case, "case.assignee_available") is False
    assert seen(case, "case.assignee_role") is None
    cases.assign(case, ann, by=None)
    agents.set_role(ann, Role.objects.create(title="Billing"), by=None)
    assert seen(case, "case.assignee_available") is False
    agents.seen(ann.pk)
    assert seen(case, "case.assignee_available") is True
    assert (seen(case, "case.assignee_role"), seen(case, "case.assignee_status")) == (ann.role_id, ann.status_id)


def test_a_rule_answers_a_mention_of_somebody_who_is_away(case, ann, ben):
    rule(
        "Away",
        all=[when("note.mentions", "has_any", [ben.pk]), when("note.mentions_unavailable", "yes")],
        actions=[do("set_priority", priority="critical")],
    )
    cases.note(case, "@Ann", by=ben)
    assert fired(case) == []
    cases.note(case, "@Ben", by=ann)
    assert fired(case) == ["Away"]
