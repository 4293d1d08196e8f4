"""One try of one job, for a worker that suspects it; not for people. Says what came of it and writes nothing."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.outbox import kinds, quarantine
from helpdesk.outbox.models import Job


class Command(BaseCommand):
    help = "One try of one job, for a worker that suspects it of killing its process; not for people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", type=int)

    def handle(self, *args: Any, job: int, **options: Any) -> None:
        found = Job.objects.select_related("lane").get(pk=job)
        self.stdout.write(quarantine.STARTED)
        self.stdout.flush()
        self.stdout.write(json.dumps(asdict(kinds.perform(found))))
