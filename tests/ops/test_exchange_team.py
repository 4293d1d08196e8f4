"""Roles and statuses in a configuration file, and rules that name them."""

import pytest

from helpdesk.ops import exchange
from helpdesk.users.models import AgentStatus, Role
from rules.models import Rule
from tests.rules.desk import do, rule

pytestmark = pytest.mark.django_db


def test_roles_statuses_and_rules_that_name_them_go_out_and_come_in_again():
    role = Role.objects.create(title="Billing")
    AgentStatus.objects.create(title="Lunch", available=False, position=7)
    rule("Round", list="new", actions=[do("assign_in_turn", roles=[role.pk])])
    data = exchange.export()
    assert data["roles"] == [{"title": "Billing"}]
    assert {"title": "Lunch", "available": False, "position": 7} in data["agent_statuses"]
    Rule.objects.all().delete()
    Role.objects.all().delete()
    AgentStatus.objects.all().delete()
    exchange.load(data, keep=True)
    (action,) = Rule.objects.get().actions.all()
    assert action.values["roles"] == [Role.objects.get().pk]
    assert AgentStatus.objects.count() == 4
    assert {step.verb for step in exchange.load(data, keep=True)} == {"same"}
