from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class Channels(AppConfig):
    name = "helpdesk.channels"
    label = "channels"
    verbose_name = "Channels"

    def ready(self) -> None:
        post_migrate.connect(built_in, sender=self)


def built_in(sender: AppConfig, using: str, **more: Any) -> None:
    """What every desk has: e-mail, phone, one language. After each migration, so that a flushed desk has it too."""
    channels = sender.get_model("Channel")._default_manager.using(using)
    for kind, title, icon in (("email", "E-mail", "mail"), ("phone", "Phone", "phone")):
        channels.get_or_create(kind=kind, defaults={"title": title, "icon": icon})
    languages = sender.get_model("Language")._default_manager.using(using)
    if not languages.exists():
        languages.create(code="en", title="English", is_default=True)
