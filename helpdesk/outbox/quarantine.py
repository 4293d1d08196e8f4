"""Finding out whether a job kills its process.

A worker that dies takes up to sixteen jobs with it, and at most one of them is to blame; a machine that is switched
off takes them without blame. So a job that was lost twice in a row is started in a process of its own: when that one
dies and we do not, the job did it.
"""

import json
import logging
import os
import subprocess
import sys

from django.conf import settings

from helpdesk.outbox import schedule
from helpdesk.outbox.kinds import Outcome
from helpdesk.outbox.models import Job

log = logging.getLogger(__name__)

POISON = Outcome(ok=False, error="poison", final="failed", untried=True)
STARTED = "started"


def perform(job: Job) -> Outcome:
    """Runs the job in a process of its own, which takes a second or two longer. POISON if it kills that process."""
    command = [sys.executable, "-m", "django", "perform_job", str(job.pk)]
    limit = schedule.lease() * 3 / 4
    try:
        child = subprocess.run(  # noqa: S603 (our own command and a number)
            command, cwd=settings.BASE_DIR, env={**os.environ}, capture_output=True, timeout=limit, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Outcome(ok=False, error=type(error).__name__)
    started, *said = child.stdout.decode(errors="replace").splitlines() or [""]
    if started != STARTED:
        log.error("the process for %s did not start: %s", job, child.stderr.decode(errors="replace")[-2000:])
        return Outcome(ok=False, error="NotStarted")
    return Outcome(**json.loads(said[-1])) if said and child.returncode == 0 else POISON
