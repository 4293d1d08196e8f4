"""What administrators read above the inbox: a rule is paused."""

from typing import Any

from rules import services

MOST = 3  # that are named


def pauses(agent: Any) -> tuple[str, dict[str, Any]] | None:
    """While a rule is kept from answering a customer. One query, for admins only."""
    if not getattr(agent, "is_admin", False):
        return None
    rows = list(services.present().select_related("rule", "case")[: MOST + 1])
    return ("rules/pauses.html", {"pauses": rows[:MOST], "more": len(rows) > MOST}) if rows else None
