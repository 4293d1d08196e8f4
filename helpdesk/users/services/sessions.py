"""Sessions that have run out. Each visitor of the sign-in page gets one, so they would pile up."""

from django.contrib.sessions.models import Session
from django.utils import timezone

AT_ONCE = 1000


def forget_old() -> int:
    """Deletes at most a thousand; gives how many."""
    old = Session.objects.filter(expire_date__lt=timezone.now()).values_list("pk", flat=True)[:AT_ONCE]
    keys = list(old)
    return Session.objects.filter(pk__in=keys).delete()[0] if keys else 0
