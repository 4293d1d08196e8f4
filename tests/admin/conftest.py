"""Ada sets the desk up."""

import pytest
from django.test import Client

from helpdesk.users.models import Agent
from tests import world
from tests.admin.pages import Admin


@pytest.fixture
def ada(db) -> Agent:
    return world.admin()


@pytest.fixture
def admin(client: Client, ada: Agent) -> Admin:
    client.force_login(ada)
    return Admin(client)
