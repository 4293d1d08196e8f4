"""How the outbox is, for people who run the desk."""

from dataclasses import dataclass, field

from django.db.models import Min

from helpdesk.outbox import clock
from helpdesk.outbox.models import Condition, Endpoint, Heartbeat, Job, Lane, State

STALE = 20.0  # seconds without a sign of life after which a process is taken for dead


@dataclass(frozen=True)
class Health:
    """oldest: seconds that the oldest due job waits, 0 without one; jobs whose endpoint is paused or left alone do not
    count. waiting, parked: jobs. endpoints: those that are not well, and how they are.

    beats: seconds since the last sign of life of each pump (`pump:…`) and worker (`worker:…`) of the last
    day.
    """

    oldest: float
    waiting: int
    parked: int
    beats: dict[str, float] = field(default_factory=dict)
    endpoints: dict[str, Condition] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether anybody works the outbox off."""
        return any(age < STALE for age in self.beats.values())


def health() -> Health:
    """Five small queries."""
    now = clock.now()
    endpoints = list(Endpoint.objects.all())
    closed = [each.key for each in endpoints if not each.room(now)]
    due = Lane.objects.due(now).exclude(group__in=closed).aggregate(first=Min("due_at"))["first"]
    beats = Heartbeat.objects.filter(name__contains=":").values_list("name", "at")
    return Health(
        oldest=(now - due).total_seconds() if due else 0.0,
        waiting=Job.objects.filter(state=State.WAITING).count(),
        parked=Job.objects.filter(state=State.PARKED).count(),
        beats={name: max(0.0, (now - at).total_seconds()) for name, at in beats},
        endpoints={each.key: how for each in endpoints if (how := each.condition(now)) != Condition.WELL},
    )
