from django.apps import AppConfig


class Users(AppConfig):
    name = "helpdesk.users"
    label = "users"
    verbose_name = "Team"
