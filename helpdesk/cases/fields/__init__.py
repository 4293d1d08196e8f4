"""What rules and saved lists can ask, in the order in which editors offer it."""

from helpdesk.cases.fields import case, message, agents, events, clocks  # isort: skip

__all__ = ("agents", "case", "clocks", "events", "message")
