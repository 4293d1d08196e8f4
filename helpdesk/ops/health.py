"""Whether the desk can work right now: a few quick looks, for load balancers and for `doctor`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone
from django.utils.module_loading import import_string

from helpdesk.outbox.health import STALE, Health, health
from helpdesk.outbox.models import Attempt

GREEN, YELLOW, RED = "green", "yellow", "red"
LATE, TOO_LATE = 60.0, 600.0  # seconds that the oldest due job may wait
BROKER = "helpdesk.ops.broker.problem"


@dataclass(frozen=True)
class Check:
    """What was looked at and how it is. advice: what to do, empty when green."""

    key: str
    state: str
    detail: str
    advice: str = ""


def quick() -> list[Check]:
    """Database, broker, oldest due job and pump. Without a database nothing else can be asked."""
    first = database()
    if first.state == RED:
        return [first]
    outbox = health()
    return [first, broker(outbox), oldest_job(outbox), pump(outbox)]


def overall(checks: Iterable[Check]) -> str:
    """ok, degraded (something to look at, but the desk works) or down."""
    states = {check.state for check in checks}
    return "down" if RED in states else "degraded" if YELLOW in states else "ok"


def database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        advice = "Start the database, or correct DATABASE_URL."
        return Check("database", RED, str(error).strip().split("\n")[0], advice)
    return Check("database", GREEN, connection.vendor)


def broker(outbox: Health) -> Check:
    """Without its broker the desk still works, as long as a pump does."""
    if not settings.REDIS_URL:
        return Check("broker", GREEN, "not used: the pump wakes itself")
    # redis is a large package that the embedded profile never needs.
    ask: Callable[[], str] = import_string(BROKER)
    problem = ask()
    if not problem:
        return Check("broker", GREEN, "answers")
    advice = "Start Redis, or correct REDIS_URL. Until then answers leave by the pump, within some seconds."
    return Check("broker", YELLOW if outbox.alive else RED, problem, advice)


def oldest_job(outbox: Health) -> Check:
    """Red only where nothing moves: a dead endpoint's lanes wait long while all others go on."""
    detail = f"{outbox.waiting} waiting, the oldest due for {outbox.oldest:.0f} s, {outbox.parked} parked"
    if outbox.oldest < LATE:
        return Check("oldest_job", GREEN, detail)
    advice = "Look at the deliveries of your channels, and whether there are too few workers."
    stuck = outbox.oldest > TOO_LATE and not _moving()
    return Check("oldest_job", RED if stuck else YELLOW, detail, advice)


def _moving() -> bool:
    newest = Attempt.objects.order_by("-pk").values_list("started_at", flat=True).first()
    return newest is not None and (timezone.now() - newest).total_seconds() < LATE


def pump(outbox: Health) -> Check:
    """The heartbeat of whoever works off the outbox, pump or worker."""
    if outbox.alive:
        ages = [age for age in outbox.beats.values() if age < STALE]
        return Check("pump", GREEN, f"{len(ages)} alive, the last sign of life {min(ages):.0f} s ago")
    detail = "no pump and no worker is alive: answers do not leave"
    return Check("pump", RED, detail, "Start `manage.py up`, `manage.py pump` or a Celery worker.")
