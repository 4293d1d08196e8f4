"""Business time: how long something has been going on, counted only while somebody works.

The app that keeps schedules says what their hours are; here nobody knows how they are kept.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from helpdesk.lib.fields.choices import recall


class Hours(Protocol):
    """The hours of one schedule. Moments are aware; None: never, or not for years."""

    def is_open(self, moment: datetime.datetime) -> bool: ...

    def next_change(self, moment: datetime.datetime) -> datetime.datetime | None: ...

    def after(self, start: datetime.datetime, span: datetime.timedelta) -> datetime.datetime | None: ...

    def before(self, end: datetime.datetime, span: datetime.timedelta) -> datetime.datetime | None: ...


Due = Callable[[datetime.datetime], datetime.datetime | None]
_sources: list[Callable[[], Mapping[Any, Hours]]] = []


def provide(source: Callable[[], Mapping[Any, Hours]]) -> None:
    """Adds a source of {schedule: its hours}."""
    _sources.append(source)


def hours_of(schedule: Any) -> Hours | None:
    """The hours of a schedule as they are now; None where there is no such schedule. Read once in `remembered`."""
    for source in _sources:
        if found := recall(source, source).get(schedule):
            return found
    return None


def runs_out(span: datetime.timedelta, schedule: Any = None) -> Due:
    """When a clock that was started at a moment has run out, by the hours as they are now."""
    if schedule is None:
        return lambda start: start + span
    hours = hours_of(schedule)
    return lambda start: hours.after(start, span) if hours else None


def started_by(span: datetime.timedelta, schedule: Any = None) -> Due:
    """The latest start of a clock that has run out at a moment."""
    if schedule is None:
        return lambda end: end - span
    hours = hours_of(schedule)
    return lambda end: hours.before(end, span) if hours else None
