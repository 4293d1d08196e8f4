"""A desk with a messenger and an identification widget, on which Bob is about to be known."""

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.channels.models import Language, Widget
from helpdesk.users.models import CustomField, Profile
from identification import keys
from identification.models import SigningKey
from tests import world
from tests.identification.asking import SITE


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
def site() -> Client:
    """A browser on the site, with the CSRF checks that a real one meets."""
    return Client(enforce_csrf_checks=True, headers={"Origin": SITE})
