from django.apps import AppConfig


class Inbox(AppConfig):
    name = "helpdesk.inbox"
    label = "inbox"
    verbose_name = "Inbox"
