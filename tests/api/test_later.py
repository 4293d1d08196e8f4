"""Snoozing and macros by the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from helpdesk.cases.models import Case, Macro
from tests import world
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


@pytest.fixture
def desk(ann):
    return Api(world.api_key(ann))


@pytest.fixture
def case(bob) -> Case:
    return world.says(bob, "hello").case


def test_a_case_is_snoozed_and_woken(desk, case):
    until = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    shown = desk.post(f"cases/{case.number}/snooze/", {"until": until.isoformat()}, expect=200)
    assert shown["snoozed_until"] == until.isoformat()
    assert desk.get(f"cases/{case.pk}/")["snoozed_until"] == until.isoformat()
    assert desk.post(f"cases/{case.pk}/wake/", {}, expect=200)["snoozed_until"] is None


@pytest.mark.parametrize(
    "body", [{}, {"until": "tomorrow"}, {"until": None}, {"until": "2030-01-01T00:00:00Z", "x": 1}]
)
def test_a_body_that_makes_no_sense_is_refused(desk, case, body):
    assert desk.post(f"cases/{case.pk}/snooze/", body, expect=400)["errors"]


def test_a_time_that_is_past_is_refused_at_its_field(desk, case):
    problem = desk.post(f"cases/{case.pk}/snooze/", {"until": "2001-01-01T00:00:00Z"}, expect=422)
    assert (problem["code"], list(problem["errors"])) == ("cannot_snooze", ["until"])


def test_macros_are_listed_and_run(desk, case, ann):
    steps = [{"kind": "set_priority", "values": {"priority": "high"}}]
    shared = Macro.objects.create(title="Urgent", actions=steps)
    own = Macro.objects.create(title="Mine", actions=steps, owner=ann)
    theirs = Macro.objects.create(title="Theirs", actions=steps, owner=world.agent("Carl"))
    listed = {one["macro_id"]: one for one in desk.get("macros/")["results"]}
    assert listed.keys() == {shared.pk, own.pk}
    assert listed[shared.pk] == {"macro_id": shared.pk, "macro_title": "Urgent", "own": False}
    assert desk.post(f"cases/{case.pk}/run_macro/", {"macro_id": shared.pk}, expect=200)["priority"] == "high"
    for wrong in (theirs.pk, 999_999):
        desk.post(f"cases/{case.pk}/run_macro/", {"macro_id": wrong}, expect=400)


def test_a_broken_macro_is_refused_with_its_reason(desk, case):
    broken = Macro.objects.create(title="Broken", actions=[{"kind": "set_group", "values": {"group": 999}}])
    problem = desk.post(f"cases/{case.pk}/run_macro/", {"macro_id": broken.pk}, expect=422)
    assert (problem["code"], "Action 1" in problem["detail"]) == ("broken_macro", True)
