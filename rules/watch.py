"""Notices changes of rules and of everything that rules name: a deleted label must not stay unnoticed.

Signals, since those tables belong to apps that know nothing of rules, and are edited in the admin.
"""

from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_delete, post_save

from helpdesk.cases.actions import ACTIONS
from helpdesk.channels.models import FreeDay, Period, Schedule
from helpdesk.lib.admin import WITNESSES
from helpdesk.lib.fields import FIELDS
from rules import services
from rules.models import Action, Condition, Rule, RuleGroup, RuleList
from rules.uses import rules_of

# A sign-in, or a new status, changes nothing that a rule could name.
UNIMPORTANT = frozenset({"last_login", "status", "status_at"})

# Customers' data make new rows of these, and no rule can name them yet.
MADE_BY_DATA = frozenset({"users.Company"})


def vocabulary() -> set[type[models.Model]]:
    """The tables whose rows conditions and actions name."""
    inputs = (one.choices.table() for kind in ACTIONS for one in kind.inputs if one.choices)
    return FIELDS.watched() | {table for table in inputs if table}


def rule_changed(sender: type[models.Model], **more: Any) -> None:
    services.revise()


def vocabulary_changed(sender: type[models.Model], **more: Any) -> None:
    if more.get("update_fields") and UNIMPORTANT.issuperset(more["update_fields"]):
        return
    if more.get("created") and sender._meta.label in MADE_BY_DATA:
        return
    services.revise()
    transaction.on_commit(services.review, robust=True)


def hours_changed(sender: type[models.Model], created: bool = False, **more: Any) -> None:
    """Clocks that count in business hours run out at another moment now."""
    timed = Condition.objects.filter(rule__list=RuleList.TIME, rule__active=True)
    if not created and any(names_hours(row.field, row.value) for row in timed):
        services.start_clocks()


def names_hours(field: str, value: Any) -> bool:
    return field == "time.hours" or (isinstance(value, dict) and "schedule" in value)


def watch() -> None:
    WITNESSES.append(rules_of)
    own: list[type[models.Model]] = [Rule, RuleGroup, Condition, Action, *Rule.__subclasses__()]
    for model in own:
        post_save.connect(rule_changed, sender=model, dispatch_uid=f"rules {model.__name__}")
        post_delete.connect(rule_changed, sender=model, dispatch_uid=f"rules {model.__name__}")
    for model in vocabulary():
        post_save.connect(vocabulary_changed, sender=model, dispatch_uid=f"rules {model._meta.label}")
        post_delete.connect(vocabulary_changed, sender=model, dispatch_uid=f"rules {model._meta.label}")
    # The days and hours of a schedule belong to it. Whoever changes them saves the schedule after them.
    for model in (Period, FreeDay):
        post_save.connect(rule_changed, sender=model, dispatch_uid=f"rules {model._meta.label}")
        post_delete.connect(rule_changed, sender=model, dispatch_uid=f"rules {model._meta.label}")
    post_save.connect(hours_changed, sender=Schedule, dispatch_uid="rules hours")
