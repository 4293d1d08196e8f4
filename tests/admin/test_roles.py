"""Roles and statuses: what Ada sets up, and what an agent's page says of both."""

from helpdesk.events.models import Event
from helpdesk.users.models import Agent, AgentStatus, Role
from helpdesk.users.services import agents
from tests import world
from tests.rules.desk import do, rule


def kinds() -> list[str]:
    return list(Event.objects.filter(kind__startswith="agent.").order_by("pk").values_list("kind", flat=True))


def test_a_role_is_made_and_given_to_an_agent_without_ending_the_agents_streams(admin):
    admin.open("users/role/add/").send(title="Billing")
    role, ann = Role.objects.get(), world.agent("Ann")
    before = len(kinds())
    admin.open(f"users/agent/{ann.pk}/change/").send(role=str(role.pk))
    assert Agent.objects.get(pk=ann.pk).role == role
    assert kinds()[before:] == ["agent.role_changed"]
    assert "Ann" in admin.open("users/role/").text
    assert "Billing" in admin.open("users/agent/").text


def test_a_status_set_by_an_administrator_is_told_as_hers(admin, ada):
    ann = world.agent("Ann")
    busy = AgentStatus.objects.get(title="Busy")
    admin.open(f"users/agent/{ann.pk}/change/").send(status=str(busy.pk))
    event = Event.objects.get(kind="agent.status_changed")
    assert (event.actor_id, event.data["new"]) == (ada.pk, busy.pk)


def test_a_new_agent_is_online_unless_something_else_is_chosen(admin):
    admin.open("users/agent/add/").send(name="Ann", email="ann@example.com")
    assert str(Agent.objects.get(email="ann@example.com").status) == "Online"


def test_a_status_has_a_page_and_says_who_would_be_left_without(admin):
    admin.open("users/agentstatus/add/").send(title="Lunch", available="", position="3")
    lunch = AgentStatus.objects.get(title="Lunch")
    agents.set_status(world.agent("Ann"), lunch, by=None)
    assert "1 agent has no status then" in admin.open(f"users/agentstatus/{lunch.pk}/delete/").text


def test_a_role_that_a_rule_gives_cases_to_says_so_before_it_goes(admin):
    role = Role.objects.create(title="Billing")
    rule("Invoices", list="new", actions=[do("assign_in_turn", roles=[role.pk])])
    assert "Invoices" in admin.open(f"users/role/{role.pk}/delete/").text
