from django.apps import AppConfig


class Widget(AppConfig):
    name = "helpdesk.widget"
    label = "widget"
    verbose_name = "Widget"
