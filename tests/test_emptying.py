"""What a test that commits leaves behind is what Django's own flush would leave."""

import pytest
from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal
from django.db.models import Model

from helpdesk.channels.models import Channel, Language
from helpdesk.users.models import Agent, Group
from tests.emptying import empty

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def _rows() -> dict[type[Model], int]:
    return {model: model._default_manager.count() for model in apps.get_models(include_auto_created=True)}


def test_what_a_test_has_committed_is_gone() -> None:
    ann = Agent.objects.create(email="ann@example.com", name="Ann")
    ann.groups.add(Group.objects.create(title="Support"))
    empty()
    assert not Agent.objects.exists()
    assert not Group.objects.exists()
    assert not Agent.groups.through.objects.exists()


def test_what_every_desk_has_is_there_again() -> None:
    Channel.objects.all().delete()
    empty()
    assert set(Channel.objects.values_list("kind", flat=True)) == {"email", "phone"}
    assert Language.objects.get().is_default


def test_migrating_again_adds_nothing() -> None:
    empty()
    before = _rows()
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert _rows() == before
