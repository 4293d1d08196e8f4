"""How a case came to be, how often it was opened again, and who took its chat up again."""

from typing import Any

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion, via
from helpdesk.users.services import profiles
from tests import world
from tests.api.conftest import Api
from tests.api.test_cases import new
from tests.api.test_custom_channels import inbound

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat() -> Any:
    return world.messenger("http://127.0.0.1:9/hook")


def opened(chat: Any, *, by: Any, edge: str = "") -> str:
    """How a case says it came to be that somebody opened at an edge."""
    bob = world.customer(chat)

    @occasion
    def open_one() -> Case:
        profiles.hold(bob.pk)
        return cases.open_case(bob, chat.channel_ptr, by=by)

    with via(edge):
        return open_one().via


def test_a_message_in_a_channel_opens_a_case_by_that_channel(chat):
    assert world.says(world.customer(chat), "hello").case.via == "channel"


def test_what_a_channels_server_writes_for_a_customer_comes_by_the_channel_though_it_uses_the_api(chat):
    api = Api(world.api_key(world.agent(sees=[chat.channel_ptr]), "write"))
    api.post(f"custom_channels/{chat.api_key}/messages/", inbound())
    assert Case.objects.get().via == "channel"


def test_a_case_that_a_program_makes_comes_by_the_api(chat):
    api = Api(world.api_key(world.agent(sees=[chat.channel_ptr]), "write"))
    api.post("cases/", new(chat))
    assert Case.objects.get().via == "api"


def test_whoever_else_opens_one_is_told_apart(chat):
    ann = world.agent(sees=[chat.channel_ptr])
    assert opened(chat, by=ann, edge="inbox") == "agent"
    assert opened(chat, by=ann, edge="api") == "api"
    assert opened(chat, by=world.customer(chat), edge="widget") == "widget"
    assert opened(chat, by=Event(kind="rule.fired", data={"rule": 1})) == "rule"
    assert opened(chat, by=None) == "channel"


def test_each_time_that_a_closed_case_is_opened_again_is_counted(chat):
    ann = world.agent(sees=[chat.channel_ptr])
    case = world.says(world.customer(chat), "hello").case
    for status in ("closed", "open", "pending", "open", "closed", "pending"):
        cases.change_status(case, status, by=ann)
    assert Case.objects.get().reopened == 2


def test_who_answers_in_an_ended_chat_takes_it_up_again(chat):
    ann = world.agent(sees=[chat.channel_ptr])
    case = world.says(world.customer(chat), "hello").case
    cases.reply(case, "one moment", by=ann)
    cases.end_chat(case, "pending", by=ann)
    cases.reply(case, "here it is", by=ann)
    cases.reply(case, "and more", by=ann)
    answers = Event.objects.filter(kind="message.added", actor_kind="agent").order_by("pk")
    assert [event.get("resumes", False) for event in answers] == [False, True, False]
