"""Users over HTTP: profiles, links, data, and everything that happened."""

import pytest

from helpdesk.users.models import Profile
from tests import world

pytestmark = pytest.mark.django_db


def test_a_user_is_made_with_several_addresses_and_found_by_each(admin_api):
    made = admin_api.post(
        "users/", {"user_email": "bob@example.com", "user_phone": "+49 30 901820", "user_full_name": "Bob"}
    )
    assert len(made["linked_users"]) == 2
    for query in ("user_email=BOB@example.com", "user_phone=%2B4930901820"):
        (found,) = admin_api.get(f"users/?{query}")["results"]
        assert found["person_id"] == made["person_id"]
        assert found["user_full_name"] == "Bob"


@pytest.mark.seed("000", "need to edit the user's data in Deskie when there are changes in your database")
def test_changed_data_arrive_by_patch(admin_api):
    world.tariff()
    made = admin_api.post("users/", {"user_email": "bob@example.com"})
    changed = admin_api.patch(f"users/{made['user_id']}/", {"custom_fields": {"tariff": "Standard"}})
    assert changed["custom_fields"] == {"tariff": "1"}
    assert changed["level"] == made["level"]


@pytest.mark.seed("000", "the customer may refuse services")
def test_what_a_customer_no_longer_has_is_emptied_by_patch(admin_api):
    world.tariff()
    made = admin_api.post("users/", {"user_email": "bob@example.com", "custom_fields": {"tariff": "VIP"}})
    changed = admin_api.patch(f"users/{made['user_id']}/", {"custom_fields": {"tariff": None}})
    assert changed["custom_fields"].get("tariff") is None
    assert "tariff" not in Profile.objects.get(pk=made["user_id"]).person.values


def test_link_and_unlink(admin_api):
    bob = admin_api.post("users/", {"user_email": "bob@example.com"})
    linked = admin_api.put(f"users/{bob['user_id']}/link/", {"user_phone": "+49 30 901820"})
    assert len(linked["linked_users"]) == 2
    (other,) = set(linked["linked_users"]) - {bob["user_id"]}
    assert admin_api.put(f"users/{bob['user_id']}/unlink/", {"user_id": other})["linked_users"] == [bob["user_id"]]


def test_two_external_ids_are_a_conflict(admin_api):
    one = admin_api.post("users/", {"external_id": "7"})
    other = admin_api.post("users/", {"external_id": "8"})
    problem = admin_api.put(f"users/{one['user_id']}/link/", {"user_id": other["user_id"]}, expect=409)
    assert problem["code"] == "already_someone_else"


def test_a_blocked_person_writes_no_case(admin_api):
    bob = admin_api.post("users/", {"user_email": "bob@example.com"})
    assert admin_api.put(f"users/{bob['user_id']}/block/", {})["active"] is False
    body = {"user_email": "bob@example.com", "content": "hello"}
    assert admin_api.post("cases/", body, expect=403)["code"] == "blocked"
    admin_api.put(f"users/{bob['user_id']}/restore/", {})
    admin_api.post("cases/", body)


def test_a_disabled_person_is_deleted_until_restored_or_until_they_write_again(admin_api, channel):
    bob = admin_api.post("users/", {"user_custom_id": "bob", "user_custom_channel": channel.api_key})
    path = f"users/{bob['user_id']}/"
    assert admin_api.put(f"{path}disable/", {})["deleted"] is True
    who = {"user": {"user_custom_id": "bob", "user_custom_channel": channel.api_key}}
    assert admin_api.post("identification_codes/", who, expect=403)["code"] == "blocked"
    assert admin_api.put(f"{path}restore/", {})["deleted"] is False
    admin_api.put(f"{path}disable/", {})
    admin_api.post("cases/", {"channel": channel.api_key, "user_custom_id": "bob", "content": "I am back"})
    assert admin_api.get(path)["deleted"] is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "user_email"),
        ({"user_email": "no address"}, None),
        ({"user_phone": "12"}, None),
        ({"user_custom_id": "x"}, "user_custom_channel"),
        ({"user_email": "bob@example.com", "custom_fields": {"shoe": 1}}, "shoe"),
        ({"user_email": "bob@example.com", "custom_fields": []}, "custom_fields"),
    ],
)
def test_bad_users_are_refused_and_not_made(admin_api, body, field):
    answer = admin_api.call("POST", "users/", body, expect=422 if field in {None, "shoe"} else 400)
    assert field is None or field in answer["errors"]
    assert not Profile.objects.exists()


def test_what_is_set_up_is_listed(admin_api):
    world.tariff()
    (field,) = admin_api.get("custom_fields/")["results"]
    assert field["field_data"] == {"1": "Standard", "2": "VIP", "3": "No account"}
    for path in ("groups", "staff", "companies", "labels", "languages"):
        assert "results" in admin_api.get(f"{path}/")


def test_the_schema_and_its_pages_are_served_by_us(client, db):
    schema = client.get("/api/v1/schema/", headers={"Accept": "application/json"})
    assert schema.status_code == 200
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert b"https://" not in page.content.replace(b"https://www.w3.org", b"")
