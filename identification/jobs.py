"""The job that asks a company's user database for one user."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from helpdesk.events.services import record
from helpdesk.outbox.kinds import JOBS, OWNERS, JobKind, Outcome, Owner
from helpdesk.outbox.models import Job
from helpdesk.users.models import Agent
from identification.models import LookUp
from identification.services import look_ups
from identification.services.look_up_requests import Reply, ask

MOST = 3  # tries; who looks at the case has the reason by then


class Asking(JobKind):
    """body: {"look_up", "profile": ids, "by": [kind, id] of who wanted it}. What came is kept by `run` itself."""

    key = "look_up"
    label = _("Look-up of user data")

    def run(self, job: Job) -> Outcome:
        """Asks, unless nobody needs the answer any more. Answers are not kept beside the try: they are personal."""
        subject = look_ups.subject_of(job)
        if subject is None:
            return Outcome(ok=True, untried=True)
        look_up, profile = subject
        if job.attempts >= MOST:  # it broke off inside of us, not on the way
            look_ups.give_up(look_up, profile, job.last_error)
            return Outcome(ok=False, error=job.last_error, final="failed", untried=True)
        reply = ask(look_up, profile.address)
        last = not reply.again or job.attempts >= MOST - 1
        if not last:
            return _outcome(look_up, reply, final="")
        look_ups.take(look_up, profile, reply, asked_by=_who(job))
        return _outcome(look_up, reply, final="refused" if reply.denied else "failed")


def _outcome(look_up: LookUp, reply: Reply, *, final: str) -> Outcome:
    """For the endpoint's breaker: 404 is an answer like any other. The address stands there without the id."""
    well = reply.answer is not None or reply.not_found
    return Outcome(
        ok=well,
        status=reply.status,
        error="" if well else reply.error,
        retry_after=reply.retry_after,
        refused=reply.denied,
        final="" if well else final,
        timed_out=reply.timed_out,
        address=look_up.url,
    )


def _who(job: Job) -> str:
    kind, pk = job.body["by"]
    return str(Agent.objects.filter(pk=pk).first() or "") if kind == "agent" else ""


class LookUps(Owner):
    """Hears how the addresses of look-ups are. None is switched off: conversations do not depend on them."""

    key = "look_up"

    def failing(self, group: str, since: datetime) -> None:
        look_up = look_ups.rows().filter(pk=group.partition(":")[2]).first()
        if look_up:
            record("look_up.failing", by=None, red=True, title=str(look_up), since=since.isoformat(timespec="minutes"))

    def dead(self, group: str, since: datetime) -> None:
        self.failing(group, since)


JOBS.register(Asking())
OWNERS.register(LookUps())
