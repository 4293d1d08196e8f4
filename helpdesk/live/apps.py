from django.apps import AppConfig


class Live(AppConfig):
    name = "helpdesk.live"
    label = "live"
    verbose_name = "Live"
