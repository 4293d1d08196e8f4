"""How often one call asks the database, with a hundred rules that do not fire."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import world
from tests.api.test_cases import new
from tests.api.test_custom_channels import inbound
from tests.rules.desk import rule, when

pytestmark = pytest.mark.django_db(transaction=True)
MOST = 16  # statements, savepoints too; BEGIN and COMMIT stand around them


@pytest.fixture
def _rules() -> None:
    for kind in ("new", "updated"):
        for number in range(50):
            rule(f"{kind} {number}", list=kind, all=[when("message.text", "contains_any", [f"word{number}"])])


@pytest.mark.usefixtures("_rules")
@pytest.mark.parametrize("sync", [True, False], ids=["chat", "mail"])
@pytest.mark.parametrize("call", ["cases", "messages"])
def test_a_message_of_a_known_customer_costs_few_queries(as_key: Any, call: str, sync: bool) -> None:
    channel = world.messenger("http://127.0.0.1:9/hook", sync=sync)
    api = as_key(world.api_key(world.agent(sees=[channel.channel_ptr]), "write"))
    path = "cases/" if call == "cases" else f"custom_channels/{channel.api_key}/messages/"
    make = (lambda number: new(channel)) if call == "cases" else (lambda number: inbound(external_id=number))
    api.post(path, make("1"))
    api.post(path, make("2"))
    with CaptureQueriesContext(connection) as asked:
        api.post(path, make("3"))
    statements = [each["sql"] for each in asked.captured_queries]
    assert len([each for each in statements if not each.startswith(("BEGIN", "COMMIT"))]) <= MOST, statements
