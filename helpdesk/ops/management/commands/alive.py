import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk.outbox.health import STALE, health

KINDS = ("worker", "pump", "beat")


class Command(BaseCommand):
    help = "Ends with code 1 where the outbox has no sign of life of this machine's worker or pump, or of beat."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KINDS)

    def handle(self, *args: Any, kind: str, **options: Any) -> None:
        # Beat leaves no sign of its own: the workers leave theirs when it has them sweep.
        name = "worker:" if kind == "beat" else f"{kind}:{socket.gethostname()}:"
        ages = [age for beat, age in health().beats.items() if beat.startswith(name)]
        if not ages or min(ages) >= STALE:
            raise CommandError(f"No sign of life of {name}… within {STALE:.0f} s.")
        self.stdout.write(f"The last sign of life of {name}… is {min(ages):.0f} s old.")
