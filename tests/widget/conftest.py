from typing import Any

import pytest

from helpdesk.channels.models import Language
from helpdesk.widget.models import Chat
from helpdesk.widget.services import chats
from tests import world
from tests.widget.visiting import Site, Visitor


@pytest.fixture
def chat(db: None, settings: Any, tmp_path: Any) -> Chat:
    settings.MEDIA_ROOT = tmp_path
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
    return chats.make("Shop", by=None)


@pytest.fixture
def several(chat: Chat) -> Chat:
    """The same chat, with several conversations side by side."""
    return chats.keep(chat, by=None, mode="multi")


@pytest.fixture
def site(db: None) -> Site:
    return Site()


@pytest.fixture
def bob(chat: Chat) -> Visitor:
    return Visitor(chat)


@pytest.fixture
def eve(chat: Chat) -> Visitor:
    return Visitor(chat)


@pytest.fixture
def ann(chat: Chat) -> Any:
    return world.agent("Ann", sees=[chat.channel])
