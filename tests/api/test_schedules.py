"""Business hours by the API."""

from typing import Any

import pytest
import time_machine

from helpdesk.channels.models import Schedule
from helpdesk.events.models import Event
from tests import world
from tests.api.conftest import Api
from tests.rules.desk import rule, when

pytestmark = pytest.mark.django_db

WEEK = [{"weekday": "monday", "opens": "09:00", "closes": "17:00"}]
BODY: dict[str, Any] = {
    "title": "Support",
    "timezone": "Europe/Berlin",
    "country": "DE",
    "region": "BY",
    "periods": [*WEEK, {"weekday": "saturday", "opens": "20:00", "closes": "00:00"}],
    "free_days": [{"date": "2026-12-24", "title": "Christmas Eve"}, {"date": "2027-01-06", "working": True}],
}


@pytest.fixture
def ada():
    return Api(world.api_key(world.admin(), "admin"))


def test_hours_are_made_read_changed_and_deleted(ada):
    shown = ada.post("schedules/", BODY)
    days = [{"title": "", "working": False, **day} for day in BODY["free_days"]]
    assert {name: shown[name] for name in BODY} == {**BODY, "free_days": days}
    assert shown["is_default"] is True
    address = f"schedules/{shown['schedule_id']}/"
    assert ada.get(address)["periods"] == BODY["periods"]
    assert [one["title"] for one in ada.get("schedules/")["results"]] == ["Support"]
    changed = ada.patch(address, {"title": "Sales", "free_days": []})
    assert (changed["title"], changed["free_days"], changed["periods"]) == ("Sales", [], BODY["periods"])
    assert Event.objects.filter(kind="schedule.saved").count() == 2
    ada.call("DELETE", address, expect=204)
    ada.get(address, expect=404)


def test_it_says_whether_it_is_open_now_and_until_when(ada):
    number = ada.post("schedules/", BODY)["schedule_id"]
    with time_machine.travel("2026-11-23 10:00 +0100", tick=False):
        shown = ada.get(f"schedules/{number}/")
    assert (shown["open"], shown["changes_at"]) == (True, "2026-11-23T16:00:00+00:00")


# 400: refused for its shape, before anybody looks at what it means.
BAD: list[tuple[dict[str, Any], str, int]] = [
    ({"title": ""}, "title", 400),
    ({"title": "Taken"}, "title", 422),
    ({"timezone": 7}, "timezone", 400),
    ({"timezone": "Europe/Atlantis"}, "timezone", 422),
    ({"country": "XX"}, "country", 422),
    ({"region": "ZZ"}, "region", 422),
    ({"periods": [{"weekday": "monday", "opens": "17:00", "closes": "09:00"}]}, "periods.0", 422),
    ({"periods": [*WEEK, {"weekday": "monday", "opens": "16:59", "closes": "18:00"}]}, "periods.1", 422),
    ({"periods": [{"weekday": "someday", "opens": "09:00", "closes": "17:00"}]}, "periods.0.weekday", 400),
    ({"periods": [{"weekday": "monday", "opens": "25:00", "closes": "17:00"}]}, "periods.0.opens", 400),
    ({"periods": WEEK * 71}, "periods", 400),
    ({"periods": "always"}, "periods", 400),
    ({"free_days": [{"date": "2026-02-30"}]}, "free_days.0.date", 400),
    ({"free_days": [{"date": "2026-12-24"}, {"date": "2026-12-24"}]}, "free_days.1", 422),
    ({"free_days": [{"date": "2026-12-24", "working": "perhaps"}]}, "free_days.0.working", 400),
    ({"free_days": [{"date": "2026-12-24", "strange": 1}]}, "free_days.0.strange", 400),
    ({"strange": 1}, "strange", 400),
]


@pytest.mark.parametrize(("part", "field", "status"), BAD)
def test_bad_input_is_told_by_field_and_nothing_is_kept(ada, part, field, status):
    world.hours("Taken")
    answer = ada.call("POST", "schedules/", {**BODY, **part}, expect=status)
    assert any(name.startswith(field) for name in answer["errors"]), answer["errors"]
    assert Schedule.objects.count() == 1


def test_hours_that_a_rule_counts_in_stay(ada):
    hours = world.hours()
    rule("At night", all=[when("time.hours", "outside", hours.pk)])
    answer = ada.call("DELETE", f"schedules/{hours.pk}/", expect=409)
    assert answer["code"] == "schedule_needed"
    assert answer["needed_by"] == ["The rule “At night” needs it: it would no longer run."]
    assert Schedule.objects.exists()


def test_only_administrators_keys_may():
    address = f"schedules/{world.hours().pk}/"
    ann = Api(world.api_key(world.agent(), "write"))
    ann.get("schedules/", expect=403)
    ann.post("schedules/", BODY, expect=403)
    ann.patch(address, {"title": "x"}, expect=403)
    ann.call("DELETE", address, expect=403)
