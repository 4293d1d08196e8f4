import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.ops import demo_data, greeting, ready


class Command(BaseCommand):
    help = "Makes the demo data, or tells what there is: logins, keys, secrets."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        ready.migrate()
        told = demo_data.make()
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2))
            return
        for line in greeting.demo(told):
            self.stdout.write(line)
