"""Everything that happened after a cursor, by the rights of a reader.

Events of different transactions commit out of order, so ids alone would lose some. On PostgreSQL each event keeps its
transaction id and readers go by (transaction, id) up to the oldest transaction that still runs; below that line
nothing can appear any more. On SQLite one writer commits at a time, the transaction id is 0 and ids are in order.
"""

import base64
import binascii
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from helpdesk.cases.services import reading
from helpdesk.events.models import Event
from helpdesk.users.models import Agent

LIMIT = 500


class Position(NamedTuple):
    """A place in the order of all events. As a number pair it compares."""

    tx: int
    id: int


class Stretch(NamedTuple):
    """Events in order; the position behind them; more: whether committed events wait behind it."""

    events: list[Event]
    position: Position
    more: bool


class Page(NamedTuple):
    """Events for one reader. resync: the cursor is of no use (too old, or of another database): read all anew."""

    events: list[Event]
    cursor: str
    resync: bool = False


class BadCursor(ValueError):
    """This is no cursor of ours."""


def now() -> str:
    """A cursor for what will happen from now on."""
    return write(present())


def after(
    cursor: str,
    *,
    reader: Agent,
    limit: int = LIMIT,
    oldest: timedelta | None = None,
    channel: int | None = None,
) -> Page:
    """What happened after a cursor that concerns what the reader may see; "" is the beginning.

    limit: events at most; the page's cursor leads on. oldest: where more time than that was missed, ask for a resync.
    channel: of this one only.
    """
    try:
        position = read(cursor)
    except BadCursor:
        return Page([], now(), resync=True)
    if lost(position, oldest):
        return Page([], now(), resync=True)
    stretch = since(position, limit=limit, among=of_interest_to(reader, channel))
    return Page(stretch.events, write(stretch.position))


def since(position: Position, *, limit: int = LIMIT, among: QuerySet[Event] | None = None) -> Stretch:
    """The next events of all, or among some, in order. Two or three queries, whatever the size of the log."""
    end = _horizon()
    later = _later(Event.objects.all() if among is None else among, position)
    events = list((later if end is None else later.filter(tx__lt=end.tx)).order_by("tx", "id")[:limit])
    if len(events) == limit:
        return Stretch(events, Position(events[-1].tx, events[-1].pk), more=True)
    if end is None:
        return Stretch(events, Position(0, events[-1].pk) if events else position, more=False)
    # Below the line nothing will appear any more; what is committed above it waits for an older transaction.
    waiting = Event.objects.filter(tx__gte=end.tx).exists()
    return Stretch(events, max(position, end), more=waiting)


def present() -> Position:
    """Behind the last event that a reader may have seen."""
    end = _horizon()
    if end is not None:
        return end
    return Position(0, Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)


def newest(end: Position, *, limit: int = LIMIT) -> tuple[list[Event], Position]:
    """The last events up to a position, in order, and the place behind which they are all there."""
    earlier = Event.objects.filter(Q(tx__lt=end.tx) | Q(tx=end.tx, id__lte=end.id))
    events = list(earlier.order_by("-tx", "-id")[: limit + 1])
    begin = Position(events[-1].tx, events[-1].pk) if len(events) > limit else Position(0, 0)
    return events[:limit][::-1], begin


def lost(position: Position, oldest: timedelta | None) -> bool:
    """Whether a cursor cannot be followed: it lies in the future (a restored database), or is too old."""
    if position > present():
        return True
    if oldest is None:
        return False
    missed = _later(Event.objects.all(), position).order_by("tx", "id").values_list("created_at", flat=True).first()
    return missed is not None and missed < timezone.now() - oldest


def of_interest_to(reader: Agent, channel: int | None = None) -> QuerySet[Event]:
    """Events of cases that the reader may see, and of the people in them. Admins read all. channel: of one only."""
    seen = reading.seen_by(reader)
    if channel is not None:
        seen = seen.filter(channel=channel)
        return Event.objects.filter(
            Exists(seen.filter(pk=OuterRef("case_id")))
            | Q(case_id=None) & Exists(seen.filter(profile=OuterRef("profile_id"), profile__channel=channel))
        )
    if reader.is_active and reader.is_admin:
        return Event.objects.all()
    return Event.objects.filter(
        Exists(seen.filter(pk=OuterRef("case_id")))
        | Q(case_id=None) & Exists(seen.filter(profile=OuterRef("profile_id")))
        | Q(case_id=None, profile_id=None) & Exists(seen.filter(profile__person=OuterRef("person_id")))
    )


def write(position: Position) -> str:
    """A position as text that means nothing to those who keep it."""
    return base64.urlsafe_b64encode(f"1.{position.tx}.{position.id}".encode()).decode().rstrip("=")


def read(cursor: str) -> Position:
    """The position in a cursor; "" is the beginning. Raises BadCursor."""
    if not cursor:
        return Position(0, 0)
    try:
        version, tx, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").split(".")
        position = Position(int(tx), int(number))
    except (ValueError, binascii.Error) as error:
        raise BadCursor(cursor) from error
    if version != "1" or not 0 <= position.tx < 2**63 or not 0 <= position.id < 2**63:
        raise BadCursor(cursor)
    return position


def _later(events: QuerySet[Event], position: Position) -> QuerySet[Event]:
    behind = Q(tx__gt=position.tx) | Q(id__gt=position.id)
    return events.filter(behind, tx__gte=position.tx)


def _horizon() -> Position | None:
    """The oldest transaction that still runs: everything below it is complete. None where ids are in order anyway."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        row: Any = cursor.fetchone()
    return Position(int(row[0]), 0)
