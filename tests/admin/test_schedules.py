"""Ada sets business hours."""

import pytest
import time_machine

from helpdesk.channels.models import FreeDay, Period, Schedule
from helpdesk.events.models import Event
from tests import world
from tests.rules.desk import rule, when

ADD = "channels/schedule/add/"


def change(schedule):
    return f"channels/schedule/{schedule.pk}/change/"


def hours_of(schedule):
    return [(one.weekday, f"{one.opens:%H:%M}", f"{one.closes:%H:%M}") for one in schedule.periods.all()]


def test_new_hours_begin_with_an_office_week_and_the_first_are_the_default(admin):
    page = admin.open(ADD).send(title=" Support ", timezone="Europe/Berlin", holidays="DE:BY")
    assert page.status == 200
    made = Schedule.objects.get()
    assert (made.title, made.timezone, made.country, made.region) == ("Support", "Europe/Berlin", "DE", "BY")
    assert made.is_default
    assert hours_of(made) == [(day, "09:00", "17:00") for day in range(5)]
    event = Event.objects.get(kind="schedule.saved")
    assert (event.data["title"], event.actor_kind) == ("Support", "agent")
    assert "Mon–Fri 09:00–17:00" in page.text


def test_rows_are_changed_added_and_taken_away(admin):
    hours = world.hours()
    sent = {
        "periods-0-closes": "12:00",
        "periods-1-DELETE": "on",
        "periods-5-weekday": "0",
        "periods-5-opens": "13:00",
        "periods-5-closes": "00:00",
        "free_days-0-date": "2026-12-24",
        "free_days-0-title": "Christmas Eve",
    }
    admin.open(change(hours)).send(**sent)
    afternoon = [(day, "09:00", "17:00") for day in (2, 3, 4)]
    assert hours_of(hours) == [(0, "09:00", "12:00"), (0, "13:00", "00:00"), *afternoon]
    assert [str(day) for day in hours.free_days.all()] == ["2026-12-24 Christmas Eve"]
    page = admin.open(change(hours)).send(**{"free_days-0-working": "on"})
    assert FreeDay.objects.get().working
    assert page.status == 200


BAD_ROWS = (
    ({"periods-1-weekday": "0"}, "This overlaps with 09:00 to 17:00 of the same day."),
    ({"periods-0-closes": "08:00"}, "This ends before it begins. Hours over midnight are two rows, one for each day."),
    ({"periods-0-closes": "09:00"}, "This ends before it begins."),
    ({"periods-0-opens": "9 o'clock"}, "Enter a valid time."),
    ({"periods-0-weekday": "7"}, "Select a valid choice."),
    ({"periods-5-weekday": "6"}, "This field is required."),
    ({"free_days-0-date": "2026-02-30"}, "Enter a valid date."),
    ({"free_days-0-date": "2026-12-24", "free_days-1-date": "2026-12-24"}, "This day stands here twice."),
)


@pytest.mark.parametrize(("sent", "sentence"), BAD_ROWS)
def test_what_is_wrong_stands_at_the_row_and_all_that_was_typed_stays(admin, sent, sentence):
    page = admin.open(ADD)
    page.values["free_days-TOTAL_FORMS"] = ["2"]
    page = page.send(title="Support", **sent)
    assert sentence in page.text
    kept = {name: value for name, value in sent.items() if not name.endswith("weekday")}
    assert page.shows("title", *kept) == ["Support", *kept.values()]
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"holidays": "XX"}, "holidays"),
        ({"holidays": "DE:XX"}, "holidays"),
        ({"title": " "}, "title"),
        ({"title": "Office hours"}, "title"),
        ({"title": "x" * 121}, "title"),
    ],
)
def test_unknown_zones_countries_and_taken_titles_are_refused(admin, sent, field):
    world.hours()
    page = admin.open(ADD).send(**{"title": "Support", **sent})
    assert list(page.errors) == [field]
    assert Schedule.objects.count() == 1


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-12-23 17:30 +0100", "Closed now, opens Thursday 09:00"),
        ("2026-12-24 17:00 +0100", "Closed now, opens Monday 09:00"),
        ("2026-12-28 09:00 +0100", "Open now, until 17:00"),
    ],
)
def test_the_pages_tell_whether_it_is_open_and_which_holidays_come(admin, ada, moment, told):
    hours = world.hours(country="DE", region="BY")
    with time_machine.travel(moment, tick=False):
        admin.client.force_login(ada)
        assert told in admin.open("channels/schedule/").text
        page = admin.open(change(hours))
    assert told in page.text
    assert ("Fri 25 Dec 2026: Christmas Day" in page.text) is ("2026-12-28" not in moment)
    assert "Wed 6 Jan 2027: Epiphany" in page.text


def test_hours_that_never_come_say_so(admin):
    page = admin.open(change(world.hours(periods=())))
    assert "Never open" in page.text


def test_another_default_takes_its_place(admin):
    first, second = world.hours(), world.hours("Night")
    admin.open(change(second)).send(is_default="on")
    assert not Schedule.objects.get(pk=first.pk).is_default
    assert Schedule.objects.get(pk=second.pk).is_default


def test_before_hours_go_the_page_names_the_rules_that_count_in_them(admin):
    hours = world.hours()
    clock = when("clock.customer", "at_least", {"amount": 2, "unit": "hours", "schedule": hours.pk})
    rule("Slow answer", list="time", all=[clock])
    rule("At night", all=[when("time.hours", "outside", hours.pk)])
    page = admin.open(f"channels/schedule/{hours.pk}/delete/")
    for title in ("Slow answer", "At night"):
        assert f"The rule “{title}” needs it: it would no longer run." in page.text
    admin.client.post(page.address, {"post": "yes"})
    assert not Schedule.objects.exists()
    assert not Period.objects.exists()
    assert Event.objects.filter(kind="schedule.deleted").exists()


def test_saving_without_a_change_says_nothing(admin):
    hours = world.hours()
    before = Event.objects.count()
    admin.open(change(hours)).send()
    assert Event.objects.count() == before
