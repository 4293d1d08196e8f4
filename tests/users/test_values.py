"""What is known of a person: who said it, when, and whose word is shown."""

import pytest
import time_machine

from helpdesk.users.errors import BadValue, UnknownField
from helpdesk.users.models import Company, CustomField, Person, Profile, Value
from helpdesk.users.models.fields import Source
from helpdesk.users.services import values
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob() -> Profile:
    return world.customer(world.messenger())


def shown(profile: Profile) -> Person:
    return Person.objects.get(profiles=profile)


def test_the_newest_word_wins_within_a_rank(bob):
    with time_machine.travel("2026-01-01T10:00:00Z", tick=False):
        values.say(bob, Source.AGENT, {"name": "Robert"}, by=None)
    values.say(bob, Source.API, {"name": "Bob"}, by=None)
    assert shown(bob).name == "Bob"


def test_a_weaker_word_never_overwrites_a_stronger_one_and_is_kept(bob):
    values.say(bob, Source.TOKEN, {"name": "Bob"}, by=None)
    values.say(bob, Source.BROWSER, {"name": "Emperor"}, by=None)
    assert shown(bob).name == "Bob"
    assert set(Value.objects.values_list("value", flat=True)) == {"Bob", "Emperor"}


def test_an_empty_word_of_the_same_rank_empties(bob):
    world.tariff()
    values.say(bob, Source.API, {"tariff": "VIP"}, by=None)
    assert shown(bob).values == {"tariff": "2"}
    values.say(bob, Source.RULE, {"tariff": None}, by=None)
    assert shown(bob).values == {}


def test_a_choice_is_taken_by_key_title_and_deskies_name(bob):
    field = world.tariff()
    for name, value in (("tariff", "2"), (f"cf_{field.pk}", "vip"), ("tariff", "VIP")):
        values.say(bob, Source.API, {name: value}, by=None)
        assert shown(bob).values == {"tariff": "2"}


@pytest.mark.parametrize(
    ("kind", "good", "stored", "bad"),
    [
        ("text", "x", "x", ["x"]),
        ("checkbox", "true", True, "perhaps"),
        ("date", "2024-04-08", "2024-04-08", "08.04.2024"),
        ("select", "VIP", "2", "Gold"),
    ],
)
def test_each_kind_of_field_takes_its_values_and_names_itself_otherwise(bob, kind, good, stored, bad):
    CustomField.objects.create(
        key="extra", title="Extra", kind=kind, choices=[{"key": "2", "title": "VIP"}] if kind == "select" else []
    )
    values.say(bob, Source.API, {"extra": good}, by=None)
    assert shown(bob).values == {"extra": stored}
    with pytest.raises(BadValue) as refusal:
        values.say(bob, Source.API, {"extra": bad}, by=None)
    assert "extra" in refusal.value.fields


def test_an_unknown_field_is_named(bob):
    with pytest.raises(UnknownField) as refusal:
        values.say(bob, Source.API, {"shoe_size": 44}, by=None)
    assert "shoe_size" in refusal.value.fields


def test_a_company_is_made_once_and_found_by_name(bob):
    values.say(bob, Source.API, {"company": "Acme"}, by=None)
    values.say(bob, Source.AGENT, {"company": "Acme"}, by=None)
    assert Company.objects.count() == 1
    assert shown(bob).company == Company.objects.get()


def test_saying_the_same_again_is_no_news(bob):
    assert values.say(bob, Source.API, {"name": "Bob"}, by=None)
    assert values.say(bob, Source.API, {"name": "Bob"}, by=None) is None
