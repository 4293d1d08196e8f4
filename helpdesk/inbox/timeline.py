"""A case as it is read: messages, notes and what happened, in order of time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from helpdesk.cases.models import Author, Case, Message, Priority, Status
from helpdesk.cases.services import reading
from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.inbox import progress
from helpdesk.inbox.people import Names
from helpdesk.inbox.progress import Progress
from helpdesk.inbox.sureness import Sure, at
from helpdesk.users.models import Link

# Messages shown at first; each "earlier" shows four times as many.
SHOWN = 50
MOST = 3200
MOST_EVENTS = 500
WORDS: dict[str, Any] = {**dict(Status.choices), **dict(Priority.choices)}


@dataclass(frozen=True)
class Said:
    """A message or note. look: its class in the page. progress: how far an answer got."""

    message: Message
    at: datetime
    look: str
    who: str
    sure: Sure | None
    progress: Progress
    form = "message"


@dataclass(frozen=True)
class Happened:
    """One line between the messages. why: the page that says why a rule did it."""

    sentence: str
    at: datetime
    red: bool
    icon: str
    why: str = ""
    form = "event"


@dataclass(frozen=True)
class Day:
    """A new day begins."""

    day: date
    words: str
    form = "day"


@dataclass(frozen=True)
class Timeline:
    """entries in order; earlier: how many messages to ask for to see more, 0 when all are here."""

    entries: list[Said | Happened | Day]
    earlier: int
    last_message_id: int | None


def read(case: Case, names: Names, links: Iterable[Link], shown: int = SHOWN) -> Timeline:
    """The last `shown` messages of a case and of those merged into it, with what happened between them."""
    shown = max(SHOWN, min(shown, MOST))
    parts = reading.parts_of(case)
    messages = _messages(parts, shown + 1)
    more = len(messages) > shown
    messages = messages[-shown:]
    events = _events(parts, since=messages[0].created_at if more else None)
    names.rules |= {event.data["rule"]: str(event.data.get("title", "")) for event in events if _is_firing(event)}
    said = [_said(message, names, links, behind) for message, behind in _lined_up(messages)]
    lines = _lines(events)
    versions = {event.pk: event.data.get("version") for event in events if _is_firing(event)}
    happened = [_happened(event, names, case.number, versions) for event in lines]
    entries: list[Said | Happened] = sorted([*said, *happened], key=attrgetter("at"))
    last = max((message.pk for message in messages if not message.note), default=None)
    return Timeline(list(_by_day(entries)), min(shown * 4, MOST) if more and shown < MOST else 0, last)


def _messages(parts: list[int], most: int) -> list[Message]:
    found = reading.messages_of(parts).select_related("profile").prefetch_related("attachments")
    return list(found.order_by("-created_at", "-id")[:most])[::-1]


def _events(parts: list[int], since: datetime | None) -> list[Event]:
    events = Event.objects.filter(case_id__in=parts).exclude(kind="message.added")
    if since:
        events = events.filter(created_at__gte=since)
    return list(events.order_by("-id")[:MOST_EVENTS])[::-1]


def _lines(events: list[Event]) -> list[Event]:
    """Those that have a line. A rule whose deeds have lines needs none that says that it fired: each names it."""
    shown = [event for event in events if EVENTS.get(event.kind).sentence]
    told = {event.cause_id for event in shown if event.actor_kind == "rule"}
    return [event for event in shown if not (_is_firing(event) and event.pk in told)]


def _is_firing(event: Event) -> bool:
    return event.kind == "rule.fired" and "rule" in event.data


def _lined_up(messages: Iterable[Message]) -> Iterator[tuple[Message, bool]]:
    """Each with whether an earlier answer of its case is still on its way: answers leave one after the other."""
    ahead: set[int] = set()
    for message in messages:
        yield message, message.case_id in ahead
        if progress.is_on_its_way(message):
            ahead.add(message.case_id)


def _said(message: Message, names: Names, links: Iterable[Link], behind: bool) -> Said:
    look, who = _author(message, names)
    sure = None
    if message.profile_id is not None:
        sure = at(message.created_at, message.profile_id, message.level, links)
    return Said(message, message.created_at, look, who, sure, progress.of(message, behind=behind))


def _author(message: Message, names: Names) -> tuple[str, str]:
    if message.author == Author.PROFILE:
        return "customer", names.customer
    if message.author == Author.AGENT:
        who = names.of("agent", message.agent_id)
        return ("note" if message.note else "agent"), who
    who = names.of("rule", message.rule_id) if message.author == Author.RULE else names.of("desk", None)
    return ("note" if message.note else "rule"), who


def _happened(event: Event, names: Names, number: str, versions: Mapping[int, Any]) -> Happened:
    actor = names.of(event.actor_kind, event.actor_id)
    if version := versions.get(event.cause_id or 0):
        actor = f"{actor} v{version}"
    icon = "zap" if event.actor_kind == "rule" or event.kind == "rule.fired" else ""
    why = import_string(settings.INBOX_WHY)(number, event)
    return Happened(sentence(event, actor), event.created_at, event.red, "triangle-alert" if event.red else icon, why)


def sentence(event: Event, actor: str) -> str:
    """What happened in words; where an old event lacks a fact that the sentence names, the kind's short label."""
    kind = EVENTS.get(event.kind)
    facts = {
        name: kind.words.get(name, WORDS).get(value, value) if isinstance(value, str) else value
        for name, value in event.data.items()
    }
    facts |= {name: ", ".join(map(str, value)) for name, value in facts.items() if isinstance(value, list)}
    try:
        return str(kind.sentence).format(**{**facts, "actor": actor}).strip()
    except (KeyError, IndexError):
        return str(kind.label)


def _by_day(entries: Iterable[Said | Happened]) -> Iterator[Said | Happened | Day]:
    """The entries with a line before the first of each day."""
    before = None
    for entry in entries:
        day = localtime(entry.at).date()
        if day != before:
            yield Day(day, day_words(day))
            before = day
        yield entry


def day_words(day: date) -> str:
    """Today, Yesterday, or the date."""
    ago = (localtime(timezone.now()).date() - day).days
    if ago in (0, 1):
        return _("Yesterday") if ago else _("Today")
    return ""
