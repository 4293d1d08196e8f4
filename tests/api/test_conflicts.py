"""Conflicts over HTTP: found, listed, decided, opened again."""

from typing import Any

import pytest

from helpdesk.users.models import Agent, BlockedValue, Conflict, Profile
from tests import world
from tests.api.conftest import Api
from tests.api.test_custom_channels import inbound

pytestmark = pytest.mark.django_db

EMAIL = "both@example.com"


@pytest.fixture
def call(channel: Any) -> str:
    return f"custom_channels/{channel.api_key}/messages/"


@pytest.fixture
def conflict(api: Api, call: str) -> Conflict:
    api.post(call, inbound(user_email=EMAIL))
    api.post(call, inbound(user_custom_id="carol-1", user_email=EMAIL))
    return Conflict.objects.get()


@pytest.fixture
def judge(ann: Agent, api: Api) -> Api:
    ann.may_merge = True
    ann.save()
    return api


def test_a_conflict_is_told_with_evidence_and_what_may_be_decided(api: Api, conflict: Conflict) -> None:
    (told,) = api.get("conflicts/")["results"]
    assert (told["conflict_id"], told["kind"], told["state"], told["value"]) == (conflict.pk, "taken", "open", EMAIL)
    assert told["evidence"]["account"]["also"][0]["address"] == "bob-1"
    assert told["offers"] == ["link", "move", "reject"]
    assert api.get(f"conflicts/{conflict.pk}/") == told
    assert conflict.case_id == told["case_id"]
    assert api.get(f"cases/{told['case_id']}/")["user_id"] == told["user_id"]


def test_the_list_is_asked_by_state_and_by_user(api: Api, conflict: Conflict) -> None:
    for query, number in {
        "state=open": 1,
        "state=rejected": 0,
        f"user_id={conflict.profile_id}": 1,
        f"user_id={conflict.account_id}": 1,
        "user_id=999999": 0,
        "user_id=x": 0,
        f"user_id={'9' * 30}": 0,
    }.items():
        assert len(api.get(f"conflicts/?{query}")["results"]) == number, query
    assert "state" in api.get("conflicts/?state=any", expect=400)["errors"]


def test_it_is_decided_once_and_opened_again(judge: Api, conflict: Conflict) -> None:
    path = f"conflicts/{conflict.pk}/decide/"
    told = judge.post(path, {"verdict": "reject", "reason": "two people"}, expect=200)
    assert (told["state"], told["reason"], told["offers"]) == ("rejected", "two people", ["reopen"])
    assert told["operation_id"]
    again = judge.post(path, {"verdict": "link", "reason": "one"}, expect=409)
    assert again["code"] == "conflict_decided"
    assert judge.post(path, {"verdict": "reopen"}, expect=200)["state"] == "open"
    told = judge.post(path, {"verdict": "move", "reason": "hers"}, expect=200)
    assert told["state"] == "moved"
    assert Profile.objects.get(address=EMAIL).person_id == Profile.objects.get(address="carol-1").person_id


def test_the_same_decision_sent_twice_with_one_key_is_one(judge: Api, conflict: Conflict) -> None:
    path, body = f"conflicts/{conflict.pk}/decide/", {"verdict": "link", "reason": "one"}
    first = judge.post(path, body, expect=200, **{"Idempotency-Key": "d-1"})
    assert judge.post(path, body, expect=200, **{"Idempotency-Key": "d-1"}) == first
    assert judge.last["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({"verdict": "reject"}, 422, "reason"),
        ({"verdict": "reject", "reason": "  "}, 422, "reason"),
        ({"verdict": "reject", "reason": 5}, 400, "reason"),
        ({"verdict": "reject", "reason": "x" * 301}, 400, "reason"),
        ({"verdict": "burn", "reason": "x"}, 400, "verdict"),
        ({"reason": "x"}, 400, "verdict"),
        ({"verdict": "reject", "reason": "x", "state": "linked"}, 400, "state"),
    ],
)
def test_what_is_wrong_is_told_at_the_field(
    judge: Api, conflict: Conflict, body: dict[str, Any], status: int, name: str
) -> None:
    assert name in judge.post(f"conflicts/{conflict.pk}/decide/", body, expect=status)["errors"]
    conflict.refresh_from_db()
    assert conflict.state == "open"


def test_who_may_not_judge_is_told_so_and_who_sees_nothing_finds_nothing(api: Api, conflict: Conflict) -> None:
    body = {"verdict": "reject", "reason": "x"}
    assert api.post(f"conflicts/{conflict.pk}/decide/", body, expect=403)["code"] == "may_not_judge"
    eve = world.agent("Eve")
    eve.may_merge = True
    eve.save()
    theirs = Api(world.api_key(eve, "write"))
    assert theirs.get("conflicts/")["results"] == []
    theirs.get(f"conflicts/{conflict.pk}/", expect=404)
    theirs.post(f"conflicts/{conflict.pk}/decide/", body, expect=404)
    conflict.refresh_from_db()
    assert conflict.state == "open"


def test_two_external_ids_are_refused_with_the_conflict_named(admin_api: Api) -> None:
    one, other = (admin_api.post("users/", {"external_id": name})["user_id"] for name in ("7", "8"))
    for _ in range(2):
        problem = admin_api.put(f"users/{one}/link/", {"user_id": other}, expect=409)
        assert (problem["code"], problem["conflict_id"]) == ("already_someone_else", Conflict.objects.get().pk)


def test_a_server_does_not_join_whom_an_agent_keeps_apart(judge: Api, conflict: Conflict) -> None:
    judge.post(f"conflicts/{conflict.pk}/decide/", {"verdict": "reject", "reason": "two"}, expect=200)
    problem = judge.put(f"users/{conflict.profile_id}/link/", {"user_email": EMAIL}, expect=409)
    assert (problem["code"], problem["conflict_id"]) == ("kept_apart", conflict.pk)


def test_a_rejected_address_is_a_warning_and_a_line_once_a_day(judge: Api, call: str, conflict: Conflict) -> None:
    judge.post(f"conflicts/{conflict.pk}/decide/", {"verdict": "reject", "reason": "two"}, expect=200)
    for number in range(3):
        got = judge.post(call, inbound(user_custom_id="carol-1", external_id=f"n-{number}", user_email=EMAIL))
    assert "as an agent decided" in got["warnings"][0]
    kinds = [one["kind"] for one in judge.get(f"cases/{got['case_id']}/changelog/")["results"]]
    assert kinds.count("address.taken") == 1


def test_a_shared_address_is_linked_to_nobody_by_any_call(admin_api: Api, api: Api, call: str) -> None:
    BlockedValue.objects.create(pattern="info@*")
    first = api.post(call, inbound(user_email="info@acme.com"))
    second = api.post(call, inbound(user_custom_id="carol-1", user_email="INFO@acme.com"))
    assert "one single person" in first["warnings"][0]
    assert "one single person" in second["warnings"][0]
    problem = admin_api.put(f"users/{first['user_id']}/link/", {"user_email": "info@acme.com"}, expect=422)
    assert problem["code"] == "unusable_address"
    people = Profile.objects.filter(pk__in=[first["user_id"], second["user_id"]]).values("person").distinct()
    assert people.count() == 2
    assert not Conflict.objects.exists()
