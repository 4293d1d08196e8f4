"""Stored answers of idempotent calls live for a day."""

from datetime import timedelta

from django.utils import timezone

from helpdesk.users.models import StoredAnswer

KEPT = timedelta(hours=24)


def forget_old() -> int:
    """Deletes answers older than a day; gives how many."""
    deleted, _rows = StoredAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return deleted
