"""Kinds of jobs: each app registers its own, and hears from it what became of a job."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from helpdesk.lib.registry import Registry
from helpdesk.outbox.models import Job

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of one try.

    status: of HTTP. error: a few plain words, at most 200 characters are kept. head: the start of the answer.
    retry_after: seconds the other side asked for. refused: the other side does not want this very job; six of
    these end it. final: "" to try again by the plan; "refused", "failed" or "off" end the job. timed_out: nothing
    came in time. address: where it was sent. untried: nothing was sent, so it says nothing about the other side.
    """

    ok: bool
    status: int | None = None
    error: str = ""
    head: str = ""
    retry_after: float | None = None
    refused: bool = False
    final: str = ""
    timed_out: bool = False
    address: str = ""
    untried: bool = False


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

    def done(self, job: Job, outcome: Outcome) -> None:
        """Reports a try upwards; job.state, job.attempts and job.due_at are decided, outcome.final too."""

    def begun(self, jobs: Sequence[Job]) -> None:
        """Tells that these are being tried from now on; their lanes are locked."""

    # The same for several at once, where a kind can do better than one after the other.

    def prepare(self, jobs: Sequence[Job]) -> None:
        """Reads what `run` will need of these jobs into `job.facts`, outside of any transaction, just before."""

    def lock_all(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self.lock(job)

    def done_all(self, told: Sequence[tuple[Job, Outcome]]) -> None:
        for job, outcome in told:
            self.done(job, outcome)


JOBS: Registry[JobKind] = Registry("job kind")


class Owner:
    """Whose endpoints the groups `key:…` are; it hears what becomes of them, in the occasion that writes it."""

    key: ClassVar[str]

    def failing(self, group: str, since: datetime) -> None:
        """Nothing has succeeded since then, for an hour, a day, four days: once each."""

    def dead(self, group: str, since: datetime) -> None:
        """Nothing has succeeded for five days: it should be switched off."""


OWNERS: Registry[Owner] = Registry("owner of endpoints")


def kind_of(key: str) -> JobKind:
    """The kind; one that does nothing but fail where nobody has registered it."""
    return JOBS.get(key) if key in JOBS else JobKind()


def perform(job: Job) -> Outcome:
    """Runs a job. This is the one place where the mistakes of kinds end: as failed tries, not as dead workers."""
    try:
        return JOBS.get(job.kind).run(job)
    except Exception as error:
        log.exception("the job %s failed", job)
        return Outcome(ok=False, error=type(error).__name__, untried=True)
