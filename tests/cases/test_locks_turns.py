"""Cases that come in at the same moment are given out evenly, on each database."""

from collections import Counter
from typing import Any

import pytest

from helpdesk.cases.models import Case, Turn
from helpdesk.events.models import Event
from helpdesk.users.services import agents
from tests import world
from tests.rules.desk import do, rule
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

MANY, TEAM = 50, 5


@pytest.fixture
def channel(transactional_db: None) -> Any:
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.mark.parametrize("kind", ["assign_in_turn", "assign_least_loaded"])
def test_fifty_cases_at_once_are_spread_evenly(channel: Any, kind: str) -> None:
    made = [world.agent(f"Agent{number}", sees=[channel]) for number in range(TEAM)]
    agents.seen(*(one.pk for one in made))
    rule("Round", list="new", actions=[do(kind)])
    people = [world.customer(channel, f"customer-{number}") for number in range(MANY)]
    at_once(lambda one: world.says(one, "hello"), people)
    got = Counter(Case.objects.values_list("assignee", flat=True))
    assert got == dict.fromkeys((one.pk for one in made), MANY // TEAM)
    assert not Event.objects.filter(kind="occasion.failed").exists()
    assert Turn.objects.count() == 1
