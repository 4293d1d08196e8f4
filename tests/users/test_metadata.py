"""Metadata: facts about a person without a field of their own, said by each source and settled like all values."""

from typing import Any

import pytest
from django.test import Client

from helpdesk.users.errors import BadValue
from helpdesk.users.models import Person, Profile, Value
from helpdesk.users.models.fields import Source
from helpdesk.users.services import identity, metadata, values
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob() -> Profile:
    return world.customer(world.messenger())


def shown(profile: Profile) -> Any:
    return Person.objects.get(profiles=profile).metadata


def say(profile: Profile, told: Any, source: str = Source.API, **more: Any) -> Any:
    return values.say(profile, source, {"metadata": told}, by=None, **more)


def test_text_numbers_yes_and_no_are_kept_as_they_are(bob: Profile) -> None:
    event = say(bob, {"plan": "Pro", "seats": 3, "share": 0.5, "vip": True, "late": False})
    assert shown(bob) == {"plan": "Pro", "seats": 3, "share": 0.5, "vip": True, "late": False}
    assert event.data["fields"] == [f"metadata.{key}" for key in ("late", "plan", "seats", "share", "vip")]
    assert say(bob, {"plan": "Pro"}) is None, "nothing has changed"


def test_one_and_true_are_two_values(bob: Profile) -> None:
    say(bob, {"x": 1})
    assert say(bob, {"x": True}) is not None
    assert shown(bob)["x"] is True


def test_null_empties_one_key_and_leaves_the_others(bob: Profile) -> None:
    say(bob, {"plan": "Pro", "seats": 3})
    say(bob, {"plan": None})
    assert shown(bob) == {"seats": 3}


def test_each_source_is_kept_and_the_strongest_is_shown(bob: Profile) -> None:
    say(bob, {"plan": "Pro", "a": 1}, Source.PROVEN_LOOKUP)
    say(bob, {"plan": "Emperor", "b": 2}, Source.BROWSER)
    assert shown(bob) == {"plan": "Pro", "a": 1, "b": 2}
    assert Value.objects.filter(key="md:plan").count() == 2


def test_a_source_that_says_all_takes_back_what_it_does_not_repeat(bob: Profile) -> None:
    say(bob, {"plan": "Pro", "order": 7}, Source.LOOKUP)
    say(bob, {"note": "vip"}, Source.AGENT)
    say(bob, {"plan": "Free"}, Source.LOOKUP, all_metadata=True)
    assert shown(bob) == {"plan": "Free", "note": "vip"}
    say(bob, {}, Source.LOOKUP, all_metadata=True)
    assert shown(bob) == {"note": "vip"}


def test_a_merge_joins_them_and_its_undo_takes_them_apart_exactly(bob: Profile) -> None:
    carol = world.customer(world.messenger(title="Shop"), "carol")
    say(bob, {"plan": "Pro", "city": "Bonn"})
    say(carol, {"plan": "Free"})
    operation = identity.merge(bob.person, carol.person, by=None)
    assert shown(carol) == {"plan": "Free", "city": "Bonn"}
    identity.undo(operation, by=None)
    assert (shown(bob), shown(carol)) == ({"plan": "Pro", "city": "Bonn"}, {"plan": "Free"})


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({"x": "y" * 1025}, "metadata.x"),
        ({"x": "ü" * 513}, "metadata.x"),
        ({"x" * 101: 1}, f"metadata.{'x' * 100}"),
        ({"": 1}, "metadata.?"),
        ({"\u202e": 1}, "metadata.?"),
        ({"x": float("nan")}, "metadata.x"),
        ({"x": float("inf")}, "metadata.x"),
        ({"x": 2**53 + 1}, "metadata.x"),
        ({"x": 10**400}, "metadata.x"),
        ({"x": "a\x00b"}, "metadata.x"),
        ({"x": "\ud800"}, "metadata.x"),
        ({"x": ["y" * 1100]}, "metadata.x"),
        ({"x": {"y": {"z": float("nan")}}}, "metadata.x.y.z"),
        ({str(number): number for number in range(51)}, "metadata"),
        ("Pro", "metadata"),
        ([1], "metadata"),
    ],
    ids=lambda one: str(one)[:40].encode(errors="replace").decode(),
)
def test_what_does_not_fit_is_refused_with_its_key(bob: Profile, told: Any, key: str) -> None:
    with pytest.raises(BadValue) as refused:
        say(bob, told)
    assert list(refused.value.fields) == [key]
    assert shown(bob) == {}


def test_ever_new_keys_do_not_fill_the_table(bob: Profile) -> None:
    for number in range(5):
        say(bob, {f"k{number}.{n}": n for n in range(10)})
    with pytest.raises(BadValue):
        say(bob, {"one more": 1})
    for number in range(5):
        say(bob, {f"k{number}.{n}": None for n in range(10)})
    for number in range(5, 20):
        say(bob, {f"k{number}.{n}": None for n in range(10)})
    with pytest.raises(BadValue):
        say(bob, {"one more": None})
    assert Value.objects.count() == values.EMPTIED


def test_the_rows_tell_who_said_it(bob: Profile) -> None:
    world.tariff()
    values.say(bob, Source.API, {"tariff": "VIP", "metadata": {"tariff": 5.50, "vip": True}}, by=None)
    rows = values.metadata_rows(Person.objects.get(profiles=bob))
    assert [(row.key, row.text, row.said.source if row.said else "") for row in rows] == [
        ("tariff", "5.5", "api"),
        ("vip", "yes", "api"),
    ]


def test_an_object_is_flattened_to_five_names(bob: Profile) -> None:
    say(bob, {"a": {"b": {"c": {"d": {"e": {"f": [1]}}}}}, "empty": {}, "list": []})
    assert shown(bob) == {"a.b.c.d.e": '{"f":[1]}'}
    assert metadata.DEEPEST == 5


# --- the API ---


@pytest.fixture
def server(bob: Profile) -> Client:
    assert bob.channel is not None
    key = world.api_key(world.agent("Ann", sees=[bob.channel]), "write")
    return Client(headers={"Authorization": f"Bearer {key}"})


def patch(server: Client, bob: Profile, body: Any) -> Any:
    return server.patch(f"/api/v1/users/{bob.pk}/", body, content_type="application/json")


def test_the_api_shows_and_takes_them(server: Client, bob: Profile) -> None:
    answer = patch(server, bob, {"metadata": {"plan": {"name": "Pro"}, "seats": 3}})
    assert answer.status_code == 200, answer.content
    assert answer.json()["metadata"] == {"plan.name": "Pro", "seats": 3}
    patch(server, bob, {"metadata": {"seats": None}})
    assert server.get(f"/api/v1/users/{bob.pk}/").json()["metadata"] == {"plan.name": "Pro"}


def test_the_api_refuses_by_key(server: Client, bob: Profile) -> None:
    answer = patch(server, bob, {"metadata": {"plan": "x" * 2000}})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_value")
    assert list(answer.json()["errors"]) == ["metadata.plan"]
    assert patch(server, bob, {"metadata": "Pro"}).status_code == 400


def test_metadata_come_with_a_message_too(server: Client, bob: Profile) -> None:
    assert bob.channel is not None
    body = {"user_custom_id": "bob", "external_id": "1", "content": "hi", "metadata": {"order": 7}}
    path = f"/api/v1/custom_channels/{bob.channel.api_key}/messages/"
    assert server.post(path, body, content_type="application/json").status_code == 201
    assert shown(bob) == {"order": 7}


def test_the_schema_knows_them() -> None:
    schema = Client().get("/api/v1/schema/?format=json").content.decode()
    assert "metadata" in schema
