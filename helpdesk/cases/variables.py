"""The fixed list of what a text of the desk can name: each variable, and what it says for a case."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models import Author, Case
from helpdesk.lib.text import excerpt
from helpdesk.users.models.people import ProfileKind

# Who reads a text. What stands in one for agents may name more than a customer should read.
USERS, AGENTS, RATERS = "users", "agents", "raters"
# Characters of what the customer wrote, where a text repeats it.
QUOTED = 500


@dataclass(frozen=True)
class Variable:
    """name stands in braces, alias in brackets. get: what it says for a case. only: for whom, if not for everybody."""

    name: str
    alias: str
    label: Any
    get: Callable[[Case], object]
    only: str = ""

    def may_stand(self, to: str) -> bool:
        return self.only in ("", to)


def link(case: Case) -> str:
    """The case's page in the inbox."""
    return f"{settings.BASE_URL}/cases/{case.number}/"


def _first(name: str) -> str:
    return name.partition(" ")[0]


def _address(case: Case, kind: str) -> str:
    """The user's address of this kind: that of the profile itself, else the first one known of the person."""
    if case.profile.kind == kind:
        return case.profile.address
    others = case.profile.person.profiles.filter(kind=kind).order_by("pk")
    return others.values_list("address", flat=True).first() or ""


def _labels(case: Case) -> str:
    return ", ".join(case.labels.values_list("title", flat=True))


def _said(case: Case) -> str:
    """The start of what the customer wrote last; codes are blanked by then."""
    last = case.messages.filter(author=Author.PROFILE).order_by("-pk")
    return excerpt(last.values_list("text", flat=True).first() or "", QUOTED)


def _now() -> datetime:
    return timezone.localtime(timezone.now(), ZoneInfo(settings.DESK_TIME_ZONE))


VARIABLES = (
    Variable("user.name", "user_full_name", _("user's name"), lambda case: case.profile.name),
    Variable("user.first_name", "user_first_name", _("user's first name"), lambda case: _first(case.profile.name)),
    Variable("user.company", "company_name", _("user's company"), lambda case: case.profile.person.company),
    Variable("user.position", "company_position", _("user's position"), lambda case: case.profile.person.position),
    Variable("user.email", "user_email", _("user's e-mail"), lambda case: _address(case, ProfileKind.EMAIL)),
    Variable("user.phone", "user_phone", _("user's phone"), lambda case: _address(case, ProfileKind.PHONE)),
    Variable(
        "user.external_id", "user_external_id", _("user's id with you"), lambda c: _address(c, ProfileKind.EXTERNAL)
    ),
    Variable("case.number", "case_number", _("number of the case"), lambda case: case.number),
    Variable("case.subject", "case_subject", _("subject"), lambda case: case.subject),
    Variable("case.status", "case_status", _("status"), lambda case: case.get_status_display()),
    Variable("case.group", "case_group", _("group"), lambda case: case.group),
    Variable("case.priority", "case_priority", _("priority"), lambda case: case.get_priority_display(), only=AGENTS),
    Variable("case.labels", "case_labels", _("labels"), _labels, only=AGENTS),
    Variable("case.link", "case_link", _("address of the case in the inbox"), link, only=AGENTS),
    Variable("message.text", "message_text", _("what the customer wrote last"), _said),
    Variable("agent.name", "staff_full_name", _("assigned agent"), lambda case: case.assignee),
    Variable(
        "agent.first_name",
        "staff_first_name",
        _("assigned agent's first name"),
        lambda case: _first(case.assignee.name) if case.assignee else "",
    ),
    Variable(
        "agent.email",
        "staff_email",
        _("assigned agent's e-mail"),
        lambda case: case.assignee.email if case.assignee else "",
        only=AGENTS,
    ),
    Variable("channel.title", "channel_title", _("channel"), lambda case: case.channel),
    Variable("desk.date", "current_date", _("today's date"), lambda case: date_format(_now(), "DATE_FORMAT")),
    Variable(
        "desk.time", "current_time", _("time of day at the desk"), lambda case: date_format(_now(), "TIME_FORMAT")
    ),
    # What it says is given by the request itself.
    Variable("rating.link", "rating_link", _("address where the rating is given"), lambda case: "", only=RATERS),
)
NAMES = {variable.name: variable for variable in VARIABLES}
ALIASES = {variable.alias: variable for variable in VARIABLES}
