"""What rules and macros can do to a case, in the order in which editors offer it."""

from helpdesk.cases.actions.base import ACTIONS, TEXT_LIMIT, ActionKind, Text, Texts, action, checked

from helpdesk.cases.actions import talking, routing, notifying, properties, asking, waiting, macros  # isort: skip

__all__ = (
    "ACTIONS",
    "TEXT_LIMIT",
    "ActionKind",
    "Text",
    "Texts",
    "action",
    "asking",
    "checked",
    "macros",
    "notifying",
    "properties",
    "routing",
    "talking",
    "waiting",
)
