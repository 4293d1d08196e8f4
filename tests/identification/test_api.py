"""Codes by the API."""

import json
from typing import Any

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.users.models import CustomField, Profile
from identification import codes
from identification.models import Code
from tests import world
from tests.identification.asking import BOB, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(db: None) -> Client:
    return Client(headers={"Authorization": f"Bearer {world.api_key(world.agent())}"})


def order(client: Client, body: Any, **headers: str) -> Any:
    data = json.dumps(body)
    return client.post("/api/v1/identification_codes/", data, content_type="application/json", headers=headers)


@pytest.mark.seed("000", "API request to obtain the identification code")
def test_the_server_gets_a_code_by_the_api(api: Client, bob: Profile, tariff: CustomField) -> None:
    answer = order(api, {"user": BOB | {"user_full_name": "Bob", "custom_fields": {"tariff": "VIP"}}})
    assert answer.status_code == 201
    assert set(answer.json()) == {"code", "expires_at"}
    assert answer.json()["expires_at"] == Code.objects.get().expires_at.isoformat()
    world.says(bob, answer.json()["code"])
    bob.refresh_from_db()
    assert (bob.level, bob.person.name, bob.person.values) == (3, "Bob", {"tariff": "2"})


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "user"),
        ({"user": {}}, 400, "user.user_email"),
        ({"user": "bob"}, 400, "user"),
        ({"user": BOB, "ttl": 60}, 400, "ttl"),
        ({"user": BOB | {"nick": "b"}}, 400, "user.nick"),
        ({"user": BOB | {"custom_fields": {"nick": "b"}}}, 422, "user.nick"),
        ({"user": {"user_email": "x"}}, 422, "user.user_email"),
        ({"user": {"user_email": "null"}}, 422, "user.user_email"),
        ({"user": {"user_email": 7}}, 400, "user.user_email"),
        ({"user": {"user_custom_id": "a"}}, 400, "user.user_custom_channel"),
        ({"user": {"user_custom_id": "a", "user_custom_channel": "cch77"}}, 422, "user.user_custom_channel"),
        ({"user": {"external_id": "x" * 256}}, 400, "user.external_id"),
        ({"user": {"external_id": ""}}, 400, "user.external_id"),
    ],
)
def test_the_api_names_what_is_wrong_and_writes_nothing(api: Client, body: Any, status: int, field: str) -> None:
    answer = order(api, body)
    assert problem(answer)[0] == status
    assert list(answer.json()["errors"]) == [field]
    assert not Profile.objects.exists()


def test_without_a_key_or_with_one_that_only_reads_there_is_no_code(messenger: CustomChannel) -> None:
    assert order(Client(), {"user": BOB}).status_code == 401
    ann = world.agent()
    for key in (world.api_key(ann, "read"), world.api_key(ann, "channel", channel=messenger)):
        reader = Client(headers={"Authorization": f"Bearer {key}"})
        assert order(reader, {"user": BOB}).status_code == 403
    assert not Code.objects.exists()


@pytest.mark.promise("P22", "P31")
def test_the_same_order_twice_is_one_code_and_the_second_answer_does_not_tell_it(api: Client) -> None:
    first, second = (order(api, {"user": BOB}, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert Code.objects.count() == 1
    assert second.status_code == 201
    assert second["Idempotent-Replayed"] == "true"
    assert second.json() == {"expires_at": first.json()["expires_at"]}
    assert codes.find(first.json()["code"])
