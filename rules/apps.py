from importlib import import_module

from django.apps import AppConfig


class Rules(AppConfig):
    name = "rules"
    verbose_name = "Rules"

    def ready(self) -> None:
        """Models may be imported from here on; all fields and actions are registered by now."""
        import_module("rules.watch").watch()
