"""A new channel is at once where channels are chosen, and belongs to administrators until somebody is let in."""

from typing import Any

import pytest
from django.test import Client

from helpdesk.lib.fields import FIELDS
from tests import world
from tests.rules.desk import fired, rule, when

pytestmark = pytest.mark.django_db


def listed(key: str) -> set[int]:
    answer = Client().get("/api/v1/custom_channels/", headers={"Authorization": f"Bearer {key}"})
    return {each["channel_id"] for each in answer.json()["results"]}


@pytest.mark.seed("001", "we add it to the rules")
def test_rules_can_ask_for_a_new_channel_at_once() -> None:
    rule("warm", list="new", all=[when("message.text", "contains_any", ["x"])])
    forum = world.messenger(title="Forum")
    choices: Any = FIELDS.now()["case.channel"].choices
    assert (forum.pk, "Forum") in {(choice.value, str(choice.label)) for choice in choices.all()}
    rule("forum", list="new", all=[when("case.channel", "is", forum.pk)])
    assert fired(world.says(world.customer(forum), "hello").case) == ["forum"]
    assert fired(world.says(world.customer(world.messenger(title="Other")), "hello").case) == []


@pytest.mark.seed("001", "be sure to provide the necessary agents with access to the created channel")
def test_an_agent_sees_a_new_channel_and_its_cases_once_let_in() -> None:
    forum = world.messenger(title="Forum")
    ann, ada = world.agent("Ann"), world.admin()
    case = world.says(world.customer(forum), "hello").case
    page = f"/cases/{case.number}/"
    inbox = Client()
    inbox.force_login(ann)
    key = world.api_key(ann, "read")
    assert listed(world.api_key(ada, "read")) == {forum.pk}
    assert (listed(key), inbox.get(page).status_code) == (set(), 404)
    ann.channels.add(forum.channel_ptr)
    assert (listed(key), inbox.get(page).status_code) == ({forum.pk}, 200)
