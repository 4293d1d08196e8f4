import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from helpdesk.ops import diagnosis, health
from helpdesk.ops.health import Check

SIGNS = {health.GREEN: "ok  ", health.YELLOW: "look", health.RED: "BAD "}


class Command(BaseCommand):
    help = "Says what is wrong with this desk and what to do. Exit code 1 if anything is red."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        checks = diagnosis.everything()
        status = health.overall(checks)
        if options["json"]:
            told = {"status": status, "checks": [asdict(check) for check in checks]}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self.tell(checks)
        if status == "down":
            sys.exit(1)

    def tell(self, checks: list[Check]) -> None:
        colours = {
            health.GREEN: self.style.SUCCESS,
            health.YELLOW: self.style.WARNING,
            health.RED: self.style.ERROR,
        }
        for check in checks:
            sign = colours[check.state](SIGNS[check.state])
            self.stdout.write(f"{sign}  {check.key.replace('_', ' '):<18} {check.detail}")
            if check.advice:
                self.stdout.write(f"      {'':<18} → {check.advice}")
