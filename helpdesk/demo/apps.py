from django.apps import AppConfig


class Demo(AppConfig):
    name = "helpdesk.demo"
    label = "demo"
    verbose_name = "Demo"
