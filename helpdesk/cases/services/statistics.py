"""Numbers of a period, by channel and by agent, of the cases that one agent may see."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean, median
from typing import Any, TypeVar

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models import Message, Rating, Status
from helpdesk.cases.models.case import Cases
from helpdesk.cases.models.message import Author, Messages
from helpdesk.cases.services import reading
from helpdesk.channels.models import Level
from helpdesk.users.models import Agent

PERIODS = {
    "1": (timedelta(days=1), _("24 hours")),
    "7": (timedelta(days=7), _("7 days")),
    "30": (timedelta(days=30), _("30 days")),
    "90": (timedelta(days=90), _("90 days")),
}
USUAL = "7"
# Of so many of the newest cases the time to the first answer is looked at, and so many of the newest ratings.
SAMPLE = 2000

PLACE = ("pk", "channel_id", "created_at")
T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """One channel (key: as in the API) or one agent (key: the id).

    sure: customers' messages of level 2 or more; wait: median seconds to the first answer. scores: the ratings given.
    Of an agent, cases are those that were answered, and closed is not counted.
    """

    key: str
    name: str
    cases: int = 0
    closed: int = 0
    customers: int = 0
    sure: int = 0
    answers: int = 0
    automatic: int = 0
    wait: float | None = None
    scores: tuple[int, ...] = ()

    @property
    def rating(self) -> float | None:
        """What customers gave on average, from 1 to 5; None where nobody gave anything."""
        return round(mean(self.scores), 1) if self.scores else None

    @property
    def share(self) -> int | None:
        """Percent of the customers' messages whose writer was identified; None where there were none."""
        return round(100 * self.sure / self.customers) if self.customers else None


@dataclass(frozen=True)
class Numbers:
    since: datetime
    channels: list[Line]
    agents: list[Line]


@dataclass(frozen=True)
class First:
    """The first answer of an agent in a case."""

    channel_id: int
    agent_id: int | None
    seconds: float


def numbers(agent: Agent, period: str) -> Numbers:
    """The figures of the last days (a key of PERIODS). Channels and agents without any stand there with zeros."""
    since = timezone.now() - PERIODS[period][0]
    # A case that was made since then was also active since then: that is what the index knows.
    seen = reading.seen_by(agent).whole().filter(last_activity_at__gte=since)
    said = Message.objects.all() if agent.is_admin else Message.objects.visible_to(agent)
    said = said.public().filter(created_at__gte=since).order_by()
    firsts = _firsts(seen.filter(created_at__gte=since))
    given = _scores(agent, since)
    return Numbers(since, _channels(agent, seen, said, firsts, since, given), _agents(agent, said, firsts, given))


# (channel, who was assigned when it was asked for, 1 to 5) of each rating.
Scores = list[tuple[int, int | None, int]]


def _scores(agent: Agent, since: datetime) -> Scores:
    """The newest ratings that customers gave since then, at most SAMPLE."""
    rows = Rating.objects.filter(rated_at__gte=since, case__in=reading.seen_by(agent).order_by()).order_by("-rated_at")
    found = rows.values_list("case__channel_id", "agent_id", "score")[:SAMPLE]
    return [(channel_id, agent_id, score) for channel_id, agent_id, score in found if score]


def _channels(
    agent: Agent, seen: Cases, said: Messages, firsts: list[First], since: datetime, given: Scores
) -> list[Line]:
    # By a time of its own: closing a case is no activity in it.
    closed = reading.seen_by(agent).whole().filter(status=Status.CLOSED, closed_at__gte=since)
    customers = Q(author=Author.PROFILE)
    of_cases = _sums(seen.filter(created_at__gte=since).order_by(), "channel_id", cases=Count("pk"))
    of_closed = _sums(closed.order_by(), "channel_id", closed=Count("pk"))
    of_messages = _sums(
        said,
        "channel_id",
        customers=Count("pk", customers),
        sure=Count("pk", customers & Q(level__gte=Level.VOUCHED)),
        answers=Count("pk", Q(author=Author.AGENT)),
        automatic=Count("pk", Q(author__in=(Author.RULE, Author.DESK))),
    )
    waits = _waits((first.channel_id, first.seconds) for first in firsts)
    scores = _by((channel, score) for channel, _agent, score in given)
    return [
        Line(
            one.api_key,
            one.title,
            wait=waits.get(one.pk),
            scores=tuple(scores.get(one.pk, ())),
            **_of(one.pk, of_cases, of_closed, of_messages),
        )
        for one in agent.seen_channels().order_by("title", "pk")
    ]


def _agents(agent: Agent, said: Messages, firsts: list[First], given: Scores) -> list[Line]:
    """Administrators read of everybody, others of themselves: numbers of colleagues are their superiors' business."""
    everybody = Agent.objects.filter(is_active=True) if agent.is_admin else Agent.objects.filter(pk=agent.pk)
    written = said.filter(author=Author.AGENT, agent__in=everybody)
    sums = _sums(written, "agent_id", answers=Count("pk"), cases=Count("case", distinct=True))
    waits = _waits((first.agent_id, first.seconds) for first in firsts)
    scores = _by((agent_id, score) for _channel, agent_id, score in given)
    return [
        Line(
            str(one.pk), str(one), wait=waits.get(one.pk), scores=tuple(scores.get(one.pk, ())), **sums.get(one.pk, {})
        )
        for one in everybody.order_by("name", "email")
    ]


def _sums(rows: QuerySet[Any], by: str, **figures: Count) -> dict[int, dict[str, int]]:
    """{id: {figure: number}}, in one query."""
    return {row.pop(by): row for row in rows.values(by).annotate(**figures)}


def _of(pk: int, *sums: dict[int, dict[str, int]]) -> dict[str, int]:
    return {figure: number for each in sums for figure, number in each.get(pk, {}).items()}


def _firsts(cases: Cases) -> list[First]:
    """The first answers of agents in the newest of these cases."""
    made = {pk: (channel, at) for pk, channel, at in cases.order_by("-pk").values_list(*PLACE)[:SAMPLE]}
    answers = Message.objects.public().filter(author=Author.AGENT, case__in=made).order_by()
    first = answers.values("case").annotate(first=Min("pk")).values_list("first", flat=True)
    rows = Message.objects.filter(pk__in=list(first)).order_by().values_list("case_id", "agent_id", "created_at")
    return [First(made[case][0], agent, (at - made[case][1]).total_seconds()) for case, agent, at in rows]


def _waits(seconds: Iterable[tuple[int | None, float]]) -> dict[int | None, float]:
    return {pk: median(each) for pk, each in _by(seconds).items()}


def _by(pairs: Iterable[tuple[int | None, T]]) -> dict[int | None, list[T]]:
    """The second of each pair, under its first."""
    found: dict[int | None, list[T]] = defaultdict(list)
    for pk, each in pairs:
        found[pk].append(each)
    return found
