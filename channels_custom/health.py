"""How the address of a channel is, in words and figures. Reads only; what was tried is in `tries`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_custom import services
from channels_custom.models import CustomChannel
from helpdesk.outbox import clock
from helpdesk.outbox.models import Attempt, Endpoint
from helpdesk.outbox.services.endpoints import WINDOW

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
# key → a word for lists, and how bad it is (the class of a chip).
STATES = {
    "ok": (gettext_lazy("Works"), "ok"),
    "retrying": (gettext_lazy("Tries again"), "warn"),
    "open": (gettext_lazy("Left alone for a while"), "danger"),
    "paused": (gettext_lazy("Paused"), "warn"),
    "off": (gettext_lazy("Off"), "danger"),
}


@dataclass(frozen=True)
class State:
    """How an address is: a key of STATES, and whole sentences about it."""

    key: str
    sentences: tuple[str, ...] = ()

    @property
    def word(self) -> Any:
        return STATES[self.key][0]

    @property
    def look(self) -> str:
        return STATES[self.key][1]


@dataclass(frozen=True)
class Hour:
    """What was tried within one hour."""

    at: datetime
    tries: int = 0
    failed: int = 0

    @property
    def ok(self) -> int:
        return self.tries - self.failed


@dataclass(frozen=True)
class Figures:
    """The last 24 hours. share: successes of 100 tries. median, p95: seconds that a try took. oldest: waits since."""

    hours: list[Hour]
    median: float | None
    p95: float | None
    waiting: int
    oldest: datetime | None
    given_up: int

    @property
    def tries(self) -> int:
        return sum(hour.tries for hour in self.hours)

    @property
    def share(self) -> float | None:
        return 100 * sum(hour.ok for hour in self.hours) / self.tries if self.tries else None


def state_of(channel: CustomChannel, endpoint: Endpoint) -> State:
    """Without a word about why, and without a query: for lists."""
    now = clock.now()
    if channel.off:
        return State("off", (channel.off,))
    if endpoint.paused_at:
        return State("paused")
    if endpoint.open_since:
        return State("open")
    if endpoint.failing_since or (endpoint.not_before and endpoint.not_before > now):
        return State("retrying")
    return State("ok")


def told(channel: CustomChannel, endpoint: Endpoint) -> State:
    """The state with all that there is to say about it."""
    state = state_of(channel, endpoint)
    said = [_off(channel)] if state.key == "off" else []
    if endpoint.paused_at:
        since = {"since": moment(endpoint.paused_at)}
        said.append(_("Paused since %(since)s: answers wait in order, and none is lost.") % since)
    if endpoint.open_since:
        said.append(_opened(channel, endpoint, endpoint.open_since))
    elif endpoint.not_before and endpoint.not_before > clock.now():
        until = {"until": moment(endpoint.not_before)}
        said.append(_("Its server asked us to wait until %(until)s.") % until)
    if endpoint.failing_since:
        since = {"since": moment(endpoint.failing_since)}
        said.append(_("Nothing has got through since %(since)s.") % since)
    return State(state.key, tuple(said))


def _off(channel: CustomChannel) -> str:
    why = {"why": channel.off}
    if channel.active and channel.switched_off_at:
        since = {"since": moment(channel.switched_off_at)}
        return _("Switched off since %(since)s: %(why)s") % {**since, **why}
    return _("Answers do not leave: %(why)s") % why


def _opened(channel: CustomChannel, endpoint: Endpoint, since: datetime) -> str:
    """The breaker: why it opened, and when it is tried whether the address is back."""
    before = Q(started_at__gt=since - WINDOW, started_at__lte=since)
    seen = _log(channel).filter(before).aggregate(all=Count("pk"), bad=Count("pk", filter=Q(ok=False)))
    said = _("Open since %(since)s: %(bad)d of %(all)d tries failed.") % {"since": moment(since), **seen}
    if endpoint.not_before and endpoint.not_before > clock.now():
        return f"{said} {_('The next try is at %(at)s.') % {'at': moment(endpoint.not_before)}}"
    return f"{said} {_('It is tried again now.')}"


def moment(at: datetime) -> str:
    """A time of today as 14:02, any other with its date."""
    local = localtime(at)
    today = local.date() == localtime(clock.now()).date()
    return date_format(local, "H:i" if today else "SHORT_DATETIME_FORMAT")


def _log(channel: CustomChannel) -> QuerySet[Attempt]:
    # That the group is not empty has to be said, or SQLite does not use the index, which leaves out the empty ones.
    return Attempt.objects.filter(group=channel.lane_group).exclude(group="").order_by()


def figures(channel: CustomChannel) -> Figures:
    """Five queries, whatever there is."""
    now = clock.now()
    tries = _log(channel).filter(started_at__gt=now - DAY, started_at__lte=now)
    hours = _hours(tries, now)
    number = sum(hour.tries for hour in hours)
    # The same condition as an index of lanes has: where something waits there is a time for it.
    waiting = services.waiting(channel).filter(lane__due_at__isnull=False).order_by()
    found = waiting.aggregate(number=Count("pk"), oldest=Min("created_at"))
    return Figures(
        hours=hours,
        median=_seconds(tries, number, 0.5),
        p95=_seconds(tries, number, 0.95),
        waiting=found["number"],
        oldest=found["oldest"],
        given_up=services.given_up(channel, now - DAY).count(),
    )


def _hours(tries: QuerySet[Attempt], now: datetime) -> list[Hour]:
    """One for each hour of the clock that the last 24 hours touch: the first and the last are not whole."""
    counted = tries.annotate(at=TruncHour("started_at", tzinfo=UTC)).values("at")
    rows = counted.annotate(tries=Count("pk"), failed=Count("pk", filter=Q(ok=False)))
    known = {row["at"]: Hour(**row) for row in rows}
    first = (now - DAY).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [known.get(first + number * HOUR, Hour(first + number * HOUR)) for number in range(25)]


def _seconds(tries: QuerySet[Attempt], number: int, share: float) -> float | None:
    """How long the fastest share of the tries took at most."""
    place = max(0, round(number * share) - 1)
    return tries.order_by("seconds").values_list("seconds", flat=True)[place : place + 1].first() if number else None


def endpoints(channels: Iterable[CustomChannel]) -> dict[int, Endpoint]:
    """The endpoint of each of these channels, in one query. {channel id: endpoint}"""
    groups = {channel.lane_group: channel.pk for channel in channels}
    known = {groups[row.key]: row for row in Endpoint.objects.filter(key__in=groups)}
    return {pk: known.get(pk) or Endpoint(key=group) for group, pk in groups.items()}
