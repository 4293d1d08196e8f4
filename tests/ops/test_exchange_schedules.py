"""Business hours go out into a file and come in again; rules name them by their titles."""

from typing import Any

import pytest

from helpdesk.channels.models import Schedule
from helpdesk.ops import exchange
from rules.models import Condition, Rule
from tests import world
from tests.rules.desk import rule, when

pytestmark = pytest.mark.django_db

ITEM: dict[str, Any] = {
    "title": "Support",
    "timezone": "Europe/Berlin",
    "country": "DE",
    "region": "BY",
    "is_default": True,
    "periods": [{"weekday": "monday", "opens": "09:00", "closes": "00:00"}],
    "free_days": [{"date": "2026-12-24", "title": "Christmas Eve", "working": False}],
}


def file(*items: Any, **parts: Any) -> dict[str, Any]:
    return {"format": "helpdesk-config", "version": 1, "schedules": [*items], **parts}


def test_they_come_in_are_the_same_the_second_time_and_go_out_again():
    (made,) = exchange.load(file(ITEM), keep=True)
    assert (made.section, made.title, made.verb) == ("schedules", "Support", "new")
    assert [step.verb for step in exchange.load(file(ITEM), keep=True)] == ["same"]
    assert exchange.export()["schedules"] == [ITEM]
    (changed,) = exchange.load(file({"title": "Support", "free_days": []}), keep=True)
    assert changed.changes == {"free_days": (ITEM["free_days"], [])}
    assert exchange.export()["schedules"] == [{**ITEM, "free_days": []}]


def test_a_rule_names_them_by_title_on_any_desk():
    hours = world.hours("Support")
    clock = {"amount": 2, "unit": "hours", "schedule": hours.pk}
    rule("Slow", list="time", all=[when("clock.customer", "at_least", clock), when("time.hours", "inside", hours.pk)])
    carried = exchange.export()
    (told,) = carried["rules"]
    assert [row["value"] for row in told["all"]] == [{**clock, "schedule": "Support"}, "Support"]
    Rule.objects.all().delete()
    Schedule.objects.all().delete()
    world.hours("Another")  # so that the ids are others
    exchange.load(carried, keep=True)
    there = Schedule.objects.get(title="Support").pk
    assert there != hours.pk
    values = list(Condition.objects.order_by("position").values_list("value", flat=True))
    assert values == [{**clock, "schedule": there}, there]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"timezone": "Europe/Atlantis"}, "schedules[0].timezone: There is no such time zone."),
    ({"country": "XX"}, "schedules[0].country: The public holidays of this country are not known."),
    ({"region": "XX"}, "schedules[0].region: The chosen country has no such region."),
    ({"periods": [{"weekday": "monday", "opens": "17:00", "closes": "09:00"}]}, "schedules[0].periods[0]: This ends"),
    ({"periods": [{"weekday": "monday"}]}, "schedules[0].periods[0].opens: This field is required."),
    ({"periods": ["monday"]}, "schedules[0].periods[0].non_field_errors: "),
    ({"periods": "always"}, "schedules[0].periods: this has to be a list"),
    ({"free_days": [{"date": "soon"}]}, "schedules[0].free_days[0].date: "),
    ({"strange": 1}, "schedules[0].strange: there is no such setting"),
]


@pytest.mark.parametrize(("part", "line"), BAD, ids=lambda one: one if isinstance(one, str) else "")
def test_mistakes_are_told_at_their_place_and_nothing_is_kept(part, line):
    with pytest.raises(exchange.Mistakes) as refused:
        exchange.load(file({**ITEM, **part}), keep=True)
    assert any(told.startswith(line) for told in refused.value.lines), refused.value.lines
    assert not Schedule.objects.exists()


def test_a_rule_that_names_hours_which_the_desk_has_not_is_refused():
    condition = when("time.hours", "inside", "Nobody's")
    actions = [{"kind": "add_note", "values": {"text": "x"}}]
    item = {"list": "updated", "title": "x", "all": [condition], "actions": actions}
    with pytest.raises(exchange.Mistakes) as refused:
        exchange.load(file(rules=[item]), keep=True)
    assert refused.value.lines == ["rules[0].all[0]: What was chosen here no longer exists (Nobody's)."]
