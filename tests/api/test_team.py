"""Who answers, what they do, whether they are there, and what asks them to look, over the API."""

from typing import Any

import pytest

from helpdesk.cases import services as cases
from helpdesk.events.models import Event
from helpdesk.users.models import Agent, AgentStatus, Role
from helpdesk.users.services import agents
from tests import world
from tests.rules.desk import do, rule

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel() -> Any:
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def ann(channel: Any) -> Agent:
    return world.agent("Ann", sees=[channel])


@pytest.fixture
def api(as_key: Any, ann: Agent) -> Any:
    return as_key(world.api_key(ann, "write"))


@pytest.fixture
def ada(as_key: Any) -> Any:
    return as_key(world.api_key(world.admin(), "admin"))


def test_the_team_with_roles_and_who_is_there(api, ann):
    agents.set_role(ann, Role.objects.create(title="Billing"), by=None)
    found = next(one for one in api.get("staff/")["results"] if one["staff_id"] == ann.pk)
    assert (found["role"], found["status"], found["available"]) == ("Billing", "Online", False)
    agents.seen(ann.pk)
    assert api.get(f"staff/{ann.pk}/")["available"] is True


def test_an_agents_own_status_is_changed_with_the_agents_key(api, ada, ann):
    busy = AgentStatus.objects.get(title="Busy")
    answer = api.patch(f"staff/{ann.pk}/", {"status_id": busy.pk})
    assert (answer["status_id"], answer["status"]) == (busy.pk, "Busy")
    event = Event.objects.get(kind="agent.status_changed")
    assert (event.actor_id, event.via) == (ann.pk, "api")
    other = world.agent("Ben")
    api.patch(f"staff/{other.pk}/", {"status_id": busy.pk}, expect=403)
    assert ada.patch(f"staff/{other.pk}/", {"status_id": None})["status"] is None


@pytest.mark.parametrize("body", [{"status_id": 999}, {"status_id": "x"}, {"status_id": True}, {}, {"role_id": 1}])
def test_a_status_that_does_not_exist_is_refused_at_its_field(api, ann, body):
    api.patch(f"staff/{ann.pk}/", body, expect=400)


def test_roles_and_statuses_are_made_changed_and_deleted_by_administrators(ada, api):
    role = ada.post("roles/", {"title": "Billing"})
    assert api.get("roles/")["results"] == [role]
    assert ada.patch(f"roles/{role['role_id']}/", {"title": "Invoices"})["title"] == "Invoices"
    ada.post("roles/", {"title": "Invoices"}, expect=400)
    ada.call("DELETE", f"roles/{role['role_id']}/", expect=204)
    made = ada.post("agent_statuses/", {"title": "Lunch", "available": False, "position": 9})
    assert api.get("agent_statuses/")["results"][0] == made
    ada.patch(f"agent_statuses/{made['status_id']}/", {"position": -1}, expect=400)
    ada.patch("agent_statuses/999/", {"title": "x"}, expect=404)


def test_a_role_that_a_rule_names_is_not_deleted_and_the_answer_says_why(ada):
    role = Role.objects.create(title="Billing")
    rule("Invoices", list="new", actions=[do("assign_in_turn", roles=[role.pk])])
    answer = ada.call("DELETE", f"roles/{role.pk}/", expect=409)
    assert answer["code"] == "still_needed"
    assert "Invoices" in answer["needed_by"][0]


def test_notifications_are_listed_and_read(api, as_key, ann, channel):
    ben = world.agent("Ben", sees=[channel])
    case = world.says(world.customer(channel), "hello").case
    for number in range(3):
        cases.note(case, f"@Ann number {number}", by=ben)
    found = api.get("notifications/?limit=2")
    assert [one["text"] for one in found["results"]] == ["Ben: @Ann number 2", "Ben: @Ann number 1"]
    assert found["results"][0]["case_number"] == case.number
    (last,) = api.get(f"notifications/?cursor={found['next']}")["results"]
    assert api.post(f"notifications/{last['notification_id']}/read/", {}, expect=200)["read_at"]
    assert len(api.get("notifications/?unread=true")["results"]) == 2
    assert api.post("notifications/read_all/", {}, expect=200) == {"read": 2}
    assert api.get("notifications/?unread=true")["results"] == []
    as_key(world.api_key(ben)).post(f"notifications/{last['notification_id']}/read/", {}, expect=404)
