"""Business hours as a calendar: held against a count of single minutes, over both changes of the clocks."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.services import public_holidays
from helpdesk.channels.services.hours import Calendar, Period

MINUTE = timedelta(minutes=1)
FORTNIGHT = timedelta(days=14)
# A week before the clocks of the zone are set, in both directions; Kathmandu's never are.
STARTS = {
    "Europe/Berlin": (datetime(2026, 3, 22, tzinfo=UTC), datetime(2026, 10, 18, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)),
    "Asia/Kathmandu": (datetime(2026, 3, 22, tzinfo=UTC), datetime(2026, 10, 18, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 9, 27, tzinfo=UTC)),
    # Here the clocks are set at midnight, and the day before has its last hour twice.
    "Africa/Cairo": (datetime(2026, 4, 17, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)),
}
BERLIN = ZoneInfo("Europe/Berlin")
NINE, FIVE = time(9), time(17)
OFFICE = tuple(Period(day, NINE, FIVE) for day in range(5))

ends = st.sampled_from([*range(0, 24 * 60, 15), 1, 59, 121, 135, 150, 179, 181, 24 * 60 - 1])


def at(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


@st.composite
def weeks(draw) -> tuple[Period, ...]:
    """Several periods a day, which may touch each other, and midnight."""
    periods = []
    for day in draw(st.sets(st.integers(0, 6), min_size=1)):
        marks = sorted({*draw(st.lists(ends, max_size=5)), *draw(st.sampled_from([(), (0, 24 * 60), (1380, 24 * 60)]))})
        if marks and marks[-1] == 0:
            marks = []
        pairs = zip(marks[::2], marks[1::2], strict=False)
        periods += [Period(day, at(first), at(last)) for first, last in pairs]
        if draw(st.booleans()):  # two that touch
            periods = [one for one in periods if one.weekday != day]
            periods += [Period(day, time(1, 30), time(2, 30)), Period(day, time(2, 30), time(4))]
    return tuple(periods)


@st.composite
def calendars(draw) -> tuple[Calendar, datetime]:
    name = draw(st.sampled_from(sorted(STARTS)))
    start = draw(st.sampled_from(STARTS[name]))
    days = st.integers(-1, 15).map(lambda number: start.date() + timedelta(days=number))
    free = draw(st.frozensets(days, max_size=3))
    return Calendar(ZoneInfo(name), draw(weeks()), free=free), start


def shown(calendar: Calendar, moment: datetime) -> bool:
    """What the clock on the wall and the plan on the door say, without any arithmetic."""
    wall = moment.astimezone(calendar.zone)
    if wall.date() in calendar.free:
        return False
    today = [one for one in calendar.periods if one.weekday == wall.weekday() and one.opens <= wall.time()]
    return any(wall.time() < one.closes or one.closes == time() for one in today)


@dataclass
class Counted:
    """A fortnight, minute by minute, from one of its minutes on. said: for each, whether it is open."""

    calendar: Calendar
    start: datetime
    begin: int
    said: list[bool]

    def at(self, index: int) -> datetime:
        return self.start + MINUTE * index

    @property
    def first(self) -> datetime:
        return self.at(self.begin)

    def passed(self, span: int) -> datetime | None:
        """When so many open minutes have passed, counted one by one."""
        counted = 0
        for index in range(self.begin, len(self.said)):
            counted += self.said[index]
            if counted == span:
                return self.at(index + 1)
        return None


@st.composite
def fortnights(draw) -> Counted:
    calendar, start = draw(calendars())
    begin = draw(st.integers(0, 14 * 1440 - 1))
    return Counted(calendar, start, begin, [shown(calendar, start + MINUTE * index) for index in range(14 * 1440)])


@pytest.mark.slow
@given(fortnights(), st.integers(1, 3000))
def test_time_that_passes_agrees_with_a_count_of_single_minutes(it, span):
    for index in range(it.begin, min(it.begin + 350, len(it.said)), 7):
        assert it.calendar.between(it.first, it.at(index)) == MINUTE * sum(it.said[it.begin : index])
    due, expected = it.calendar.after(it.first, MINUTE * span), it.passed(span)
    if expected is None:
        assert due is None or due > it.start + FORTNIGHT
        return
    assert due == expected
    assert it.calendar.between(it.first, due) == MINUTE * span
    assert it.calendar.between(it.calendar.before(due, MINUTE * span), due) == MINUTE * span


@pytest.mark.slow
@given(fortnights())
def test_changes_agree_with_a_look_at_single_minutes(it):
    for index in range(it.begin, min(it.begin + 3000, len(it.said)), 7):
        assert it.calendar.is_open(it.at(index)) is it.said[index]
    changes = [i for i in range(it.begin + 1, len(it.said)) if it.said[i] != it.said[i - 1]]
    change = it.calendar.next_change(it.first)
    if changes:
        assert change == it.at(changes[0])
    else:
        assert change is None or change >= it.start + FORTNIGHT
    if any(it.said[it.begin :]):
        assert it.calendar.opens_at(it.first) == it.at(it.said.index(True, it.begin))


@given(calendars(), st.integers(0, 14 * 1440 - 1), st.integers(1, 3000))
def test_before_gives_the_latest_start_of_a_clock_that_has_run_out(drawn, begin, span):
    calendar, start = drawn
    end = start + MINUTE * begin
    latest = calendar.before(end, MINUTE * span)
    if latest is None:
        assert not calendar.periods or calendar.after(end - timedelta(days=3000), MINUTE * span) is None
        return
    assert calendar.after(latest, MINUTE * span) <= end
    later = calendar.after(latest + timedelta(seconds=1), MINUTE * span)
    assert later is None or later > end


def test_an_hour_that_the_clocks_skip_is_not_worked_and_one_that_they_repeat_is_worked_twice():
    night = Calendar(BERLIN, (Period(6, time(1), time(4)),))
    spring, autumn = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert night.between(spring, spring + timedelta(days=1)) == timedelta(hours=2)
    assert night.between(autumn, autumn + timedelta(days=1)) == timedelta(hours=4)
    assert night.between(spring + timedelta(days=7), spring + timedelta(days=8)) == timedelta(hours=3)


def test_half_of_a_repeated_hour_is_open_closed_and_open_again():
    half = Calendar(BERLIN, (Period(6, time(0), time(2, 30)),))
    changes = [datetime(2026, 10, 24, 20, tzinfo=UTC)]
    for _number in range(4):
        changes.append(half.next_change(changes[-1]) or changes[-1])
    told = [moment.astimezone(BERLIN).strftime("%a %H:%M %Z") for moment in changes[1:]]
    assert told == ["Sun 00:00 CEST", "Sun 02:30 CEST", "Sun 02:00 CET", "Sun 02:30 CET"]


def test_moments_in_any_zone_give_the_same():
    office = Calendar(BERLIN, OFFICE)
    friday = datetime(2026, 3, 27, 16, 30, tzinfo=BERLIN)
    due = datetime(2026, 3, 30, 9, 30, tzinfo=BERLIN)
    assert office.after(friday, timedelta(hours=1)) == due
    assert office.between(friday, due) == timedelta(hours=1)
    assert office.after(friday.astimezone(ZoneInfo("Asia/Kathmandu")), timedelta(hours=1)) == due
    night = Calendar(BERLIN, (Period(6, time(1), time(4)),))
    before, after = datetime(2026, 3, 29, 1, tzinfo=BERLIN), datetime(2026, 3, 29, 4, tzinfo=BERLIN)
    assert night.between(before, after) == timedelta(hours=2)
    assert night.after(before, timedelta(minutes=90)) == datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN)


def test_hours_over_midnight_are_two_periods_that_touch():
    bar = Calendar(BERLIN, (Period(4, time(20), time()), Period(5, time(), time(2))))
    friday = datetime(2026, 6, 5, 21, tzinfo=BERLIN)
    assert bar.next_change(friday) == datetime(2026, 6, 6, 2, tzinfo=BERLIN)
    assert bar.after(friday, timedelta(hours=4)) == datetime(2026, 6, 6, 1, tzinfo=BERLIN)


NEVER = (
    Calendar(BERLIN),
    Calendar(BERLIN, OFFICE, free=frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(4500))),
)


@pytest.mark.parametrize("calendar", NEVER, ids=("no periods", "free for years"))
def test_hours_that_never_come_answer_none_and_do_not_look_for_ever(calendar):
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert not calendar.is_open(now)
    assert calendar.opens_at(now) is None
    assert calendar.next_change(now) is None
    assert calendar.after(now, MINUTE) is None
    assert calendar.between(now, now + timedelta(days=300)) == timedelta()


def test_hours_without_an_end_do_not_change():
    always = Calendar(BERLIN, tuple(Period(day, time(), time()) for day in range(7)))
    now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert always.is_open(now)
    assert always.next_change(now) is None
    assert always.after(now, timedelta(days=2)) == now + timedelta(days=2)
    assert always.before(now, timedelta(days=200)) == now - timedelta(days=200)


def test_public_holidays_are_free_by_country_and_region_unless_people_work_on_them():
    epiphany = datetime(2026, 1, 6, 10, tzinfo=BERLIN)
    bavaria = Calendar(BERLIN, OFFICE, country="DE", region="BY")
    assert not bavaria.is_open(epiphany)
    assert Calendar(BERLIN, OFFICE, country="DE", region="BE").is_open(epiphany)
    assert Calendar(BERLIN, OFFICE).is_open(epiphany)
    assert Calendar(BERLIN, OFFICE, working=frozenset({epiphany.date()}), country="DE", region="BY").is_open(epiphany)
    assert not Calendar(BERLIN, OFFICE, free=frozenset({epiphany.date()})).is_open(epiphany)
    assert bavaria.opens_at(epiphany) == datetime(2026, 1, 7, 9, tzinfo=BERLIN)


def test_the_next_public_holidays_are_told_over_the_end_of_the_year():
    told = public_holidays.coming("DE", "BY", date(2026, 12, 26), number=3)
    assert [day.isoformat() for day, _name in told] == ["2026-12-26", "2027-01-01", "2027-01-06"]
    assert told[2][1] == "Epiphany"
    assert public_holidays.coming("", "", date(2026, 1, 1)) == []
    assert public_holidays.regions("DE")["BY"] == "Bayern"
    assert public_holidays.regions("") == {}
