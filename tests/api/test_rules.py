"""Rules by the API: made, changed, tried, compared, put back; errors at their rows."""

from typing import Any

import pytest

from rules.models import Rule
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
    assert told["conditions"] == [{"path": "all.0", "condition": "Status is any of open", "held": True, "saw": "open"}]
    assert len(told["actions"]) == 1
    case.refresh_from_db()
    assert case.priority == "normal", "nothing of it is kept"
    draft = {**RULE, "all": [{"field": "case.priority", "operator": "is_any", "value": ["low"]}]}
    assert admin_api.post("rules/test/", {"rule": draft, "days": 7}, expect=200) == {
        "asked": 1, "more": False, "matched": 0, "cases": []
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
