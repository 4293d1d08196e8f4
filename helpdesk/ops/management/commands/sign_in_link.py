from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from helpdesk.ops import sign_in
from helpdesk.users.models import Agent
from helpdesk.users.services import agents


class Command(BaseCommand):
    help = "Prints a link that signs an agent in: valid for an hour, and once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--admin", action="store_true", help="make the account, or make it an administrator's")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(sign_in.link(self.agent(options["email"].strip().lower(), admin=options["admin"])))

    def agent(self, email: str, *, admin: bool) -> Agent:
        agent = Agent.objects.filter(email=email).first()
        if agent is None:
            return self.newcomer(email, admin=admin)
        if not agent.is_active:
            raise CommandError(f"The account of {email} is switched off.")
        if admin and not agent.is_admin:
            agent.is_admin = True
            agent.save(update_fields=["is_admin"])
            agents.changed(agent, "made administrator", by=None)
        return agent

    def newcomer(self, email: str, *, admin: bool) -> Agent:
        if not admin:
            raise CommandError(f"There is no agent with the address {email}; --admin makes an administrator.")
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not an e-mail address.") from error
        return sign_in.first_admin(email)
