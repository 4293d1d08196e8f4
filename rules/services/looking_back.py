"""Trying a rule out over the last days: which cases it would match, as they are now, and what it would change."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case
from helpdesk.cases.models.case import Cases
from helpdesk.cases.services import reading
from helpdesk.events.models import Event
from helpdesk.lib.fields import remembered
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent
from rules.drafts import Draft
from rules.evaluator import Prepared, prepare
from rules.models import RuleList
from rules.services.trying import checked, outcome

# One look takes so many cases and seconds at most, whatever comes first; another one goes on from there.
MOST_CASES = 500
MOST_SECONDS = 1.5
BATCH = 100
MOST_SHOWN = 50
# In so many of those that match the actions are done and taken back, for as many seconds again.
MOST_PLAYED = 10
MOST_DAYS = 90
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class History:
    """Of how many cases a rule was asked, how many it would match as they are now, and the newest of those.

    changes: {case: what would change and be said there, or why it would fail, in words}, of the newest few.
    next: where another look goes on; empty when all were asked.
    """

    asked: int
    matched: int
    cases: list[Case]
    next: str = ""
    changes: dict[int, list[str]] = field(default_factory=dict)

    @property
    def more(self) -> bool:
        return bool(self.next)

    @property
    def lines(self) -> list[tuple[Case, list[str] | None]]:
        """(case, what would change there, or None where that was not tried)."""
        return [(case, self.changes.get(case.pk)) for case in self.cases]


def on_history(draft: Draft, days: int, agent: Agent, after: str = "") -> History:
    """Asks the cases of the last days, newest first, of those that the agent may see.

    days: 1 to MOST_DAYS. after: `next` of an earlier look. For *new cases* by when they were made, else by when
    something last happened. Raises BadRule.
    """
    since = timezone.now() - timedelta(days=max(1, min(days, MOST_DAYS)))
    when = {"created_at__gte": since} if draft.list == RuleList.NEW else {}
    rows = reading.seen_by(agent).whole().filter(last_activity_at__gte=since, **when).newest()
    ends = time.monotonic() + MOST_SECONDS
    asked, last, mark = 0, None, ""
    matched: list[Case] = []
    with remembered():
        clean, fields = checked(draft)
        rule = prepare(clean, fields, id=0, version=0)
        for case, events in _looked_at(rows, after):
            if asked == MOST_CASES or (asked and time.monotonic() > ends):
                mark = _mark(last)
                break
            asked, last = asked + 1, case
            if rule.missed(Facts(case, events)) is None:
                matched.append(case)
    return History(asked, len(matched), matched[:MOST_SHOWN], mark, _played(rule, clean, matched[:MOST_PLAYED]))


def _played(rule: Prepared, draft: Draft, found: list[Case]) -> dict[int, list[str]]:
    """What the actions would change in these; in at least one, however long that takes."""
    ends = time.monotonic() + MOST_SECONDS
    changes: dict[int, list[str]] = {}
    for case in found:
        if changes and time.monotonic() > ends:
            break
        changes[case.pk] = outcome(rule, draft.actions, case)
    return changes


def _looked_at(rows: Cases, after: str) -> Iterator[tuple[Case, list[Event]]]:
    """The cases behind a mark, each with what happened when its last message came, some at a time."""
    while True:
        page = rows.filter(_behind(after)).select_related("profile__person__company", "channel", "assignee", "group")
        found = list(page[:BATCH])
        said = _last_occasions(found)
        yield from ((case, said.get(case.pk, [])) for case in found)
        if len(found) < BATCH:
            return
        after = _mark(found[-1])


def _mark(case: Case | None) -> str:
    """Where a case stands in the order, to the microsecond."""
    return f"{(case.last_activity_at - _EPOCH) // timedelta(microseconds=1)}.{case.pk}" if case else ""


def _behind(mark: str) -> Q:
    """What comes after a mark; everything, for one that is none of ours."""
    moment, _dot, pk = mark.partition(".")
    if not (is_id(moment) and is_id(pk)) or len(moment) > len("9999999999999999"):
        return Q()
    at = _EPOCH + timedelta(microseconds=int(moment))
    return Q(last_activity_at__lt=at) | Q(last_activity_at=at, pk__lt=int(pk))


def _last_occasions(found: list[Case]) -> dict[int, list[Event]]:
    """{case: the events of the occasion of its last message}, in two queries."""
    messages = [case.last_message_id for case in found if case.last_message_id]
    mine = Event.objects.filter(case_id__in=[case.pk for case in found])
    last = mine.filter(kind="message.added", message_id__in=messages).values_list("case_id", "occasion")
    events: dict[int, list[Event]] = {}
    occasions = set(last)
    for event in mine.filter(occasion__in={occasion for _case, occasion in occasions}).order_by("pk"):
        if event.case_id and (event.case_id, event.occasion) in occasions:
            events.setdefault(event.case_id, []).append(event)
    return events
