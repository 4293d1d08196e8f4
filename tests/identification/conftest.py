"""A desk with a messenger and an identification widget, on which Bob is about to be known."""

from collections.abc import Iterator

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.cases.models import Case
from helpdesk.channels.models import Language, Widget
from helpdesk.users.models import CustomField, Profile
from helpdesk.users.services import told
from identification import keys
from identification.models import SigningKey
from identification.services.look_up_states import Remembered
from tests import world
from tests.identification.asking import SITE
from tests.identification.linking import make


@pytest.fixture(autouse=True)
def _look_ups_end() -> Iterator[None]:
    """What one test has switched on is not remembered in the next."""
    yield
    Remembered.forget()


@pytest.fixture
def messenger(db: None) -> CustomChannel:
    return world.messenger()


@pytest.fixture
def tariff(db: None) -> CustomField:
    return world.tariff()


@pytest.fixture
def bob(messenger: CustomChannel) -> Profile:
    """Bob's account in the messenger: nobody knows yet that it is Bob's."""
    return world.customer(messenger, "bob-in-messenger")


@pytest.fixture
def languages(db: None) -> list[Language]:
    english = Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})[0]
    return [english, Language.objects.get_or_create(code="de", defaults={"title": "Deutsch"})[0]]


@pytest.fixture
def widget(languages: list[Language]) -> Widget:
    return Widget.objects.create(title="Account page")


@pytest.fixture
def key(db: None) -> SigningKey:
    return keys.make("Shop", by=None)[0]


@pytest.fixture
def trusting(widget: Widget) -> Widget:
    widget.trust_page_data = True
    widget.save()
    return widget


@pytest.fixture
def careful(trusting: Widget) -> Widget:
    """A widget that believes the page, and asks it."""
    trusting.confirm_codes = True
    trusting.save()
    return trusting


@pytest.fixture
def site() -> Client:
    """A browser on the site, with the CSRF checks that a real one meets."""
    return Client(enforce_csrf_checks=True, headers={"Origin": SITE})


@pytest.fixture
def telling(messenger: CustomChannel) -> CustomChannel:
    """The messenger, where customers are told of new links."""
    messenger.tells_links = True
    messenger.save()
    return messenger


@pytest.fixture
def forum(db: None) -> CustomChannel:
    return world.messenger(title="Forum", tells_links=True)


@pytest.fixture
def linked(telling: CustomChannel, forum: CustomChannel, bob: Profile) -> tuple[Case, Case]:
    """Bob is known in the forum; now a code of his comes from the messenger. (case of the forum, of the messenger)."""
    known = world.customer(forum, "bob-in-forum")
    there = world.says(known, f"me: {make()}").case
    told.tell(bob, told.Told(said={"name": "Bobby Tables"}), by=None)
    here = world.says(bob, f"me too: {make()}").case
    return there, here
