"""The job that sets the clocks of all active cases after a time rule was changed."""

from django.utils.translation import gettext_lazy as _

from helpdesk.outbox.kinds import JOBS, JobKind, Outcome
from helpdesk.outbox.models import Job
from rules import services


class SetClocks(JobKind):
    """body: {"after": id of the last case done}. Some cases at a time; a next job does the rest."""

    key = "rules.set_clocks"
    label = _("Set the clocks of a time rule")

    def run(self, job: Job) -> Outcome:
        last = services.set_clocks_of_all(after=job.body["after"])
        if last is not None:
            services.start_clocks(after=last)
        return Outcome(ok=True)


JOBS.register(SetClocks())
