"""In the inbox a case is put off, woken, and run through a macro; each form works without a script."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from helpdesk.cases.models import Case, Macro
from helpdesk.events.models import Event
from tests import world

pytestmark = pytest.mark.django_db

URGENT = [{"kind": "set_priority", "values": {"priority": "high"}}]
MONDAY = datetime(2030, 4, 8, 10, 30, tzinfo=ZoneInfo("UTC"))


@pytest.fixture(autouse=True)
def _monday():
    """Half past ten on a Monday; sessions begin then."""
    with time_machine.travel(MONDAY, tick=False):
        yield


def post(client, name: str, case: Case, **data):
    return client.post(reverse(f"inbox:{name}", args=[case.number]), data)


def page(client, case: Case) -> str:
    return client.get(reverse("inbox:case", args=[case.number])).content.decode()


def until(case: Case) -> datetime | None:
    return Case.objects.get(pk=case.pk).snoozed_until


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"for": "hours"}, "2030-04-08T13:30"),
        ({"for": "tomorrow"}, "2030-04-09T09:00"),
        ({"for": "monday"}, "2030-04-15T09:00"),
        ({"for": "", "until": "2030-05-01T08:15"}, "2030-05-01T08:15"),
    ],
)
def test_a_case_is_put_off_by_the_menu_or_to_a_time_and_woken_again(as_ann, ann, case, sent, expected):
    assert post(as_ann, "snooze", case, **sent).status_code == 302
    assert f"{until(case):%Y-%m-%dT%H:%M}" == expected
    text = page(as_ann, case)
    assert "Snoozed until" in text
    assert "Wake it now" in text
    assert Event.objects.get(kind="case.snoozed").actor == ("agent", ann.pk)
    rows = as_ann.get(reverse("inbox:tray", args=["snoozed"])).content.decode()
    assert case.number in rows
    post(as_ann, "snooze", case, **{"for": "now"})
    assert until(case) is None
    assert "Wake it now" not in page(as_ann, case)


@pytest.mark.parametrize("typed", ["", "nonsense", "2001-01-01T10:00", "9999-12-31T23:59", "2030-02-31T10:00", "٢٠٣٠"])
def test_a_time_that_makes_no_sense_is_refused_with_a_sentence(as_ann, case, typed):
    answer = post(as_ann, "snooze", case, until=typed)
    assert answer.status_code == 422
    assert "Choose a time that is still to come" in answer.content.decode()
    assert until(case) is None


def test_a_macro_is_run_from_the_case(as_ann, case):
    urgent = Macro.objects.create(title="Urgent & important", actions=URGENT)
    assert 'id="macro-menu"' in page(as_ann, case)
    for headers in ({}, {"HX-Request": "true"}):  # a page without a script, a part of the menu with one
        text = as_ann.get(reverse("inbox:macros", args=[case.number]), headers=headers).content.decode()
        assert f'name="macro" value="{urgent.pk}"' in text
        assert "Urgent &amp; important" in text
    assert post(as_ann, "macro", case, macro=urgent.pk).status_code == 302
    assert Case.objects.get(pk=case.pk).priority == "high"
    assert "ran the macro" in page(as_ann, case)


def test_a_macro_of_somebody_else_does_not_exist(as_ann, case):
    other = world.agent("Carl")
    theirs = Macro.objects.create(title="Mine", owner=other, actions=URGENT)
    assert 'id="macro-menu"' not in page(as_ann, case)
    assert "Mine" not in as_ann.get(reverse("inbox:macros", args=[case.number])).content.decode()
    for wanted in (theirs.pk, 999_999, "", "x", "-1", "9" * 40):
        assert post(as_ann, "macro", case, macro=wanted).status_code == 404
    assert Case.objects.get(pk=case.pk).priority == "normal"


def test_a_macro_that_is_broken_says_why_and_changes_nothing(as_ann, case):
    broken = Macro.objects.create(title="Broken", actions=[{"kind": "set_group", "values": {"group": 999}}])
    answer = post(as_ann, "macro", case, macro=broken.pk)
    assert answer.status_code == 422
    assert "This macro cannot be used. Action 1" in answer.content.decode()


def test_who_may_not_see_the_case_can_do_nothing_to_it(as_eve, case):
    urgent = Macro.objects.create(title="Urgent", actions=URGENT)
    assert post(as_eve, "snooze", case, **{"for": "hours"}).status_code == 404
    assert post(as_eve, "macro", case, macro=urgent.pk).status_code == 404
    assert until(case) is None
