"""Remembering what wake-ups forgot."""

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.db.models import Case, F, Value, When, Window
from django.db.models.functions import RowNumber

from helpdesk.outbox import alarm, clock, timing
from helpdesk.outbox.models import CAP, Heartbeat, Job, Lane, State
from helpdesk.outbox.services import endpoints

MOST = 200  # lanes woken by one sweep
EVERY = 2.0  # seconds between sweeps
KEPT = timedelta(days=30)  # finished jobs and their attempts
FORGETS = 1000  # jobs deleted at a time
TIDY = "outbox.tidy"


def sweep(wake: Callable[[int], object] = alarm.call) -> int:
    """Wakes lanes that are due and rings the timers. Any number of processes may sweep. Returns lanes woken."""
    lanes = due()
    for lane_id in lanes:
        wake(lane_id)
    timing.ring()
    return len(lanes)


def due(most: int = MOST) -> list[int]:
    """Ids of lanes whose first unfinished job is due and that nobody works on: oldest first, fair over
    groups.

    Of a group only as many as may be leased at a time: whoever ends one of them goes on with the next.
    """
    now = clock.now()
    place = Window(
        RowNumber(),
        # Lanes without a group stand each for themselves.
        partition_by=[F("group"), Case(When(group="", then=F("pk")), default=Value(0))],
        order_by=[F("due_at"), F("pk")],
    )
    rooms = endpoints.rooms(now)
    full = [group for group, room in rooms.items() if room <= 0]
    room = Case(*(When(group=group, then=room) for group, room in rooms.items() if room > 0), default=Value(CAP))
    lanes = Lane.objects.due(now).free(now).exclude(group__in=full).annotate(place=place)
    ordered = lanes.filter(place__lte=room).order_by("place", "due_at", "pk")
    return list(ordered.values_list("pk", flat=True)[:most])


def beat(name: str) -> None:
    """Writes that the process of this name lives."""
    now = clock.now()
    if not Heartbeat.objects.filter(name=name).update(at=now):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, at=now)], ignore_conflicts=True)


@timing.timer(TIDY)
def tidy() -> None:
    """Once an hour, by whoever comes first: forgets old jobs and processes, and mends lanes."""
    now = clock.now()
    late = now - timedelta(hours=1)
    if Heartbeat.objects.filter(name=TIDY, at__gt=late).exists():
        return
    Heartbeat.objects.bulk_create([Heartbeat(name=TIDY, at=late)], ignore_conflicts=True)
    if Heartbeat.objects.filter(name=TIDY, at__lte=late).update(at=now):
        forget()
        mend()
        analyze()
        Heartbeat.objects.filter(at__lt=now - timedelta(days=1)).delete()


def forget() -> int:
    """Deletes what was finished 30 days ago, at most 20,000 jobs; lanes stay, they count on. Returns their number."""
    old = Job.objects.exclude(state=State.WAITING).filter(done_at__lt=clock.now() - KEPT).order_by("pk")
    forgotten = 0
    for _ in range(20):
        ids = list(old.values_list("pk", flat=True)[:FORGETS])
        Job.objects.filter(pk__in=ids).delete()
        forgotten += len(ids)
        if len(ids) < FORGETS:
            break
    return forgotten


def analyze() -> None:
    """Has SQLite look at tables that have grown, as PostgreSQL does by itself: else long lists are far slower."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 400")
            cursor.execute("PRAGMA optimize")


def mend() -> int:
    """Lines up lanes that have unfinished jobs but no due time: none, unless rows were changed by hand."""
    waiting = Job.objects.filter(state=State.WAITING).values("lane")
    return Lane.objects.filter(pk__in=waiting, due_at__isnull=True).update(due_at=clock.now())
