"""What need not be kept: codes that nobody used, quiet brakes, old counts."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from identification.models import Brake, Code, TokenRefusal
from identification.services.brakes import FORGIVEN_AFTER

UNUSED_FOR = timedelta(days=1)
COUNTS_FOR = timedelta(days=30)
AT_ONCE = 1000


def forget_old() -> int:
    """Deletes at most a thousand rows of each sort; gives how many. Codes that were used stay: links name them."""
    now = timezone.now()
    unused = Code.objects.filter(used_at=None, expires_at__lt=now - UNUSED_FOR)
    quiet = Brake.objects.filter(
        Q(locked_until=None) | Q(locked_until__lt=now - FORGIVEN_AFTER), window_started_at__lt=now - FORGIVEN_AFTER
    )
    old = TokenRefusal.objects.filter(hour__lt=now - COUNTS_FOR)
    return sum(
        rows.model.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:AT_ONCE])).delete()[0]
        for rows in (unused, quiet, old)
    )
