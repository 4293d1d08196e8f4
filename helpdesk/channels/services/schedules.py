"""Making and changing business hours, and reading them as calendars."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.channels.models import FreeDay, Schedule, Weekday
from helpdesk.channels.models import Period as PeriodRow
from helpdesk.channels.services import public_holidays
from helpdesk.channels.services.hours import MIDNIGHT, Calendar, Period
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib import zones
from helpdesk.lib.errors import Refusal

Errors = dict[str, str]
TITLE_LIMIT = 120
# Rows of one schedule: ten periods a day, and the days of many years.
MOST_PERIODS = 70
MOST_DAYS = 1000


class BadHours(Refusal):
    """errors: {what is wrong ("title", "periods.0", "free_days.2"): a sentence}."""

    code: ClassVar[str] = "bad_hours"
    sentence = gettext_lazy("These business hours cannot be used like this.")

    def __init__(self, errors: Errors) -> None:
        super().__init__(fields={path: [sentence] for path, sentence in errors.items()})
        self.errors = errors


@dataclass(frozen=True)
class Day:
    """working: people work although it is a public holiday; else it is free."""

    date: datetime.date
    title: str = ""
    working: bool = False


@dataclass(frozen=True)
class Draft:
    """Business hours as they are entered. timezone: empty for the desk's. country, region: ISO 3166, or empty."""

    title: str
    timezone: str = ""
    country: str = ""
    region: str = ""
    is_default: bool = False
    periods: tuple[Period, ...] = ()
    free_days: tuple[Day, ...] = ()


FACTS = ("title", "timezone", "country", "region", "is_default")


def of(schedule: Schedule) -> Draft:
    """The draft of stored business hours."""
    return Draft(
        **{name: getattr(schedule, name) for name in FACTS},
        periods=tuple(Period(row.weekday, row.opens, row.closes) for row in schedule.periods.all()),
        free_days=tuple(Day(row.date, row.title, row.working) for row in schedule.free_days.all()),
    )


def check(draft: Draft, *, schedule: Schedule | None = None) -> Errors:
    """What is wrong, by path, in sentences. schedule: the one that is changed."""
    others = Schedule.objects.exclude(pk=schedule.pk) if schedule else Schedule.objects.all()
    errors: Errors = {}
    if not draft.title.strip() or len(draft.title) > TITLE_LIMIT:
        errors["title"] = _("Enter a title of at most %(limit)d characters.") % {"limit": TITLE_LIMIT}
    elif others.filter(title=draft.title).exists():
        errors["title"] = _("There are business hours of this title already.")
    if draft.timezone and draft.timezone not in dict(zones.named()):
        errors["timezone"] = _("There is no such time zone.")
    if draft.country and draft.country not in public_holidays.countries():
        errors["country"] = _("The public holidays of this country are not known.")
    elif draft.region and draft.region not in public_holidays.regions(draft.country):
        errors["region"] = _("The chosen country has no such region.")
    return {**errors, **dict(period_errors(draft.periods)), **dict(day_errors(draft.free_days))}


def period_errors(periods: tuple[Period, ...]) -> Iterator[tuple[str, str]]:
    if len(periods) > MOST_PERIODS:
        yield "periods", _("Enter at most %(limit)d.") % {"limit": MOST_PERIODS}
        return
    for index, one in enumerate(periods):
        begins, ends = one.span
        if one.weekday not in Weekday.values:
            yield f"periods.{index}", _("There is no such day of the week.")
        elif begins >= ends:
            yield (
                f"periods.{index}",
                _("This ends before it begins. Hours over midnight are two rows, one for each day."),
            )
        elif other := next((known for known in periods[:index] if _overlap(known, one)), None):
            told = {"opens": f"{other.opens:%H:%M}", "closes": f"{other.closes:%H:%M}"}
            yield f"periods.{index}", _("This overlaps with %(opens)s to %(closes)s of the same day.") % told


def _overlap(one: Period, other: Period) -> bool:
    begins, ends = max(one.span[0], other.span[0]), min(one.span[1], other.span[1])
    return one.weekday == other.weekday and begins < ends


def day_errors(days: tuple[Day, ...]) -> Iterator[tuple[str, str]]:
    if len(days) > MOST_DAYS:
        yield "free_days", _("Enter at most %(limit)d.") % {"limit": MOST_DAYS}
        return
    seen: set[datetime.date] = set()
    for index, one in enumerate(days):
        if one.date in seen:
            yield f"free_days.{index}", _("This day stands here twice.")
        elif len(one.title) > TITLE_LIMIT:
            yield f"free_days.{index}", _("Enter at most %(limit)d characters.") % {"limit": TITLE_LIMIT}
        seen.add(one.date)


@occasion
def save(draft: Draft, *, by: Actor | None, schedule: Schedule | None = None) -> Schedule:
    """Makes business hours, or changes them. The first ones are the default. Raises BadHours."""
    draft = replace(draft, title=draft.title.strip())
    row = Schedule.objects.select_for_update().get(pk=schedule.pk) if schedule else Schedule()
    if errors := check(draft, schedule=schedule):
        raise BadHours(errors)
    others = Schedule.objects.exclude(pk=row.pk)
    draft = replace(draft, is_default=draft.is_default or not others.filter(is_default=True).exists())
    if schedule and _alike(of(row), draft):
        return row
    if draft.is_default:
        others.filter(is_default=True).update(is_default=False)
    _write(row, draft)
    record("schedule.saved", by=by, schedule=row.pk, title=row.title, made=schedule is None)
    return row


def _alike(one: Draft, other: Draft) -> bool:
    def plain(draft: Draft) -> Draft:
        days = sorted(draft.free_days, key=lambda day: day.date)
        return replace(draft, periods=tuple(sorted(draft.periods, key=_order)), free_days=tuple(days))

    return plain(one) == plain(other)


def _order(one: Period) -> tuple[int, datetime.time]:
    return one.weekday, one.opens


def _write(row: Schedule, draft: Draft) -> None:
    """The row itself last: whoever keeps calendars in mind looks at it."""
    for name in FACTS:
        setattr(row, name, getattr(draft, name))
    if row._state.adding:
        row.save()
    row.periods.all().delete()
    row.free_days.all().delete()
    PeriodRow.objects.bulk_create(
        PeriodRow(schedule=row, weekday=one.weekday, opens=one.opens, closes=one.closes) for one in draft.periods
    )
    FreeDay.objects.bulk_create(
        FreeDay(schedule=row, date=one.date, title=one.title, working=one.working) for one in draft.free_days
    )
    row.save(update_fields=list(FACTS))


@occasion
def delete(schedule: Schedule, *, by: Actor | None) -> None:
    """Others may need it: see `helpdesk.lib.admin.missed`."""
    pk, title = schedule.pk, schedule.title
    schedule.delete()
    record("schedule.deleted", by=by, schedule=pk, title=title)


def calendar(draft: Draft) -> Calendar:
    """What the hours come to. A zone that this machine does not know (any more) is the desk's."""
    name = draft.timezone if draft.timezone in dict(zones.named()) else settings.DESK_TIME_ZONE
    known = draft.country in public_holidays.countries()
    return Calendar(
        zone=ZoneInfo(name),
        periods=draft.periods,
        free=frozenset(day.date for day in draft.free_days if not day.working),
        working=frozenset(day.date for day in draft.free_days if day.working),
        country=draft.country if known else "",
        region=draft.region if known and draft.region in public_holidays.regions(draft.country) else "",
    )


def calendars() -> Mapping[int, Calendar]:
    """{id: calendar} of all business hours, in three queries."""
    rows = Schedule.objects.prefetch_related("periods", "free_days")
    return {row.pk: calendar(of(row)) for row in rows}


def in_words(periods: Iterable[Period]) -> list[str]:
    """ "Mon–Fri 09:00–17:00": days in a row with the same hours are told together."""
    every = sorted(periods, key=_order)
    days = [", ".join(f"{p.opens:%H:%M}–{_end(p)}" for p in every if p.weekday == day) for day in Weekday.values]
    told = []
    for hours, group in groupby(Weekday.values, key=days.__getitem__):
        names = [str(WEEKDAYS_ABBR[day]) for day in group]
        if hours:
            told.append(f"{names[0]}{'–' + names[-1] if len(names) > 1 else ''} {hours}")
    return told


def _end(period: Period) -> str:
    return "24:00" if period.closes == MIDNIGHT else f"{period.closes:%H:%M}"


def state(schedule: Calendar, now: datetime.datetime) -> str:
    """ "Open now, until 17:00", "Opens Monday 09:00", in the zone of the hours."""
    change, opens = schedule.next_change(now), schedule.opens_at(now)
    if opens is None:
        return _("Never open")
    if schedule.is_open(now):
        return _("Open now, until %(when)s") % {"when": _when(schedule, change, now)} if change else _("Always open")
    return _("Closed now, opens %(when)s") % {"when": _when(schedule, opens, now)}


def _when(schedule: Calendar, moment: datetime.datetime, now: datetime.datetime) -> str:
    then, today = moment.astimezone(schedule.zone), now.astimezone(schedule.zone).date()
    time = f"{then:%H:%M}"
    if then.date() == today:
        return time
    day = Weekday(then.weekday()).label
    return f"{day} {time}" if (then.date() - today).days < 7 else f"{day} {then:%Y-%m-%d} {time}"
