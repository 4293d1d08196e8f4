"""A kind of job that kills its process, for processes of the tests."""

import os
from typing import NoReturn

from helpdesk.outbox.kinds import JOBS, JobKind, Outcome
from helpdesk.outbox.models import Job


class Bomb(JobKind):
    key = "bomb"
    label = "bomb"

    def run(self, job: Job) -> Outcome:
        if job.body.get("goes_off"):
            self.go_off()
        return Outcome(ok=True)

    def go_off(self) -> NoReturn:
        os._exit(137)


JOBS.register(Bomb())
