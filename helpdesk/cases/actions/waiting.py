"""What puts something off: a case until later, further rules for this time."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.cases import services as cases
from helpdesk.cases.actions.base import ActionKind, action
from helpdesk.cases.errors import CannotSnooze
from helpdesk.cases.models import Case
from helpdesk.events.services import Actor
from helpdesk.lib.fields import Input, Rows
from helpdesk.lib.fields.controls import length
from helpdesk.lib.fields.hours import hours_of


@action
class Snooze(ActionKind):
    key = "snooze"
    label = _("Snooze")
    inputs = (Input("span", _("How long"), "span", lead=_("for")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.snooze(case, timezone.now() + length(values["span"]), by=by)


@action
class SnoozeUntilOpen(ActionKind):
    key = "snooze_until_open"
    label = _("Snooze until business hours begin")
    inputs = (Input("schedule", _("Business hours"), "choice", Rows("channels.Schedule"), lead=_("of")),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.snooze(case, beginning(values["schedule"], timezone.now()), by=by)


def beginning(schedule: int, after: datetime) -> datetime:
    """When these hours begin the next time; while they last, it is the time after. Raises CannotSnooze: never."""
    hours = hours_of(schedule)
    change = hours.next_change(after) if hours else None
    if hours and change and not hours.is_open(change):
        change = hours.next_change(change)
    if change is None:
        raise CannotSnooze(CannotSnooze.never)
    return change


@action
class StopProcessing(ActionKind):
    key = "stop_processing"
    label = _("Ask no further rules")
    stops = True

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        """Nothing to the case: the pass ends with the rule that has it."""
