"""How the outbox is, for people who run the desk."""

from dataclasses import dataclass, field

from django.db.models import Min

from helpdesk.outbox import clock
from helpdesk.outbox.models import Heartbeat, Job, Lane, State

STALE = 20.0  # seconds without a sign of life after which a process is taken for dead


@dataclass(frozen=True)
class Health:
    """oldest: seconds that the oldest due job waits, 0 without one. waiting, parked: jobs.

    beats: seconds since the last sign of life of each pump (`pump:…`) and worker (`worker:…`) of the last
    day.
    """

    oldest: float
    waiting: int
    parked: int
    beats: dict[str, float] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether anybody works the outbox off."""
        return any(age < STALE for age in self.beats.values())


def health() -> Health:
    """Four small queries."""
    now = clock.now()
    due = Lane.objects.due(now).aggregate(first=Min("due_at"))["first"]
    beats = Heartbeat.objects.filter(name__contains=":").values_list("name", "at")
    return Health(
        oldest=(now - due).total_seconds() if due else 0.0,
        waiting=Job.objects.filter(state=State.WAITING).count(),
        parked=Job.objects.filter(state=State.PARKED).count(),
        beats={name: max(0.0, (now - at).total_seconds()) for name, at in beats},
    )
