"""What rules and saved lists can ask, in the order in which editors offer it."""

from helpdesk.cases.fields import case, message, clocks  # isort: skip

__all__ = ("case", "clocks", "message")
