"""Business hours as a calendar: what the clock on the wall says. Nothing here reads the database.

A period is the time for which the wall clock shows something from `opens` to before `closes` on that day of the week.
So an hour that the clocks skip does not exist, and one that they repeat is there twice; what is counted is time that
really passes.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from zoneinfo import ZoneInfo

from helpdesk.channels.services import public_holidays

Interval = tuple[dt.datetime, dt.datetime]

DAY = dt.timedelta(days=1)
# A week of hours comes round again within days; only free days can put it off. Who is shut for so long is shut.
SHUT_FOR_GOOD = 400
# No clock runs for longer: days that are looked at for it.
FARTHEST = 3660
# Farther from UTC than any zone is.
FAR = dt.timedelta(hours=15)
MIDNIGHT = dt.time()


@dataclass(frozen=True)
class Period:
    """weekday: as `date.weekday()` counts. closes: the first moment outside; 00:00 is the end of the day."""

    weekday: int
    opens: dt.time
    closes: dt.time

    @property
    def span(self) -> tuple[dt.timedelta, dt.timedelta]:
        """From midnight to its ends, as the wall clock shows them."""
        return _since_midnight(self.opens), _since_midnight(self.closes) if self.closes != MIDNIGHT else DAY


def _since_midnight(time: dt.time) -> dt.timedelta:
    return dt.timedelta(hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond)


@dataclass(frozen=True)
class Calendar:
    """When people work. free: days on which they do not; working: public holidays on which they do.

    All moments are aware; those given back are in UTC. country, region: whose public holidays are free.
    """

    zone: ZoneInfo
    periods: tuple[Period, ...] = ()
    free: frozenset[dt.date] = frozenset()
    working: frozenset[dt.date] = frozenset()
    country: str = ""
    region: str = ""
    _days: dict[dt.date, tuple[Interval, ...]] = field(default_factory=dict, compare=False, repr=False)

    def is_open(self, moment: dt.datetime) -> bool:
        return any(start <= moment < end for start, end in self._day(moment.astimezone(self.zone).date()))

    def opens_at(self, moment: dt.datetime) -> dt.datetime | None:
        """This moment if it is inside, else the next one that is; None if there is none."""
        moment = moment.astimezone(UTC)
        start = next((start for start, _end in self._from(moment, SHUT_FOR_GOOD)), None)
        return None if start is None else max(start, moment)

    def next_change(self, moment: dt.datetime) -> dt.datetime | None:
        """The first moment after this one at which inside becomes outside or the other way; None if there is none."""
        moment, until = moment.astimezone(UTC), None
        for start, end in self._from(moment, SHUT_FOR_GOOD):
            if until is None and start > moment:
                return start
            if until is not None and start > until:
                return until
            until = end
        # It was open without a break for as far as anybody looked, or is shut for good.
        last = moment + dt.timedelta(days=SHUT_FOR_GOOD - 3)
        return until if until is not None and until < last else None

    def after(self, start: dt.datetime, span: dt.timedelta) -> dt.datetime | None:
        """The moment at which so much business time has passed since `start`; None if that takes over ten years."""
        start, left = start.astimezone(UTC), span
        if span <= dt.timedelta():
            return start
        for opens, closes in self._from(start, FARTHEST):
            begins = max(opens, start)
            if closes - begins >= left:
                return begins + left
            left -= closes - begins
        return None

    def before(self, end: dt.datetime, span: dt.timedelta) -> dt.datetime | None:
        """The latest moment since which so much business time has passed by `end`; None if it takes over ten years."""
        end, left = end.astimezone(UTC), span
        if span <= dt.timedelta():
            return end
        for opens, closes in self._back(end, FARTHEST):
            stops = min(closes, end)
            if stops - opens >= left:
                return stops - left
            left -= stops - opens
        return None

    def between(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """How much business time passes from one moment to another; none if the second is the earlier one."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        days = max(0, (end - start).days) + 4
        parts = (min(closes, end) - max(opens, start) for opens, closes in self._from(start, days) if opens < end)
        return sum(parts, dt.timedelta())

    def _from(self, moment: dt.datetime, days: int) -> Iterator[Interval]:
        """Open stretches that end after the moment, in order."""
        # The clocks may be set back over midnight: yesterday goes on.
        first = moment.astimezone(self.zone).date() - DAY
        for number in range(days if self.periods else 0):
            yield from (one for one in self._day(first + number * DAY) if one[1] > moment)

    def _back(self, moment: dt.datetime, days: int) -> Iterator[Interval]:
        """Open stretches that begin before the moment, the last one first."""
        last = moment.astimezone(self.zone).date() + DAY
        for number in range(days if self.periods else 0):
            yield from (one for one in reversed(self._day(last - number * DAY)) if one[0] < moment)

    def _day(self, date: dt.date) -> tuple[Interval, ...]:
        """The open stretches of one day, in order."""
        found = self._days.get(date)
        if found is None:
            found = self._days[date] = tuple(self._stretches(date)) if self._is_worked(date) else ()
        return found

    def _is_worked(self, date: dt.date) -> bool:
        if date in self.free:
            return False
        return date in self.working or date not in public_holidays.of_year(self.country, self.region, date.year)

    def _stretches(self, date: dt.date) -> Iterator[Interval]:
        """Of each span of time in which the clocks are not set, what of it shows hours of this day."""
        midnight = dt.datetime.combine(date, MIDNIGHT, tzinfo=UTC)
        today = sorted(one.span for one in self.periods if one.weekday == date.weekday())
        for start, end, offset in self._offsets(midnight - FAR, midnight + DAY + FAR) if today else ():
            for opens, closes in today:
                first, last = max(start, midnight + opens - offset), min(end, midnight + closes - offset)
                if first < last:
                    yield first, last

    def _offsets(self, start: dt.datetime, end: dt.datetime) -> list[tuple[dt.datetime, dt.datetime, dt.timedelta]]:
        """The distance from UTC between two moments. Within two days the clocks are set once at most."""
        first, last = self._offset(start), self._offset(end)
        if first == last:
            return [(start, end, first)]
        known, found = start, end
        while found - known > dt.timedelta(seconds=1):
            middle = (known + (found - known) / 2).replace(microsecond=0)
            known, found = (middle, found) if self._offset(middle) == first else (known, middle)
        return [(start, found, first), (found, end, last)]

    def _offset(self, moment: dt.datetime) -> dt.timedelta:
        return moment.astimezone(self.zone).utcoffset() or dt.timedelta()
