"""Who is there: statuses, signs of life of open inboxes, and what both together mean."""

from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.utils import timezone

from helpdesk.events.models import Event
from helpdesk.users.apps import built_in
from helpdesk.users.models import Agent, AgentStatus, Role
from helpdesk.users.services import agents
from tests import world

pytestmark = pytest.mark.django_db


def status(title: str) -> AgentStatus:
    return AgentStatus.objects.get(title=title)


def fresh(agent: Agent) -> Agent:
    return Agent.objects.get(pk=agent.pk)


def there(agent: Agent) -> bool:
    """Both spellings of the question, which have to agree."""
    asked = Agent.objects.available().filter(pk=agent.pk).exists()
    assert fresh(agent).is_available == asked
    return asked


@pytest.fixture
def ann() -> Agent:
    return world.agent("Ann")


def test_every_desk_has_statuses_and_new_agents_are_online():
    assert list(AgentStatus.objects.values_list("title", "available")) == [
        ("Online", True),
        ("Busy", False),
        ("Away", False),
    ]
    assert world.agent("Ann").status == status("Online")


def test_statuses_that_an_admin_has_made_are_left_alone_by_the_next_migration(ann):
    AgentStatus.objects.all().delete()
    lunch = AgentStatus.objects.create(title="Lunch", available=False)
    built_in(apps.get_app_config("users"), using="default")
    assert list(AgentStatus.objects.all()) == [lunch]
    AgentStatus.objects.all().delete()
    built_in(apps.get_app_config("users"), using="default")
    assert fresh(ann).status == status("Online"), "whoever was there before is online"


def test_an_agent_is_available_with_an_open_inbox_and_a_status_that_says_so(ann):
    assert not there(ann), "nobody has opened an inbox yet"
    agents.seen(ann.pk)
    assert there(ann)
    agents.set_status(ann, status("Busy"), by=ann)
    assert not there(ann)
    agents.set_status(ann, None, by=ann)
    assert not there(ann)
    agents.set_status(ann, status("Online"), by=ann)
    assert there(ann)


def test_whoever_was_switched_off_is_not_available(ann):
    agents.seen(ann.pk)
    Agent.objects.filter(pk=ann.pk).update(is_active=False)
    assert not there(ann)


def test_an_inbox_that_was_shut_ten_minutes_ago_is_nobody_there(ann):
    agents.seen(ann.pk)
    with time_machine.travel(timezone.now() + timedelta(minutes=9), tick=False):
        assert there(ann)
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert not there(ann)


def test_a_sign_of_life_is_written_once_a_minute_and_told_to_nobody(ann):
    before = Event.objects.count()
    assert agents.seen(ann.pk) == 1
    assert agents.seen(ann.pk) == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert agents.seen(ann.pk) == 1
    assert Event.objects.count() == before


def test_a_page_of_the_inbox_is_a_sign_of_life_and_a_sign_out_ends_it(ann):
    client = Client()
    client.force_login(ann)
    assert fresh(ann).seen_at is None
    client.get("/")
    assert there(ann)
    client.post("/accounts/logout/")
    assert not there(ann)


def test_the_api_is_no_open_inbox(ann):
    key = world.api_key(ann)
    Client().get("/api/v1/cases/", headers={"Authorization": f"Bearer {key}"})
    assert fresh(ann).seen_at is None


def test_a_new_status_is_told_once_with_both_sides(ann):
    online, away = status("Online"), status("Away")
    agents.set_status(ann, away, by=ann)
    agents.set_status(ann, away, by=ann)
    event = Event.objects.get(kind="agent.status_changed")
    assert event.actor == ("agent", ann.pk)
    assert event.data == {"agent": ann.pk, "old": online.pk, "new": away.pk, "status": "Away"}
    assert fresh(ann).status_at is not None


def test_a_role_is_told_and_a_deleted_one_leaves_its_agents_without(ann):
    role = Role.objects.create(title="Billing")
    agents.set_role(ann, role, by=None)
    assert Event.objects.get(kind="agent.role_changed").data["role"] == "Billing"
    role.delete()
    assert fresh(ann).role is None
