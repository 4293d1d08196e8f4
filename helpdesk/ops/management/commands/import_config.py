import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk.ops import exchange, recipes

SIGNS = {"new": "+", "change": "~", "same": " "}


def _nothing(only_new: bool) -> str:
    return "Everything of it is there." if only_new else "Everything is as in the file."


class Command(BaseCommand):
    help = "Shows what a configuration file would change; with --apply, changes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--apply", action="store_true", help="does it")
        parser.add_argument("--only-new", action="store_true", help="leaves alone what the desk has already")

    def handle(self, *args: Any, **options: Any) -> None:
        data = self.read(Path(options["file"]))
        try:
            if options["only_new"]:
                data = recipes.lacking(data)
            steps = exchange.load(data, keep=options["apply"])
        except exchange.Mistakes as mistakes:
            raise CommandError("\n".join(["Nothing was changed.", *mistakes.lines])) from mistakes
        for step in steps:
            if step.verb != "same":
                self.tell(step)
        done = sum(step.verb != "same" for step in steps)
        verb = "changed" if options["apply"] else "would change; --apply does it"
        self.stdout.write(f"{done} of {len(steps)} {verb}." if done else _nothing(options["only_new"]))

    def read(self, path: Path) -> Any:
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise CommandError(f"{path} is not JSON: {error}.") from error

    def tell(self, step: exchange.Step) -> None:
        self.stdout.write(f"{SIGNS[step.verb]} {step.section}: {step.title}")
        for name, (before, after) in step.changes.items():
            self.stdout.write(f"    {name}: {json.dumps(before, default=str)} → {json.dumps(after, default=str)}")
