from django.apps import AppConfig


class Outbox(AppConfig):
    name = "helpdesk.outbox"
    label = "outbox"
    verbose_name = "outbox"
