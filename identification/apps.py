from django.apps import AppConfig


class Identification(AppConfig):
    name = "identification"
    verbose_name = "Identification"
