"""What was tried towards the address of a channel, and what waits: for the pages that show it. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Left

from channels_custom import services
from channels_custom.models import CustomChannel
from helpdesk.cases.models import Message
from helpdesk.inbox import progress
from helpdesk.inbox.progress import Progress
from helpdesk.lib.ids import is_id
from helpdesk.outbox.models import Attempt, Job
from helpdesk.users.models import Agent

PAGE = 25
WAITING = 10
HEAD = 600  # characters of an answer in a list; its own page has all that was kept
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Line:
    """A job, what it brings to a customer, and how far that got. attempt: the try that this line is about.

    latest: no newer line of this page is about the same job.
    """

    job: Job
    message: Message | None
    progress: Progress
    attempt: Attempt | None = None
    latest: bool = True


@dataclass(frozen=True)
class Log:
    """A page of the log, newest first, and the place where the next page begins ("" after the last)."""

    lines: list[Line]
    next: str


def log(channel: CustomChannel, reader: Agent, *, failed: bool = False, after: str = "") -> Log:
    """after: as an earlier page gave it. Two queries."""
    tries = Attempt.objects.filter(group=channel.lane_group).exclude(group="").order_by("-started_at", "-pk")
    tries = tries.filter(ok=False) if failed else tries
    if place := _read(after):
        at, pk = place
        tries = tries.filter(Q(started_at__lt=at) | Q(pk__lt=pk), started_at__lte=at)
    tries = tries.select_related("job").defer("job__payload", "head").annotate(beginning=Left("head", HEAD))
    rows = list(tries[: PAGE + 1])
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Log(_lines(rows[:PAGE], reader), f"{(last.started_at - EPOCH) // MICROSECOND}-{last.pk}" if last else "")


def _lines(rows: Sequence[Attempt], reader: Agent) -> list[Line]:
    messages = _messages([row.job for row in rows], reader)
    lines, seen = [], set()
    for row in rows:
        message = messages.get(row.job.message_id or 0)
        lines.append(Line(row.job, message, _progress(message), row, row.job_id not in seen))
        seen.add(row.job_id)
    return lines


def waiting(channel: CustomChannel, reader: Agent) -> list[Line]:
    """What waits to leave, the oldest first, at most WAITING. Two queries."""
    jobs = services.waiting(channel).filter(lane__due_at__isnull=False).defer("payload").order_by("pk")[:WAITING]
    rows = list(jobs)
    messages = _messages(rows, reader)
    lines, ahead = [], set()
    for job in rows:
        message = messages.get(job.message_id or 0)
        lines.append(Line(job, message, _progress(message, behind=job.lane_id in ahead)))
        ahead.add(job.lane_id)
    return lines


def one(channel: CustomChannel, number: int, reader: Agent) -> Line | None:
    """One delivery of this channel, with the frozen body."""
    job = Job.objects.filter(pk=number, lane__group=channel.lane_group).first()
    if job is None:
        return None
    message = _messages([job], reader).get(job.message_id or 0)
    return Line(job, message, _progress(message))


def _messages(jobs: Iterable[Job], reader: Agent) -> dict[int, Message]:
    ids = {job.message_id for job in jobs if job.message_id}
    return Message.objects.visible_to(reader).select_related("case").in_bulk(ids) if ids else {}


def _progress(message: Message | None, *, behind: bool = False) -> Progress:
    return progress.of(message, behind=behind) if message else Progress()


def _read(after: str) -> tuple[datetime, int] | None:
    """The place in an address; None for the first page, and for what nobody but a person has typed."""
    moment, _dash, pk = after.partition("-")
    if not (is_id(moment) and is_id(pk)):
        return None
    try:
        return EPOCH + int(moment) * MICROSECOND, int(pk)
    except OverflowError:
        return None
