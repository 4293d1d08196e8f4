from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Events(AppConfig):
    name = "helpdesk.events"
    label = "events"
    verbose_name = "events"

    def ready(self) -> None:
        """Every app's kinds and registries are in place before the first request."""
        autodiscover_modules("events", "jobs", "timers", "transports", "fields", "actions")
