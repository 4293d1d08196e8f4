"""Beside a case: how the user data from the company's own database are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.cases.models import Case
from helpdesk.users.models import Agent
from identification.models import LookUpResult
from identification.services import look_ups
from identification.services.look_ups import Standing

LOOKS = {LookUpResult.Outcome.UPDATED: "ok", LookUpResult.Outcome.UNCHANGED: "ok"}


@dataclass(frozen=True)
class Line:
    """One account: its id, a chip (look and word), why, and when."""

    account: str
    look: str
    word: str
    why: str
    at: datetime | None


def user_data(case: Case, agent: Agent) -> tuple[str, dict[str, Any]] | None:
    """One line for each account of the person that a look-up asks for, and the button that asks again."""
    found = look_ups.standings(case.profile.person_id)
    if not found:
        return None
    return "identification/look_up_panel.html", {
        "lines": [_line(one) for one in found],
        "may_ask": any(not one.gate for one in found),
    }


def _line(one: Standing) -> Line:
    last = one.last
    if one.job:
        return Line(one.profile.address, "", _("asking"), _tried(one), last.at if last else None)
    if last is None:
        return Line(one.profile.address, "", _("not asked yet"), one.gate, None)
    if one.failed:
        why = _("User data unavailable (%(why)s)") % {"why": last.error or last.get_outcome_display()}
        return Line(one.profile.address, "danger", _("unavailable"), why, last.at)
    look, word = LOOKS.get(LookUpResult.Outcome(last.outcome), ""), str(last.get_outcome_display())
    left_out = _("Left out: %(what)s") % {"what": last.error} if last.error else ""
    return Line(one.profile.address, look, word, left_out, last.at)


def _tried(one: Standing) -> str:
    """Why it takes longer than usual."""
    return _("Tried again: %(why)s") % {"why": one.job.last_error} if one.job and one.job.last_error else ""
