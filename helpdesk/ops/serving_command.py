"""What `manage.py web` and `manage.py live` have in common."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from helpdesk.ops import serving


class ServerCommand(BaseCommand):
    """Becomes the server of its `kind`, after the settings were read: a wrong one is told in a sentence."""

    kind: serving.Kind
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=self.kind.port)
        parser.add_argument("--workers", type=int, default=1, help="processes (default 1)")

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        words = serving.command(self.kind, host=host, port=port, workers=workers)
        sys.stdout.flush()
        os.chdir(settings.BASE_DIR)  # where the application is found
        # The same process: it gets the signals, and holds no second Django in memory.
        os.execv(words[0], words)  # noqa: S606
