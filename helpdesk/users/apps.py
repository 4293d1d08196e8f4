from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate
from django.utils.translation import gettext as _


class Users(AppConfig):
    name = "helpdesk.users"
    label = "users"
    verbose_name = "Team"

    def ready(self) -> None:
        post_migrate.connect(make_counters, sender=self)
        post_migrate.connect(built_in, sender=self)


def make_counters(using: str, **more: Any) -> None:
    """The table of the cache, in which tries to sign in are counted; nothing happens where it is there."""
    call_command("createcachetable", database=using, verbosity=0)


def built_in(sender: AppConfig, using: str, **more: Any) -> None:
    """Statuses, where there are none; agents who were there before any had one are online. After each migration."""
    statuses = sender.get_model("AgentStatus")._default_manager.using(using)
    if statuses.exists():
        return
    online = statuses.create(title=_("Online"), available=True, position=0)
    for position, title in enumerate((_("Busy"), _("Away")), 1):
        statuses.create(title=title, available=False, position=position)
    sender.get_model("Agent")._default_manager.using(using).filter(status=None).update(status=online)
