from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from helpdesk.users.models import Agent
from helpdesk.users.models.agents import Scope
from helpdesk.users.services import keys

# A key for one channel is made on the channel's page in the admin.
SCOPES = [Scope.READ, Scope.WRITE, Scope.ADMIN]


class Command(BaseCommand):
    help = "Makes an API key that acts for an agent and prints it, this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="command line", help="to tell keys apart in lists")
        parser.add_argument(
            "--scope",
            action="extend",
            nargs="+",
            choices=[str(scope.value) for scope in SCOPES],
            help="default: write",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        agent = Agent.objects.filter(email=email, is_active=True).first()
        if agent is None:
            raise CommandError(f"There is no active agent with the address {email}.")
        scopes = options["scope"] or [str(Scope.WRITE)]
        if Scope.ADMIN in scopes and not agent.is_admin:
            raise CommandError(f"{email} is no administrator, so no key of theirs can be one.")
        _, text = keys.make(agent, name=options["name"], scopes=scopes)
        self.stdout.write(text)
