"""Dates and words as the agent has set them; and an API that pays for no session."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import AsyncClient, RequestFactory
from django.utils import timezone, translation

from helpdesk.users.middleware import AgentsZoneMiddleware
from helpdesk.users.models import Agent
from tests import world


@pytest.fixture(autouse=True)
def _back() -> Any:
    yield
    timezone.deactivate()
    translation.activate("en")


def seen(agent: Any, *, cookie: bool = True) -> tuple[str, str]:
    """Zone and language in which the agent's page is made."""
    request = RequestFactory().get("/")
    request.user = agent
    if cookie:
        request.COOKIES["hd_session"] = "x"
    answers: list[tuple[str, str]] = []

    def page(request: HttpRequest) -> None:
        answers.append((timezone.get_current_timezone_name(), translation.get_language()))

    AgentsZoneMiddleware(page)(request)
    return answers[0]


def test_an_agent_has_a_zone_and_a_language(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    assert seen(Agent(timezone="Europe/Berlin", language="de")) == ("Europe/Berlin", "de")


def test_others_have_the_desks_zone(settings: Any) -> None:
    settings.DESK_TIME_ZONE = "Europe/Vienna"
    assert seen(AnonymousUser())[0] == "Europe/Vienna"
    assert seen(Agent(timezone="Europe/Berlin"), cookie=False)[0] == "Europe/Vienna"


@pytest.mark.parametrize("agent", [Agent(timezone="Mars/Olympus"), Agent(language="tlh")])
def test_what_nobody_knows_any_more_is_as_good_as_none(agent: Agent, settings: Any) -> None:
    settings.LANGUAGES = [("en", "English")]
    assert seen(agent) == ("UTC", "en")


def test_one_agents_zone_does_not_stay_for_the_next() -> None:
    seen(Agent(timezone="Europe/Berlin"))
    assert seen(Agent())[0] == "UTC"


def test_without_a_session_cookie_nobody_is_looked_for() -> None:
    class Unasked:
        @property
        def timezone(self) -> str:
            raise AssertionError("the API pays for no session")

    assert seen(Unasked(), cookie=False)[0] == "UTC"


@pytest.mark.django_db(transaction=True)
def test_streams_know_the_agent_too() -> None:
    ann = world.agent("Ann")
    client = AsyncClient()
    client.force_login(ann)

    assert async_to_sync(client.get)("/healthz").status_code == 200
