import os
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.module_loading import import_string

from helpdesk.lib import garbage
from helpdesk.ops import demo_data, greeting, lock, ready, server, start
from helpdesk.outbox.pump import Pump


class Command(BaseCommand):
    help = "Brings the tables up to date and runs the whole desk in this one process."
    # The parts that matter are looked at below, the rest by the tests: all of them cost a second.
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=start.HOST)
        parser.add_argument("--port", type=_port, default=start.PORT)
        parser.add_argument("--demo", action="store_true", help="with demo data, a messenger and a customer account")
        parser.add_argument("--no-input", action="store_true", help="asks nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.DATA_DIR)
        # Both are held until the process ends.
        held = lock.take(folder)
        line = server.listen(options["host"], options["port"])
        lock.tell(held, url=settings.BASE_URL, demo=options["demo"])
        ready.migrate()
        ready.collect()
        told = demo_data.make() if options["demo"] else None
        ask = sys.stdin.isatty() and not options["no_input"]
        greeted = "\n".join(greeting.lines(told, ask=ask))
        self.serve(line, greeted)
        held.close()
        sys.stdout.flush()
        # At once: a request that hangs must not hold the process, and everything is written.
        os._exit(0)

    def serve(self, line: Any, greeted: str) -> None:
        desk = server.Desk(pages=get_wsgi_application(), streams=import_string("helpdesk.asgi.application"))
        # Imported before the first visitor waits for it.
        get_resolver().url_patterns  # noqa: B018
        garbage.spare()
        pump = Pump()
        signal.signal(signal.SIGTERM, signal.default_int_handler)

        def begin() -> None:
            pump.start()
            self.stdout.write(greeted)
            self.stdout.flush()

        try:
            server.Server(desk, begin=begin, end=lambda: pump.stop(server.GRACE)).run(sockets=[line])
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65_536:
        return int(text)
    raise ArgumentTypeError(f"{text!r} is no port: it takes a number from 1 to 65535.")
