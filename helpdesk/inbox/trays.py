"""The views at the left of the inbox: which cases each holds, how many, and a page of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import IntegerField, Q, Subquery
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models import Case, Notification, Status
from helpdesk.cases.models.case import Cases
from helpdesk.cases.services import reading
from helpdesk.channels.models import Channel
from helpdesk.users.models import Agent
from helpdesk.users.services import conflicts

MOST = 1000
ROWS = 25
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Tray:
    """key: stands in the address. empty: what an agent reads when there is nothing in it."""

    key: str
    title: Any
    icon: str
    empty: Any
    choose: Callable[[Cases, Agent], Cases]

    def cases(self, agent: Agent) -> Cases:
        """The cases in it that the agent may see."""
        return self.choose(reading.seen_by(agent).whole(), agent)


class Counted(NamedTuple):
    """A tray, and how many cases are in it; of CONFLICTS, how many wait for a decision."""

    tray: Tray
    number: int

    @property
    def shown(self) -> str:
        """A number, or 999+: nobody works through more, and counting a million takes its time."""
        return f"{MOST - 1}+" if self.number >= MOST else str(self.number)


class Page(NamedTuple):
    """A page of cases, and the place where the next one begins ("" after the last)."""

    cases: list[Case]
    next: str


TRAYS = (
    Tray("open", _("Open"), "inbox", _("No open cases."), lambda cases, _agent: cases.open().awake()),
    Tray(
        "mine",
        _("Assigned to me"),
        "user-round",
        _("Nothing is assigned to you."),
        lambda cases, agent: cases.active().awake().filter(assignee=agent),
    ),
    Tray(
        "unassigned",
        _("Unassigned"),
        "user-round-x",
        _("Every open case has somebody."),
        lambda cases, _agent: cases.open().awake().filter(assignee=None),
    ),
    Tray("chats", _("Chats"), "messages-square", _("No chat is under way."), lambda cases, _agent: cases.chats()),
    Tray("pending", _("Pending"), "clock", _("No case waits."), lambda cases, _agent: cases.pending().awake()),
    Tray("snoozed", _("Snoozed"), "alarm-clock", _("No case is snoozed."), lambda cases, _agent: cases.snoozed()),
    Tray(
        "closed",
        _("Closed"),
        "archive",
        _("No case has been closed yet."),
        lambda cases, _agent: cases.filter(status=Status.CLOSED),
    ),
    Tray("all", _("All"), "layers", _("There are no cases yet."), lambda cases, _agent: cases),
)
# Holds no cases, but people; it has a page of its own, and stands among the others as long as there is one to decide.
CONFLICTS = Tray(
    "conflicts", _("Conflicts"), "users-round", _("Nothing to decide."), lambda cases, _agent: cases.none()
)
BY_KEY = {tray.key: tray for tray in TRAYS}
DEFAULT = TRAYS[0]


class NumberOf(Subquery):
    """How many rows a query has, at most as many as its limit."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


class Standing(NamedTuple):
    """What stands on every page: the trays with their numbers, unread notifications, the agent's own status."""

    trays: list[Counted]
    unread: int
    status: str
    available: bool


def standing(agent: Agent) -> Standing:
    """All of it in one query; the conflicts for those who decide them."""
    numbers: dict[str, Any] = {
        f"in_{tray.key}": NumberOf(tray.cases(agent).order_by().values("pk")[:MOST]) for tray in TRAYS
    }
    if agent.judges:
        undecided = conflicts.seen_by(agent).open().order_by().values("pk")[:MOST]
        numbers["in_conflicts"] = NumberOf(undecided)
    numbers["unread"] = NumberOf(Notification.objects.visible_to(agent).unread().order_by().values("pk")[:MOST])
    own = Agent.objects.filter(pk=agent.pk)
    counts: Any = own.values("status__title", "status__available", **numbers).first() or {}
    found = [Counted(tray, counts.get(f"in_{tray.key}", 0)) for tray in TRAYS]
    if counts.get("in_conflicts", 0):
        found.append(Counted(CONFLICTS, counts["in_conflicts"]))
    said = counts.get("status__title") or ""
    return Standing(found, counts.get("unread", 0), said, bool(counts.get("status__available")))


def page(tray: Tray, agent: Agent, after: str = "", channel: Channel | None = None) -> Page:
    """The newest cases of a tray, or those after the place where an earlier page ended; of one channel, if given."""
    cases = reading.rows(tray.cases(agent)).newest()
    if channel:
        cases = cases.filter(channel=channel)
    place = _read(after)
    if place:
        at, pk = place
        earlier = Q(last_activity_at__lt=at) | Q(pk__lt=pk)
        cases = cases.filter(earlier, last_activity_at__lte=at)
    found = list(cases[: ROWS + 1])
    more = len(found) > ROWS
    return Page(found[:ROWS], _write(found[ROWS - 1]) if more else "")


def _write(case: Case) -> str:
    return f"{(case.last_activity_at - EPOCH) // MICROSECOND}-{case.pk}"


def _read(after: str) -> tuple[datetime, int] | None:
    """The place in an address; None for the first page, and for what nobody but a person has typed."""
    moment, _dash, pk = after.partition("-")
    if not (moment.isdecimal() and pk.isdecimal()) or len(after) > 40:
        return None
    try:
        return EPOCH + int(moment) * MICROSECOND, int(pk)
    except OverflowError:
        return None
