"""A rule has the user looked up in the company's own database."""

from typing import Any

import pytest
from pytest_django import Settings

from channels_custom.models import CustomChannel
from helpdesk.events.models import Event
from tests import world
from tests.identification import databases
from tests.rules.desk import do, rule, when

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.fixture
def again() -> Any:
    """A rule that looks up whoever writes "again"."""
    word = when("message.text", "contains_any", ["again"])
    return rule("look up", list="updated", all=[word], actions=[do("start_look_up")])


def told() -> list[tuple[str, str]]:
    events = Event.objects.filter(kind__in=("look_up.started", "look_up.not_started")).order_by("pk")
    return [(event.kind, event.data.get("why", "")) for event in events]


def test_a_rule_asks_for_the_users_data(messenger: CustomChannel, again: Any) -> None:
    with databases.database() as there:
        databases.of(messenger, there.url)
        account = world.customer(messenger, "A-1001")
        world.says(account, "hello")
        assert databases.work() == 1
        world.says(account, "once again")
        assert databases.work() == 1, "although the first answer is still good"
        assert len(there.lines) == 2
    assert told() == [("look_up.started", "")]


def test_where_nobody_can_be_asked_the_timeline_says_so(messenger: CustomChannel, again: Any) -> None:
    account = world.customer(messenger, "A-1001")
    world.says(account, "hello")
    world.says(account, "again")
    assert told() == [("look_up.not_started", "no look-up is set up where they write")]


def test_it_is_asked_once_at_a_time(messenger: CustomChannel, again: Any) -> None:
    databases.of(messenger, "http://127.0.0.1:9/users/{id}")
    account = world.customer(messenger, "A-1001")
    world.says(account, "hello")
    world.says(account, "again")
    assert told() == [("look_up.not_started", "it is being asked already")]
