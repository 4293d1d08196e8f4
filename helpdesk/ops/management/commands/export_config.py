import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk.ops import exchange


class Command(BaseCommand):
    help = "Writes channels, widgets, rules, fields, labels, macros and groups into a file, without secrets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="- for the screen")

    def handle(self, *args: Any, **options: Any) -> None:
        text = json.dumps(exchange.export(), indent=2, ensure_ascii=False) + "\n"
        if options["file"] == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["file"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from error
