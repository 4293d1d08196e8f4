"""What rules can do about who somebody is."""

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.actions import ActionKind, action
from helpdesk.cases.models import Case
from helpdesk.events.services import Actor, record
from identification.services import look_ups
from identification.services.look_up_states import gate


@action
class StartLookUp(ActionKind):
    """Nobody waits for the answer: the next pass sees it. Where nobody can be asked, the timeline says so."""

    key = "start_look_up"
    label = _("Look the user up in your database")

    def run(self, case: Case, values: dict[str, Any], *, by: Actor) -> None:
        if look_ups.refresh(case.profile, by=by):
            record("look_up.started", by=by, case=case, profile=case.profile)
            return
        look_up = look_ups.place_of(case.profile)
        why = gate(look_up, case.profile) if look_up else _now("no look-up is set up where they write")
        why = why or _now("it is being asked already")
        record("look_up.not_started", by=by, case=case, profile=case.profile, why=why)
