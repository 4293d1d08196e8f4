from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from helpdesk.lib import postgres


class Ops(AppConfig):
    name = "helpdesk.ops"
    label = "ops"
    verbose_name = "Operations"

    def ready(self) -> None:
        pre_migrate.connect(postgres.wait_patiently, dispatch_uid="postgres.wait_patiently")
        post_migrate.connect(postgres.wait_no_longer, dispatch_uid="postgres.wait_no_longer")
