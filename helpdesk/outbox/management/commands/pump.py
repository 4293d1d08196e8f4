"""Works off the outbox without a broker, in a process of its own."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.lib import garbage
from helpdesk.outbox.pace import SLOTS
from helpdesk.outbox.pump import Pump


class Command(BaseCommand):
    help = "Works off the outbox until it is told to stop. Any number of pumps and workers may run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--slots", type=int, default=SLOTS, help=f"lanes worked on at a time (default {SLOTS})")

    def handle(self, *args: Any, slots: int, **options: Any) -> None:
        end = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: end.set())
        pump = Pump(slots=slots)
        garbage.spare()
        pump.start()
        self.stdout.write(f"{pump.name} with {slots} slots")
        end.wait()
        if not pump.stop():
            self.stderr.write("A try was cut off; it will be made again.")
