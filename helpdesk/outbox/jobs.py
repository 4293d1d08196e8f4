"""Kinds of jobs: each app registers its own, and hears from it what became of a job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from helpdesk.lib.registry import Registry
from helpdesk.outbox.models import Job


@dataclass(frozen=True)
class Outcome:
    """What came of one try.

    status: of HTTP. error: a few plain words, at most 200 characters are kept. head: the start of the answer.
    retry_after: seconds the other side asked for. refused: the other side does not want this very job; six of
    these end it. final: "" to try again by the plan; "refused", "failed" or "off" end the job.
    """

    ok: bool
    status: int | None = None
    error: str = ""
    head: str = ""
    retry_after: float | None = None
    refused: bool = False
    final: str = ""


class JobKind:
    """What a job does. Register an instance: `JOBS.register(Mail())` in the app's `jobs.py`.

    One outcome is written in one occasion: lock, then the outbox writes, then done. `batched` kinds have
    several outcomes written in one occasion; they say in `lock_all` how to lock for all of them in the right
    order.
    """

    key: ClassVar[str]
    label: ClassVar[Any]
    batched: ClassVar[bool] = False

    def run(self, job: Job) -> Outcome:
        """Does it, outside of any transaction, in less than `deadline()` seconds. What it raises is a failed try."""
        raise NotImplementedError

    def lock(self, job: Job) -> None:
        """Locks what `done` will change; the outbox locks its lane only afterwards."""

    def lock_all(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self.lock(job)

    def done(self, job: Job, outcome: Outcome) -> None:
        """Reports a try upwards; job.state, job.attempts and job.due_at are decided, outcome.final too."""


JOBS: Registry[JobKind] = Registry("job kind")
