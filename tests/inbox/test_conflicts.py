"""What agents have to judge stands in the case, in words."""

import re
from typing import Any

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.users.models import Agent
from tests import world

pytestmark = pytest.mark.django_db


def write(ann: Agent, channel: CustomChannel, name: str, **more: Any) -> Any:
    """A message by the API, as one of the company's programs sends it."""
    api = Client(headers={"Authorization": f"Bearer {world.api_key(ann)}"})
    body = {"user_custom_id": name, "external_id": name, "content": "hello", **more}
    path = f"/api/v1/custom_channels/{channel.api_key}/messages/"
    return api.post(path, body, content_type="application/json").json()


@pytest.mark.seed("001", "is not already associated with another user_custom_id of the same custom channel")
def test_an_address_that_is_another_accounts_is_a_red_line_in_the_case(
    as_ann: Client, ann: Agent, channel: CustomChannel
) -> None:
    for name in ("bob-1", "eve-1"):
        made = write(ann, channel, name, user_email="bob@example.com")
    text = as_ann.get(f"/cases/{made['case_number']}/").content.decode()
    (line,) = re.findall(r'<li class="event danger">(.*?)</li>', text, re.DOTALL)
    assert (
        "bob@example.com was given, but belongs to another account of this channel: bob-1. Nothing was linked." in line
    )


def test_an_id_that_looks_like_a_page_is_shown_as_text(as_ann: Client, ann: Agent, channel: CustomChannel) -> None:
    for name in ("<script>alert(1)</script>{actor}", "eve-1"):
        made = write(ann, channel, name, user_email="bob@example.com")
    text = as_ann.get(f"/cases/{made['case_number']}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{actor}" in text
    assert "<script>alert(1)" not in text
