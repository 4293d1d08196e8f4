"""Rules by the API: made, changed, tried, compared, put back; errors at their rows."""

from typing import Any

import pytest

from rules.models import Rule
from rules.services import looking_back
from tests import world

pytestmark = pytest.mark.django_db

RULE: dict[str, Any] = {
    "list": "updated",
    "title": "VIP first",
    "all": [{"field": "case.status", "operator": "is_any", "value": ["open"]}],
    "actions": [{"kind": "set_priority", "values": {"priority": "high"}}],
}


@pytest.fixture
def made(admin_api):
    return admin_api.post("rules/", RULE)


def test_a_rule_is_made_read_changed_and_deleted(admin_api, made):
    assert made | RULE == made
    assert (made["version"], made["active"], made["stop"], made["problem"]) == (1, True, False, "")
    path = f"rules/{made['rule_id']}/"
    assert admin_api.get(path) == made
    changed = admin_api.patch(path, {"title": "Very important", "stop": True})
    assert (changed["title"], changed["stop"], changed["version"], changed["all"]) == (
        "Very important",
        True,
        2,
        RULE["all"],
    )
    assert admin_api.get("rules/?list=updated")["results"] == [changed]
    assert admin_api.get("rules/?list=new")["results"] == []
    admin_api.call("DELETE", path, expect=204)
    admin_api.get(path, expect=404)


def refused(api, rule: dict) -> dict:
    """The errors: 400 for what has the wrong shape, 422 for what makes no sense."""
    answer = api.client.post(
        "/api/v1/rules/", rule, content_type="application/json", headers={"Authorization": f"Bearer {api.key}"}
    )
    assert answer.status_code in (400, 422), answer.content
    return answer.json()


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"all": [{"field": "no.such", "operator": "is", "value": 1}]}, "all.0"),
        ({"all": [{"field": "case.status", "operator": "contains", "value": "x"}]}, "all.0"),
        ({"all": [{"field": "case.status", "operator": "is_any", "value": ["nonsense"]}]}, "all.0"),
        ({"all": [{"field": "case.status", "operator": "is_any", "value": ["open"], "also": 1}]}, "all.0"),
        ({"actions": [{"kind": "no_such"}]}, "actions.0"),
        ({"actions": [{"kind": "set_priority", "values": {"priority": "huge"}}]}, "actions.0.priority"),
        ({"actions": []}, "actions"),
        ({"all": RULE["all"] * 200}, "all"),
        ({"title": ""}, "title"),
        ({"list": "sometimes"}, "list"),
    ],
)
def test_what_is_wrong_is_named_at_its_row_and_nothing_is_saved(admin_api, part, path):
    told = refused(admin_api, {**RULE, **part})
    assert path in told["errors"], told
    assert not Rule.objects.exists()


def test_who_changes_an_older_version_gets_the_difference(admin_api, made):
    path = f"rules/{made['rule_id']}/"
    admin_api.patch(path, {"title": "Mine", "version": 1})
    admin_api.call("PATCH", path, {"title": "Yours", "version": 1}, expect=409)
    told = admin_api.last.json()
    assert told["code"] == "rule_changed"
    assert "“VIP first” is now “Mine”" in told["detail"]
    assert admin_api.patch(path, {"title": "Yours", "version": 2})["title"] == "Yours"


def test_versions_tell_what_each_changed_and_one_is_put_back(admin_api, made):
    path = f"rules/{made['rule_id']}/"
    admin_api.patch(path, {"title": "Mine"})
    newest, first = admin_api.get(f"{path}versions/")["results"]
    assert (newest["version"], newest["by"], newest["changes"]) == (2, "agent", ["Title: “VIP first” is now “Mine”"])
    assert (first["version"], first["changes"]) == (1, [])
    back = admin_api.post(f"{path}restore/", {"version": 1}, expect=200)
    assert (back["title"], back["version"]) == ("VIP first", 3)
    assert "version" in admin_api.post(f"{path}restore/", {"version": 9}, expect=400)["errors"]


def test_a_rule_is_tried_on_a_case_and_over_the_last_days(admin_api, made, channel):
    case = world.says(world.customer(channel), "hello").case
    path = f"rules/{made['rule_id']}/test/"
    told = admin_api.post(path, {"case_id": case.number}, expect=200)
    assert told["matches"] is True
    assert told["conditions"] == [
        {"path": "all.0", "condition": "Status is any of open", "held": True, "saw": "open", "problem": ""}
    ]
    (deed,) = told["actions"]
    assert (deed["path"], deed["action"], deed["problem"]) == ("actions.0", "Set the priority to high", "")
    assert deed["changes"]
    case.refresh_from_db()
    assert case.priority == "normal", "nothing of it is kept"
    (found,) = admin_api.post(path, {"days": 7}, expect=200)["cases"]
    assert (found["case_id"], len(found["changes"])) == (case.pk, 1), "what it would change"
    draft = {**RULE, "all": [{"field": "case.priority", "operator": "is_any", "value": ["low"]}]}
    assert admin_api.post("rules/test/", {"rule": draft, "days": 7}, expect=200) == {
        "asked": 1, "matched": 0, "cases": [], "next": None
    }  # fmt: skip
    assert "case_id" in admin_api.post(path, {"case_id": "1-1"}, expect=400)["errors"]
    assert "case_id" in admin_api.post(path, {}, expect=400)["errors"]
    assert "days" in admin_api.post(path, {"days": 91}, expect=400)["errors"]


def test_runs_tell_which_rule_fired(admin_api, made, channel):
    case = world.says(world.customer(channel), "hello").case
    world.says(case.profile, "again")
    (run,) = admin_api.get(f"rules/runs/?case_id={case.pk}")["results"]
    assert run["fired"] == [made["rule_id"]]
    assert run["rules"][0]["outcome"] == "fired"


def test_runs_are_found_by_a_rule_and_name_its_version_and_how_long_they_took(admin_api, made, channel):
    other = admin_api.post("rules/", {**RULE, "title": "Never", "all": [{"field": "user.blocked", "operator": "yes"}]})
    case = world.says(world.customer(channel), "hello").case
    world.says(case.profile, "again")
    admin_api.patch(f"rules/{made['rule_id']}/", {"title": "Renamed"})
    world.says(case.profile, "and again")
    second, first = admin_api.get(f"rules/runs/?rule_id={made['rule_id']}")["results"]
    assert [run["rules"][0]["version"] for run in (first, second)] == [1, 2]
    assert all(run["took_ms"] > 0 for run in (first, second))
    assert admin_api.get(f"rules/runs/?rule_id={other['rule_id']}")["results"] == []
    admin_api.call("DELETE", f"rules/{made['rule_id']}/", expect=204)
    assert len(admin_api.get(f"rules/runs/?rule_id={made['rule_id']}")["results"]) == 2
    assert "rule_id" in admin_api.get("rules/runs/?rule_id=x", expect=400)["errors"]


def test_the_table_of_fields_is_data(admin_api):
    told = admin_api.get("rules/fields/?list=updated")
    keys = {field["key"] for field in told["fields"]}
    assert {"case.status", "identification.code"} <= keys
    assert "identification.code" not in {field["key"] for field in admin_api.get("rules/fields/?list=new")["fields"]}
    assert "list" in admin_api.get("rules/fields/?list=x", expect=400)["errors"]


def test_a_rule_moves_in_its_list(admin_api, made):
    second = admin_api.post("rules/", {**RULE, "title": "Second"})
    admin_api.post(f"rules/{second['rule_id']}/move/", {"places": -1}, expect=200)
    assert [row["title"] for row in admin_api.get("rules/?list=updated")["results"]] == ["Second", "VIP first"]


def titles(api: Any, name: str = "updated") -> list[str]:
    return [row["title"] for row in api.get(f"rules/?list={name}")["results"]]


@pytest.fixture
def three(admin_api, made):
    return [made, *(admin_api.post("rules/", {**RULE, "title": title}) for title in ("Second", "Third"))]


def test_a_rule_is_put_before_or_after_another_and_into_a_group(admin_api, three):
    first, second, third = (row["rule_id"] for row in three)
    admin_api.post(f"rules/{third}/move/", {"before": first}, expect=200)
    assert titles(admin_api) == ["Third", "VIP first", "Second"]
    admin_api.post(f"rules/{third}/move/", {"after": second}, expect=200)
    assert titles(admin_api) == ["VIP first", "Second", "Third"]
    group = admin_api.post("rules/groups/", {"list": "updated", "title": "Codes"})["group_id"]
    assert admin_api.post(f"rules/{first}/move/", {"group": group}, expect=200)["group_id"] == group
    assert titles(admin_api) == ["Second", "Third", "VIP first"]
    assert admin_api.post(f"rules/{first}/move/", {"group": None}, expect=200)["group_id"] is None
    for wrong in ({}, {"places": 1, "group": group}, {"before": 999}, {"group": 999}, {"before": "x"}, {"after": None}):
        admin_api.post(f"rules/{first}/move/", wrong, expect=400)


def test_groups_are_made_renamed_switched_moved_and_deleted(admin_api, three):
    group = admin_api.post("rules/groups/", {"list": "updated", "title": "Codes"})
    assert (group["active"], group["rules"]) == (True, [])
    path = f"rules/groups/{group['group_id']}/"
    admin_api.patch(f"rules/{three[1]['rule_id']}/", {"group_id": group["group_id"]})
    off = admin_api.patch(path, {"title": "Codes of customers", "active": False})
    assert (off["title"], off["active"], off["rules"]) == ("Codes of customers", False, [three[1]["rule_id"]])
    inside = admin_api.get(f"rules/{three[1]['rule_id']}/")
    assert (inside["group_id"], inside["active"], inside["running"]) == (group["group_id"], True, False)
    admin_api.post(f"{path}move/", {"places": -9}, expect=200)
    assert titles(admin_api) == ["Second", "VIP first", "Third"]
    assert [row["group_id"] for row in admin_api.get("rules/groups/?list=updated")["results"]] == [group["group_id"]]
    assert admin_api.get("rules/groups/?list=new")["results"] == []
    admin_api.call("DELETE", path, expect=204)
    admin_api.get(path, expect=404)
    assert titles(admin_api) == ["Second", "VIP first", "Third"]


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({"list": "updated"}, 400, "title"),
        ({"list": "never", "title": "x"}, 400, "list"),
        ({"list": "updated", "title": "x" * 121}, 400, "title"),
        ({"list": "updated", "title": "Codes"}, 422, "title"),
        ({"list": "updated", "title": "x", "position": 1}, 400, "position"),
    ],
)
def test_a_group_that_cannot_be_made_is_refused_at_its_field(admin_api, body, status, name):
    admin_api.post("rules/groups/", {"list": "updated", "title": "Codes"})
    assert name in admin_api.post("rules/groups/", body, expect=status)["errors"]


def test_a_whole_list_is_put_in_order(admin_api, three):
    first, second, third = (row["rule_id"] for row in three)
    group = admin_api.post("rules/groups/", {"list": "updated", "title": "Codes"})["group_id"]
    order = [third, {"group_id": group, "rules": [second, first]}]
    assert admin_api.post("rules/order/", {"list": "updated", "order": order}, expect=200)["rules"] == [
        third, second, first
    ]  # fmt: skip
    assert titles(admin_api) == ["Third", "Second", "VIP first"]
    told = admin_api.post("rules/order/", {"list": "updated", "order": [third]}, expect=409)
    assert told["code"] == "order_changed"
    group_ids: list[Any] = [{"rules": []}, {"group_id": group}, {"group_id": "1", "rules": []}]
    for wrong in (5, [True], ["1"], [[1]], *([one] for one in group_ids)):
        admin_api.post("rules/order/", {"list": "updated", "order": wrong}, expect=400)


def test_any_two_versions_are_compared_row_by_row(admin_api, made):
    path = f"rules/{made['rule_id']}/"
    admin_api.patch(path, {"title": "Mine", "all": []})
    admin_api.patch(path, {"title": "Mine", "stop": True})
    told = admin_api.get(f"{path}versions/diff/?from=1&to=2")
    assert (told["from"], told["to"]) == (1, 2)
    rows = {part["title"]: [(row["change"], row["row"]) for row in part["rows"]] for part in told["parts"]}
    assert rows["Title"] == [("removed", "VIP first"), ("added", "Mine")]
    assert rows["If all of these are true"] == [("removed", "Status is any of open")]
    assert [change for change, _row in rows["Then do this, in order"]] == ["kept"]
    assert admin_api.get(f"{path}versions/diff/?from=1")["to"] == 3
    for wrong in ("", "?from=9", "?from=1&to=x", "?from=1&to=99999999999999999999"):
        admin_api.get(f"{path}versions/diff/{wrong}", expect=400)
    assert [(row["version"], row["staff_full_name"]) for row in admin_api.get(f"{path}versions/")["results"]] == [
        (number, "Ada") for number in (3, 2, 1)
    ]


def test_a_look_over_history_goes_on_where_it_stopped(admin_api, made, channel, monkeypatch):
    monkeypatch.setattr(looking_back, "MOST_CASES", 2)
    cases = [world.says(world.customer(channel, f"customer {number}"), "hello").case.pk for number in range(5)]
    found: list[int] = []
    after: dict[str, Any] = {}
    for _look in range(3):
        told = admin_api.post(f"rules/{made['rule_id']}/test/", {"days": 7, **after}, expect=200)
        found += [one["case_id"] for one in told["cases"]]
        after = {"next": told["next"]}
    assert (found, told["next"]) == (cases[::-1], None)
