"""Labels and custom fields."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.cases import services as cases
from helpdesk.cases.actions.base import LABELS, ActionKind, action, custom_inputs
from helpdesk.cases.models import Case, Label
from helpdesk.events.services import Actor
from helpdesk.lib.fields import Input
from helpdesk.users.models import FieldLevel
from helpdesk.users.models.fields import Source
from helpdesk.users.services import values as users


@action
class AddLabels(ActionKind):
    key = "add_labels"
    label = _("Add labels")
    inputs = (Input("labels", _("Labels"), "choices", LABELS),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.add_labels(case, Label.objects.filter(pk__in=values["labels"]), by=by)


@action
class RemoveLabels(ActionKind):
    key = "remove_labels"
    label = _("Remove labels")
    inputs = (Input("labels", _("Labels"), "choices", LABELS),)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.remove_labels(case, Label.objects.filter(pk__in=values["labels"]), by=by)


@action
class SetUserField(ActionKind):
    key = "set_user_field"
    label = _("Set a user field")
    inputs = custom_inputs(FieldLevel.USER)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        users.say(case.profile, Source.RULE, {values["field"]: values["value"]}, by=by)


@action
class SetCaseField(ActionKind):
    key = "set_case_field"
    label = _("Set a case field")
    inputs = custom_inputs(FieldLevel.CASE)

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        cases.set_value(case, values["field"], values["value"], by=by)
