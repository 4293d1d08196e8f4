from django.apps import AppConfig


class Ops(AppConfig):
    name = "helpdesk.ops"
    label = "ops"
    verbose_name = "Operations"
