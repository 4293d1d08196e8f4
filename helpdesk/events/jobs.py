"""The job that repeats reactors after one of them failed."""

from django.utils.translation import gettext_lazy as _

from helpdesk.events.occasion import resume
from helpdesk.outbox.kinds import JOBS, JobKind, Outcome
from helpdesk.outbox.models import Job


class React(JobKind):
    """body: {"events": [ids], "reactors": [dotted names]}. What a reactor raises is a failed try."""

    key = "react"
    label = _("Repeat an automatic step")

    def run(self, job: Job) -> Outcome:
        resume(job.body["events"], job.body["reactors"])
        return Outcome(ok=True)


JOBS.register(React())
