"""What administrators read above the inbox while a look-up brings nothing."""

from typing import Any

from identification.services import look_ups

MOST = 3  # look-ups that are named


def troubles(agent: Any) -> tuple[str, dict[str, Any]] | None:
    """Look-ups whose headers are refused, or that have only failed for an hour. One query, for admins only."""
    if not getattr(agent, "is_admin", False):
        return None
    rows = list(look_ups.in_trouble()[:MOST])
    return ("identification/look_up_banner.html", {"rows": rows}) if rows else None
