import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from channels_custom import checking
from channels_custom.checking import Check, State
from channels_custom.models import BodyFormat, CustomChannel
from helpdesk.lib import egress
from helpdesk.lib.ids import is_id

WRONG = 2  # exit code for wrong arguments


class Command(BaseCommand):
    help = (
        "Plays cases against the webhook address of a custom channel and says which it passed. "
        "Exit code 0: all passed; 1: not all; 2: wrong arguments."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", nargs="?", help="the Webhook URL")
        parser.add_argument("--secret", help="whsec_…, which the receiver verifies with")
        parser.add_argument("--channel", metavar="cch1", help="take address, secret and body from this channel")
        parser.add_argument("--format", choices=BodyFormat.values, help="how the body is written; default: json")
        parser.add_argument(
            "--user-custom-id", default=checking.USER, metavar="ID", help="the customer that messages are for"
        )
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        facts = self.facts(options)
        if options["format"]:
            facts["body_format"] = options["format"]
        checks = checking.play(**facts, user=options["user_custom_id"])
        done = list(checks) if options["json"] else list(self.tell(checks))
        passed = all(check.passed for check in done)
        if options["json"]:
            told = {"url": facts["url"], "passed": passed, "checks": [asdict(check) for check in done]}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        if not passed:
            sys.exit(1)

    def facts(self, options: dict[str, Any]) -> dict[str, Any]:
        """What was named, as `checking.play` takes it."""
        named = (options["channel"], options["url"], options["secret"])
        if named[0] and not any(named[1:]):
            facts = checking.facts(self.channel(named[0]))
        elif not named[0] and all(named[1:]):
            facts = {"url": options["url"], "secrets": [options["secret"]]}
        else:
            raise CommandError("Name either an address and its --secret, or a --channel.", returncode=WRONG)
        try:
            egress.check(facts["url"])
            for secret in facts["secrets"]:
                checking.check_secret(secret)
        except (egress.EgressError, ValueError) as error:
            raise CommandError(str(error), returncode=WRONG) from error
        return facts

    def channel(self, name: str) -> CustomChannel:
        number = name.removeprefix("cch")
        channel = CustomChannel.objects.filter(pk=number).first() if is_id(number) else None
        if channel is None:
            raise CommandError(f"There is no custom channel {name}.", returncode=WRONG)
        if not channel.webhook_url:
            raise CommandError(f"The channel {name} has no webhook URL.", returncode=WRONG)
        return channel

    def tell(self, checks: Iterable[Check]) -> Iterable[Check]:
        """Prints each as soon as it is there."""
        colours = {
            State.PASSED: self.style.SUCCESS,
            State.FAILED: self.style.ERROR,
            State.NOT_JUDGED: self.style.WARNING,
        }
        for check in checks:
            self.stdout.write(f"{colours[check.state](f'{check.state:<10}')}  {check.title}. {check.seen}")
            if check.advice:
                self.stdout.write(f"{'':<10}  → {check.advice}")
            yield check
