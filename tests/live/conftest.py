"""Ann and Eve, Bob and his messenger, and a server for streams."""

from collections.abc import Callable, Iterator

import pytest

from helpdesk.users.models import Agent
from tests import world
from tests.live import listening


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    with listening.server() as number:
        yield number


@pytest.fixture
def channel(transactional_db):
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def bob(channel):
    return world.customer(channel)


@pytest.fixture
def ann(channel):
    return world.agent("Ann", sees=[channel.channel_ptr])


@pytest.fixture
def eve(transactional_db):
    return world.agent("Eve")


@pytest.fixture
def listen(port: int) -> Iterator[Callable[..., listening.Ear]]:
    """Opens a stream as an agent; all are closed when the test is over."""
    ears: list[listening.Ear] = []
    sessions: dict[Agent, str] = {}

    def open_one(agent: Agent, **more: str) -> listening.Ear:
        session = sessions.setdefault(agent, "") or listening.cookie(agent)
        sessions[agent] = session
        ears.append(listening.Ear(port, session, **more))
        return ears[-1]

    yield open_one
    for ear in ears:
        ear.close()
