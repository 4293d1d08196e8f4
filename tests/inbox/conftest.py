"""Ann sees Bob's messenger, Eve sees nothing; both are signed in on clients of their own."""

import pytest
from django.test import Client

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from tests import world


@pytest.fixture
def channel(db):
    return world.messenger("http://127.0.0.1:9/hook", title="Shop messenger")


@pytest.fixture
def bob(channel):
    return world.customer(channel)


@pytest.fixture
def ann(channel):
    return world.agent("Ann", sees=[channel.channel_ptr])


@pytest.fixture
def as_ann(ann) -> Client:
    client = Client()
    client.force_login(ann)
    return client


@pytest.fixture
def as_eve(db) -> Client:
    client = Client()
    client.force_login(world.agent("Eve"))
    return client


@pytest.fixture
def case(bob) -> Case:
    """Bob has written, and nobody is with him any more."""
    case = world.says(bob, "hello, is somebody there?").case
    cases.end_chat(case, "open", by=None)
    return Case.objects.get(pk=case.pk)
