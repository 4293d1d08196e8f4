"""What need not be kept: codes that nobody used, quiet brakes, old counts."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from identification.models import Brake, Code, LookUpResult, RevokedSession, TokenRefusal
from identification.services.brakes import FORGIVEN_AFTER
from identification.services.proposing import expire
from identification.services.revoking import KEPT_FOR

UNUSED_FOR = timedelta(days=1)
COUNTS_FOR = timedelta(days=30)
AT_ONCE = 1000


def forget_old() -> int:
    """Deletes at most a thousand rows of each sort; gives how many. Codes that were used stay: links name them."""
    now = timezone.now()
    expire()
    unused = Code.objects.filter(used_at=None, expires_at__lt=now - UNUSED_FOR)
    ago = Q(locked_until=None) | Q(locked_until__lt=now - FORGIVEN_AFTER)
    quiet = Brake.objects.filter(ago, window_started_at__lt=now - FORGIVEN_AFTER).exclude(key__startswith="person:")
    few = Brake.objects.filter(ago, window_started_at__lt=now - COUNTS_FOR)
    ended = RevokedSession.objects.filter(at__lt=now - KEPT_FOR)
    old = TokenRefusal.objects.filter(hour__lt=now - COUNTS_FOR)
    answers = LookUpResult.objects.filter(at__lt=now - COUNTS_FOR)
    return sum(
        rows.model.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:AT_ONCE])).delete()[0]
        for rows in (unused, quiet, few, ended, old, answers)
    )
