"""What a test must do and see in a database of its own: called in a process that stands on it.

python -m tests.faults.inside furnish ADDRESS PATH,PATH… CASES     python -m tests.faults.inside inspect
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import django
from django.conf import settings
from django.db.models import F

from tests.product import ROOT

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    django.setup()

from django.test import Client

from helpdesk.cases.models import Author, Message
from helpdesk.outbox.models import Job, State
from tests import world


@dataclass(frozen=True)
class Furniture:
    """key, agent: of the API. cases: ids. session: cookie of the agent."""

    key: str
    agent: int
    cases: list[int]
    session: str


@dataclass(frozen=True)
class Found:
    """texts: of all answers. orphans: answers without a job. strays: jobs without an answer. lanes: by public id.

    late: seconds that each job took from its beginning to its end, by text. unfinished: jobs.
    """

    texts: list[str]
    orphans: int
    strays: int
    lanes: dict[str, str]
    late: dict[str, float]
    unfinished: int


def furnish(address: str, paths: list[str], each: int) -> Furniture:
    """A channel for each path, with cases that wait for an answer, and Ann with a key."""
    channels = [world.messenger(address + path, title=path) for path in paths]
    people = [world.customer(channel, f"customer {n}") for channel in channels for n in range(each)]
    cases = [world.says(person, "hello").case.pk for person in people]
    ann = world.admin("Ann")
    client = Client()
    client.force_login(ann)
    return Furniture(world.api_key(ann, "write"), ann.pk, cases, client.cookies[settings.SESSION_COOKIE_NAME].value)


def inspect() -> Found:
    """What is there now."""
    answers = dict(Message.objects.filter(author=Author.AGENT).values_list("pk", "text"))
    jobs = Job.objects.filter(kind="webhook").select_related("lane")
    served = [job.message_id for job in jobs]
    ended = jobs.filter(state=State.DONE).annotate(took=F("done_at") - F("created_at"))
    late = {answers[job.message_id]: job.took.total_seconds() for job in ended if job.message_id in answers}
    return Found(
        texts=list(answers.values()),
        orphans=len(set(answers) - set(served)),
        strays=len(set(served) - set(answers)) + len(served) - len(set(served)),
        lanes={job.public_id: job.lane.key for job in jobs},
        late=late,
        unfinished=jobs.exclude(state=State.DONE).count(),
    )


def call(environment: Mapping[str, str], *words: str) -> str:
    """The output of this file, run on another database."""
    command = [sys.executable, "-m", "tests.faults.inside", *words]
    done = subprocess.run(
        command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["furnish", address, paths, each]:
            print(json.dumps(asdict(furnish(address, paths.split(","), int(each)))))
        case ["inspect"]:
            print(json.dumps(asdict(inspect())))
