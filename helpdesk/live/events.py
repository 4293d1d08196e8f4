"""What wakes the streams: a commit that recorded something, and the end of a session."""

from functools import partial
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from helpdesk.events.signals import committed
from helpdesk.live import wake


@receiver(committed, dispatch_uid="live.committed")
def something_happened(**_: Any) -> None:
    wake.ring()


@receiver(post_delete, sender=Session, dispatch_uid="live.signed_out")
def somebody_signed_out(**_: Any) -> None:
    transaction.on_commit(partial(wake.ring, wake.RIGHTS), robust=True)
