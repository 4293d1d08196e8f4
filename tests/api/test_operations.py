"""Plan, apply, undo over HTTP."""

import json
from typing import Any

import pytest

from helpdesk.users.models import Operation, Plan, Profile
from helpdesk.users.services import blocking, identity, plans, values
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def judge(ann, api):
    """Ann may judge; `api` acts for her."""
    ann.may_merge = True
    ann.save(update_fields=["may_merge"])
    return ann


@pytest.fixture
def bob(channel) -> Profile:
    return world.customer(channel, "bob")


@pytest.fixture
def work(channel) -> Profile:
    return world.customer(channel, "bob-at-work")


def plan(api: Any, *users: Profile, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.post("persons/merge_plan/", {"user_ids": [one.pk for one in users], **more})
    return made


def apply(api: Any, made: dict[str, Any], expect: int = 201, **headers: Any) -> Any:
    return api.post("operations/", {"plan_hash": made["plan_hash"], "reason": "the same"}, expect, **headers)


def person(profile: Profile) -> int:
    return Profile.objects.values_list("person_id", flat=True).get(pk=profile.pk)


def test_a_merge_is_planned_applied_shown_and_undone(api, judge, bob, work):
    values.say(work, "api", {"name": "Bob Kern"}, by=None)
    made = plan(api, bob, work, into=bob.pk)
    assert (made["kind"], [side["person_id"] for side in made["before"]]) == ("merge", [bob.person_id, work.person_id])
    assert [(field["text"], field["outcome"]) for field in made["fields"]] == [("Bob Kern", "adopted")]
    assert person(work) == work.person_id, "nothing happens before it is applied"
    done = apply(api, made)
    assert (done["kind"], done["reason"], done["done_by"]) == ("merge", "the same", f"agent_{judge.pk}")
    assert (done["done_by_name"], done["user_ids"], done["undone"]) == ("Ann", [work.pk], None)
    assert done["plan"] == {name: made[name] for name in done["plan"]}
    assert person(work) == bob.person_id
    assert api.get(f"operations/{done['operation_id']}/") == done
    undone = api.post(f"operations/{done['operation_id']}/undo/", {"reason": "wrong Bob"}, expect=200)
    assert (undone["undone"]["reason"], undone["undone"]["done_by_name"]) == ("wrong Bob", "Ann")
    assert person(work) == work.person_id


def test_people_can_be_named_by_person_too(api, judge, bob, work):
    body = {"person_ids": [bob.person_id, work.person_id], "into": work.person_id}
    made = api.post("persons/merge_plan/", body)
    assert [side["person_id"] for side in made["after"]] == [work.person_id]


def test_a_split_and_a_link_are_planned_the_same_way(api, judge, bob, work):
    apply(api, plan(api, bob, work))
    split = apply(api, api.post("persons/split_plan/", {"user_ids": [work.pk]}))
    assert (split["kind"], person(work)) == ("split", split["person_id"])
    linked = apply(api, api.post("persons/link_plan/", {"user_id": work.pk, "with_user_id": bob.pk}))
    assert (linked["kind"], person(work)) == ("link", bob.person_id)


def test_a_stale_plan_is_a_conflict_and_changes_nothing(api, judge, bob, work):
    made = plan(api, bob, work)
    blocking.block(work.person, by=None)
    problem = apply(api, made, expect=409)
    assert (problem["code"], problem["type"]) == ("plan_stale", "urn:helpdesk:problem:plan_stale")
    assert api.last["Content-Type"] == "application/problem+json"
    assert api.post("operations/", {"plan_hash": "f" * 64, "reason": "x"}, 409)["code"] == "plan_stale"
    assert not Operation.objects.exists()


def test_applying_twice_is_the_same_operation(api, judge, bob, work):
    made = plan(api, bob, work)
    assert apply(api, made) == apply(api, made)
    assert Operation.objects.count() == 1


def test_an_idempotency_key_works_as_on_every_post(api, judge, bob, work):
    made = plan(api, bob, work)
    key: dict[str, Any] = {"Idempotency-Key": "k1"}
    first = apply(api, made, **key)
    again = apply(api, made, **key)
    assert (first, api.last["Idempotent-Replayed"]) == (again, "true")
    other = {"plan_hash": made["plan_hash"], "reason": "another"}
    assert api.post("operations/", other, 422, **key)["code"] == "idempotency_key_reused"


def test_what_stands_on_it_is_named_by_the_refusal(api, judge, bob, work, channel):
    first = apply(api, plan(api, bob, work, into=bob.pk))
    third = world.customer(channel, "bob-at-home")
    second = apply(api, plan(api, bob, third, into=third.pk))
    problem = api.post(f"operations/{first['operation_id']}/undo/", {}, expect=409)
    assert (problem["code"], problem["undo_first"]) == ("not_undoable", second["operation_id"])
    assert "by Ann" in problem["detail"]
    api.post(f"operations/{second['operation_id']}/undo/", {}, expect=200)
    api.post(f"operations/{first['operation_id']}/undo/", {}, expect=200)
    again = api.post(f"operations/{first['operation_id']}/undo/", {}, expect=409)
    assert again["code"] == "not_undoable"
    assert "undo_first" not in again


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("persons/merge_plan/", {"user_ids": ["{bob}"]}, 422, "same_person"),
        ("persons/merge_plan/", {"user_ids": ["{bob}", "{bob}"]}, 422, "same_person"),
        ("persons/merge_plan/", {"user_ids": ["{bob}", 987654321]}, 404, "not_found"),
        ("persons/merge_plan/", {"person_ids": ["{person}", 987654321]}, 404, "not_found"),
        ("persons/merge_plan/", {"user_ids": ["{bob}"], "into": 3}, 400, "invalid"),
        ("persons/merge_plan/", {"user_ids": ["{bob}"], "person_ids": ["{person}"]}, 400, "invalid"),
        ("persons/merge_plan/", {}, 400, "invalid"),
        ("persons/merge_plan/", {"user_ids": "all"}, 400, "invalid"),
        ("persons/merge_plan/", {"user_ids": [1] * 11}, 400, "invalid"),
        ("persons/merge_plan/", {"user_ids": [2**70, 1]}, 400, "invalid"),
        ("persons/split_plan/", {"user_ids": ["{bob}"]}, 422, "one_profile_left"),
        ("persons/split_plan/", {"user_ids": ["{bob}", "{work}"]}, 422, "several_people"),
        ("persons/split_plan/", {"user_ids": []}, 400, "invalid"),
        ("persons/link_plan/", {"user_id": "{bob}", "with_user_id": "{bob}"}, 422, "same_person"),
        ("persons/link_plan/", {"user_id": "{bob}"}, 400, "invalid"),
        ("operations/", {"plan_hash": "x"}, 422, "reason_required"),
        ("operations/", {"plan_hash": "x", "reason": "y" * 301}, 422, "reason_required"),
        ("operations/", {"reason": "y"}, 400, "invalid"),
        ("operations/", {"plan_hash": ["x"], "reason": "y"}, 400, "invalid"),
        ("operations/987654321/undo/", {}, 404, "not_found"),
    ],
)
def test_bad_input_is_refused_by_name(api, judge, bob, work, path, body, status, code):
    ids = {"{bob}": bob.pk, "{work}": work.pk, "{person}": bob.person_id}
    text = json.dumps(body)
    for name, value in ids.items():
        text = text.replace(f'"{name}"', str(value))
    assert api.post(path, json.loads(text), expect=status)["code"] == code
    assert not Operation.objects.exists()
    assert not Plan.objects.exists()


def test_a_key_whose_agent_may_not_judge_is_refused_whatever_the_ids(api, bob, work, admin_api):
    done = apply(admin_api, plan(admin_api, bob, work))
    for path, body in (
        ("persons/merge_plan/", {"user_ids": [bob.pk, work.pk]}),
        ("persons/merge_plan/", {"person_ids": [987654321, 3]}),
        ("persons/split_plan/", {"user_ids": [bob.pk]}),
        ("persons/link_plan/", {"user_id": bob.pk, "with_user_id": work.pk}),
        ("operations/", {"plan_hash": done["plan_hash"], "reason": "x"}),
        (f"operations/{done['operation_id']}/undo/", {}),
        ("operations/987654321/undo/", {}),
    ):
        assert api.post(path, body, expect=403)["code"] == "may_not_judge"
    assert person(work) == person(bob)


def test_people_of_channels_that_the_key_does_not_see_do_not_exist(api, judge, bob, admin_api):
    forum = world.messenger(title="Forum")
    dora, other = world.customer(forum, "dora"), world.customer(forum, "dora-at-work")
    hidden = apply(admin_api, plan(admin_api, dora, other))
    api.post("persons/merge_plan/", {"user_ids": [bob.pk, dora.pk]}, expect=404)
    api.post("persons/split_plan/", {"user_ids": [dora.pk]}, expect=404)
    api.get(f"operations/{hidden['operation_id']}/", expect=404)
    api.post(f"operations/{hidden['operation_id']}/undo/", {}, expect=404)
    for query in ("", f"?user_id={other.pk}", f"?person_id={dora.person_id}"):
        assert api.get(f"operations/{query}")["results"] == []


def test_a_plan_with_people_who_went_out_of_sight_is_no_longer_shown(api, judge, bob, admin_api):
    forum = world.messenger(title="Forum")
    dora = world.customer(forum, "dora")
    values.say(dora, "api", {"name": "A secret name"}, by=None)
    done = apply(admin_api, plan(admin_api, dora, bob, into=dora.pk))
    number = done["operation_id"]
    assert "A secret name" in json.dumps(api.get(f"operations/{number}/")["plan"])
    admin_api.post(f"operations/{number}/undo/", {}, expect=200)
    assert api.get(f"operations/{number}/")["plan"] is None
    assert "A secret name" not in json.dumps(api.get("operations/"))


@pytest.mark.both
@pytest.mark.once
def test_operations_are_listed_newest_first_page_by_page_and_by_whom_they_are_about(api, judge, bob, work, channel):
    done = []
    for number in range(3):
        other = world.customer(channel, f"other-{number}")
        done.append(apply(api, plan(api, work if number else bob, other, into=(work if number else bob).pk)))
    first = api.get("operations/?limit=2")
    assert [one["operation_id"] for one in first["results"]] == [done[2]["operation_id"], done[1]["operation_id"]]
    rest = api.get(f"operations/?limit=2&cursor={first['next']}")
    assert ([one["operation_id"] for one in rest["results"]], rest["next"]) == ([done[0]["operation_id"]], None)
    about = api.get(f"operations/?person_id={work.person_id}")["results"]
    assert {one["operation_id"] for one in about} == {one["operation_id"] for one in done[1:]}
    (moved,) = api.get(f"operations/?user_id={done[0]['user_ids'][0]}")["results"]
    assert moved["operation_id"] == done[0]["operation_id"]
    assert "plan" not in moved
    for query in ("person_id=x", "user_id=-1", "cursor=!", "limit=0"):
        assert api.get(f"operations/?{query}", expect=400)["code"] == "invalid"


def test_what_a_code_has_linked_is_listed_and_can_be_undone(api, judge, bob, work):
    identity.prove(bob, work, method="code", level=3, evidence={}, by=bob)
    (done,) = api.get("operations/")["results"]
    assert (done["kind"], done["done_by"], done["done_by_name"]) == ("link", f"profile_{bob.pk}", "the customer")
    api.post(f"operations/{done['operation_id']}/undo/", {"reason": "not him"}, expect=200)
    assert person(bob) == bob.person_id


def test_a_page_of_operations_costs_the_same_for_one_and_for_many(
    api, judge, bob, channel, django_assert_max_num_queries
):
    for number in range(12):
        identity.merge(world.customer(channel, f"other-{number}").person, bob.person, by=judge)
    with django_assert_max_num_queries(6):
        assert len(api.get("operations/")["results"]) == 12


def test_the_schema_describes_plans_and_operations(client, db):
    schema = client.get("/api/v1/schema/?format=json").json()
    for path, shape in (("persons/merge_plan/", "Offered"), ("operations/", "Operation")):
        answer = schema["paths"][f"/api/v1/{path}"]["post"]["responses"]["201"]
        assert shape in answer["content"]["application/json"]["schema"]["$ref"]
    offered = schema["components"]["schemas"]["OfferedShape"]["properties"]
    assert {"plan_hash", "before", "after", "profiles", "fields", "history", "warnings"} <= set(offered)


def test_the_same_rules_hold_for_the_service(judge, bob, work):
    made = plans.merge_plan_of_profiles([bob.pk, work.pk], into=work.pk, by=judge)
    assert made.asked["into"] == work.person_id


def test_that_two_are_not_the_same_is_an_operation_too(api, judge, bob, work):
    identity.keep_apart(bob, work, by=judge, reason="twins")
    for query in ("", f"?person_id={work.person_id}", f"?user_id={bob.pk}"):
        (done,) = api.get(f"operations/{query}")["results"]
        assert (done["kind"], done["user_ids"], done["reason"]) == ("apart", [bob.pk, work.pk], "twins")
    assert [one["code"] for one in plan(api, bob, work)["warnings"]] == ["kept_apart"]
    api.post(f"operations/{done['operation_id']}/undo/", {}, expect=200)
    assert plan(api, bob, work)["warnings"] == []


@pytest.mark.both
@pytest.mark.once
def test_two_who_are_kept_apart_are_no_business_of_who_sees_one_of_them(api, judge, bob):
    dora = world.customer(world.messenger(title="Forum"), "dora")
    operation = identity.keep_apart(bob, dora, by=None, reason="twins")
    assert api.get("operations/")["results"] == []
    api.post(f"operations/{operation.pk}/undo/", {}, expect=404)
