from django.apps import AppConfig


class Cases(AppConfig):
    name = "helpdesk.cases"
    label = "cases"
    verbose_name = "Cases"
