"""What administrators read above every page while answers do not leave."""

from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from channels_custom.models import CustomChannel
from helpdesk.outbox.models import Endpoint

MOST = 3  # channels that are named


def troubles(agent: Any) -> tuple[str, dict[str, Any]] | None:
    """Channels that were switched off, or to which nothing has got through for an hour. One query, for admins only."""
    if not getattr(agent, "is_admin", False):
        return None
    rows = list(_in_trouble()[: MOST + 1])
    return ("channels_custom/banner.html", {"channels": rows[:MOST], "more": len(rows) > MOST}) if rows else None


def _in_trouble() -> Any:
    # As `CustomChannel.lane_group` has it. What the outbox has warned of has only failed for an hour or more.
    group = Concat(Value("channel:"), Cast(OuterRef("pk"), CharField()))
    failing = Exists(Endpoint.objects.filter(key=group, failing_since__isnull=False, warned__gte=1))
    rows = CustomChannel.objects.filter(active=True).annotate(failing=failing)
    return rows.filter(Q(switched_off_at__isnull=False) | Q(failing=True)).order_by("title")
