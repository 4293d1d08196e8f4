"""Giving cases out: in turn, to the least loaded, by role; and what happens where nobody is there."""

from typing import Any

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases.actions import ACTIONS
from helpdesk.cases.models import Case, Turn
from helpdesk.cases.services import Pool, reading
from helpdesk.events.models import Event
from helpdesk.lib.fields import WrongValues
from helpdesk.users.models import Agent, AgentStatus, Profile, Role
from helpdesk.users.services import agents, identity, profiles
from tests import world
from tests.rules.desk import do, rule, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Any:
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def team(channel: Any) -> list[Agent]:
    """Made in an order that is not that of their names; all are there."""
    made = [world.agent(name, sees=[channel]) for name in ("Carl", "Ann", "Ben")]
    agents.seen(*(one.pk for one in made))
    return sorted(made, key=lambda one: one.name)


@pytest.fixture
def bob(channel: Any) -> Profile:
    return world.customer(channel)


def fresh(case: Case) -> Case:
    return Case.objects.select_related("assignee", "chat_agent").get(pk=case.pk)


def new(channel: Any, number: int) -> Case:
    return world.says(world.customer(channel, f"customer-{number}"), "hello").case


def kinds(case: Case) -> list[str]:
    return list(Event.objects.filter(case_id=case.pk).order_by("pk").values_list("kind", flat=True))


def given(case: Case) -> str:
    return str(fresh(case).assignee)


def turn(channel: Any, number: int, pool: Pool | None = None) -> str:
    return given(cases.assign_in_turn(new(channel, number), pool or Pool(), by=None))


def test_cases_go_round_by_name(channel, team):
    assert [turn(channel, n) for n in range(7)] == ["Ann", "Ben", "Carl", "Ann", "Ben", "Carl", "Ann"]


def test_whoever_is_away_loses_the_turn_and_nobody_else_does(channel, team):
    ann, ben, _carl = team
    assert turn(channel, 0) == "Ann"
    agents.set_status(ben, AgentStatus.objects.get(title="Away"), by=ben)
    assert turn(channel, 1) == "Carl"
    agents.set_status(ben, AgentStatus.objects.get(title="Online"), by=ben)
    assert [turn(channel, n) for n in (2, 3)] == ["Ann", "Ben"]
    agents.gone(ann)
    assert [turn(channel, n) for n in (4, 5)] == ["Carl", "Ben"]


def test_turns_go_on_after_somebody_was_renamed_or_their_row_is_gone(channel, team):
    assert turn(channel, 0) == "Ann"
    Turn.objects.update(last=None)
    assert turn(channel, 1) == "Ann"


def test_excluded_agents_and_those_without_the_role_or_group_get_nothing(channel, team):
    ann, ben, carl = team
    role, vip = Role.objects.create(title="Billing"), world.group("VIP")
    agents.set_role(ben, role, by=None)
    agents.give_access(carl, groups=[vip], by=None)
    assert [turn(channel, n, Pool(without=[ann.pk])) for n in range(3)] == ["Ben", "Carl", "Ben"]
    assert [turn(channel, n, Pool(roles=[role.pk])) for n in (3, 4)] == ["Ben", "Ben"]
    assert [turn(channel, n, Pool(groups=[vip.pk])) for n in (5, 6)] == ["Carl", "Carl"]


def test_only_who_sees_the_case_is_asked(channel, team):
    eve = world.agent("Aaron")
    agents.seen(eve.pk)
    assert turn(channel, 0) == "Ann", "Aaron does not see the channel"
    case = new(channel, 1)
    cases.set_group(case, world.group("VIP"), by=None)
    agents.give_access(team[2], groups=[world.group("VIP")], by=None)
    assert given(cases.assign_in_turn(case, Pool(), by=None)) == "Carl"


@pytest.mark.both
def test_who_sees_a_case_is_the_same_question_as_which_cases_an_agent_sees(channel, team):
    vip = world.group("VIP")
    agents.give_access(team[0], groups=[vip], by=None)
    world.admin()
    world.agent("Eve")
    grouped, assigned, free = (new(channel, n) for n in range(3))
    for case in (grouped, assigned):
        cases.set_group(case, vip, by=None)
    cases.assign(assigned, team[1], by=None)
    Agent.objects.filter(pk=team[2].pk).update(is_active=False)
    for case in (grouped, assigned, free):
        sees = {one.pk for one in Agent.objects.all() if reading.seen_by(one).filter(pk=case.pk).exists()}
        assert set(reading.who_sees(fresh(case)).values_list("pk", flat=True)) == sees


def test_nobody_there_changes_nothing_and_is_said_in_the_timeline(channel, bob):
    world.agent("Ann", sees=[channel])
    case = world.says(bob, "hello").case
    cases.assign_in_turn(case, Pool(), by=None)
    cases.assign_least_loaded(case, Pool(), by=None)
    assert fresh(case).assignee is None
    assert kinds(case).count("case.nobody_available") == 2
    assert not Turn.objects.exists()


def test_the_least_loaded_gets_the_case_and_equals_take_turns(channel, team):
    ann, ben, carl = team
    for number in range(3):
        cases.assign(new(channel, number), ann, by=None)
    cases.assign(new(channel, 3), ben, by=None)
    closed = new(channel, 4)
    cases.assign(closed, carl, by=None)
    cases.set_status(closed, "closed", by=None)
    got = [given(cases.assign_least_loaded(new(channel, 5 + n), Pool(), by=None)) for n in range(5)]
    assert got == ["Carl", "Ben", "Carl", "Ben", "Carl"]


def test_a_case_does_not_count_against_the_one_who_has_it(channel, team):
    ann, *_others = team
    case = new(channel, 0)
    cases.assign(case, ann, by=None)
    assert given(cases.assign_least_loaded(case, Pool(), by=None)) == "Ann"


def test_a_chat_is_fixed_to_an_agent_in_the_name_of_the_rule(channel, bob, team):
    case = world.says(bob, "hello").case
    cases.fix_chat(case, team[1], by=None)
    assert fresh(case).chat_agent == team[1]
    assert fresh(case).assignee is None, "that is another thing"
    assert Event.objects.get(kind="chat.fixed").data["name"] == "Ben"
    cases.fix_chat(case, team[1], by=None)
    assert kinds(case).count("chat.fixed") == 1


def test_an_agent_who_takes_a_chat_has_taken_it(channel, bob, team):
    case = world.says(bob, "hello").case
    cases.take_chat(case, team[0], by=team[0])
    assert "chat.taken" in kinds(case)


def test_chats_are_fixed_in_turn(channel, team):
    got = [cases.fix_chat_in_turn(new(channel, n), Pool(), by=None) for n in range(4)]
    assert [str(fresh(case).chat_agent) for case in got] == ["Ann", "Ben", "Carl", "Ann"]


def test_where_no_chat_is_under_way_none_is_fixed_and_it_is_said(channel, bob, team):
    case = world.says(bob, "hello").case
    cases.end_chat(case, "open", by=None)
    cases.fix_chat(case, team[0], by=None)
    cases.fix_chat_in_turn(case, Pool(), by=None)
    assert fresh(case).chat_agent is None
    assert kinds(case).count("chat.none_to_fix") == 2


def test_a_chat_is_not_fixed_to_somebody_who_would_not_see_it(channel, bob):
    case = world.says(bob, "hello").case
    cases.fix_chat(case, world.agent("Eve"), by=None)
    assert fresh(case).chat_agent is None
    assert kinds(case)[-1] == "case.nobody_available"


@pytest.mark.parametrize("kind", ["assign_in_turn", "assign_least_loaded", "fix_chat_in_turn"])
def test_a_rule_gives_new_cases_out(channel, team, kind):
    rule("Round", list="new", actions=[do(kind, without=[team[0].pk])])
    case = new(channel, 0)
    assert str(fresh(case).chat_agent if kind == "fix_chat_in_turn" else fresh(case).assignee) == "Ben"


def test_a_rule_fixes_a_chat_to_an_agent(channel, team):
    rule("Ben's", list="new", actions=[do("fix_chat", agent=team[1].pk)])
    assert fresh(new(channel, 0)).chat_agent == team[1]


def test_a_role_that_is_gone_is_refused_at_its_input():
    with pytest.raises(WrongValues) as caught:
        ACTIONS.get("assign_in_turn").parse({"roles": [999]})
    assert set(caught.value.errors) == {"roles"}
    parsed = ACTIONS.get("assign_in_turn").parse({"roles": [], "groups": None})
    assert parsed == {"roles": None, "groups": None, "without": None}


def test_a_rule_that_gives_out_several_cases_of_one_occasion_locks_them_before_the_turn(channel, bob, team):
    """A sign-in touches all cases of a profile: each of them is given out, in one occasion."""
    rule("Round", actions=[do("assign_in_turn")], all=[when("case.assignee", "empty")])
    mail = world.messenger("http://127.0.0.1:9/hook", sync=False)
    carol = world.customer(mail, "carol")
    for agent in team:
        agents.give_access(agent, channels=[mail], by=None)
    Event.objects.filter(kind="rule.fired").delete()
    opened = [world.says(carol, f"matter {n}", new_case=True).case for n in range(3)]
    identity.prove(carol, profiles.meet("external", "4711", level=3), method="api", level=3, evidence={}, by=None)
    assert sorted(given(case) for case in opened) == ["Ann", "Ben", "Carl"]
    assert not Event.objects.filter(kind="occasion.failed").exists()
