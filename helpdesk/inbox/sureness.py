"""How sure we are of a person, and why, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Level
from helpdesk.users.models import Link
from helpdesk.users.models.people import Method

MARKS = {Level.PROVEN: "proven", Level.VOUCHED: "vouched"}
LEVELS = {
    Level.ANONYMOUS: _("Anonymous"),
    Level.CLAIMED: _("Not identified: only the channel says who this is"),
    Level.VOUCHED: _("Vouched for by this channel"),
    Level.PROVEN: _("Proven"),
}
METHODS = {
    (Method.CODE, Level.PROVEN): _("Identified by code"),
    (Method.CODE, Level.VOUCHED): _("Identified by a code from page data"),
    (Method.TOKEN, Level.PROVEN): _("Signed in"),
    (Method.API, Level.PROVEN): _("Your server says who this is"),
    (Method.API, Level.VOUCHED): _("Your server says who this is"),
    (Method.PAGE, Level.VOUCHED): _("Your page says who this is"),
    (Method.AGENT, Level.PROVEN): _("Linked by an agent; proven before"),
    (Method.AGENT, Level.VOUCHED): _("Linked by an agent; vouched for before"),
    (Method.FIRST, Level.VOUCHED): _("This channel's ids are accounts of your own"),
    (Method.FIRST, Level.PROVEN): _("Signed in before writing, says this channel's server"),
}
# What stands in a link's evidence, for people; other keys are for machines.
EVIDENCE = {
    "code": _("code"),
    "made_by": _("made by"),
    "widget": _("widget"),
    "kid": _("signing key"),
    "key": _("API key"),
    "reason": _("reason"),
}
# A message is stamped at the end of the occasion that linked its author: the link is a little younger.
SAME_OCCASION = timedelta(seconds=10)


@dataclass(frozen=True)
class Sure:
    """A level with its reason. mark: the check mark's class, "" where there is none."""

    level: int
    reason: str
    since: datetime | None = None
    evidence: str = ""

    @property
    def mark(self) -> str:
        return MARKS.get(Level(self.level), "")


def of_link(link: Link | None, level: int) -> Sure:
    """Why we are as sure as this, by the link that stood for it."""
    if link is None:
        return Sure(level, str(LEVELS[Level(level)]))
    words: Any = METHODS.get((Method(link.method), Level(level)), LEVELS[Level(level)])
    return Sure(level, str(words), link.since, _evidence(link.evidence))


def at(moment: datetime, profile_id: int, level: int, links: Iterable[Link]) -> Sure:
    """Why a message of that moment has its level: by the link of then, not by what we know today.

    Where people were merged since, the links of then are another person's; the next one carries on what they said.
    """
    fitting = [link for link in links if link.profile_id == profile_id and link.level == level]
    before = [link for link in fitting if link.since <= moment + SAME_OCCASION]
    return of_link(before[-1] if before else next(iter(fitting), None), level)


def _evidence(evidence: dict[str, Any]) -> str:
    """`code #5, made by api`: the plain facts that an agent or an admin can look up."""
    known = ((EVIDENCE[key], value) for key, value in evidence.items() if key in EVIDENCE and value)
    return ", ".join(f"{name} #{value}" if isinstance(value, int) else f"{name} {value}" for name, value in known)
