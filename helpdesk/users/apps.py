from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class Users(AppConfig):
    name = "helpdesk.users"
    label = "users"
    verbose_name = "Team"

    def ready(self) -> None:
        post_migrate.connect(make_counters, sender=self)


def make_counters(using: str, **more: Any) -> None:
    """The table of the cache, in which tries to sign in are counted; nothing happens where it is there."""
    call_command("createcachetable", database=using, verbosity=0)
