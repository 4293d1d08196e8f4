"""Trying a rule out: what it would see and do, with nothing kept and nothing sent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.cases import services as cases
from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case
from helpdesk.cases.services import reading
from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.events.occasion import current, occasion
from helpdesk.events.services import record
from helpdesk.inbox import timeline
from helpdesk.lib.errors import Refusal
from helpdesk.lib.fields import FIELDS, Field, remembered
from helpdesk.users.models import Agent
from rules import drafts, summary
from rules.drafts import Draft, Step, Term
from rules.evaluator import Prepared, prepare
from rules.models import RuleList
from rules.services.editing import BadRule
from rules.services.traces import in_words, plain, sentence

# Of so many of the newest cases a rule is asked, so that a page never waits for minutes.
MOST_CASES = 500
MOST_SHOWN = 50
MOST_DAYS = 90


@dataclass(frozen=True)
class Seen:
    """One condition of a try: path ("all.0"), in words, whether it held, and what it saw."""

    path: str
    sentence: str
    held: bool
    saw: str


@dataclass(frozen=True)
class Trial:
    """What a rule would do with one case. done: what would happen, in words; problem: why an action would fail."""

    matches: bool
    conditions: list[Seen]
    done: list[str] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True)
class History:
    """Of how many cases a rule was asked, how many it would match as they are now, and the newest of those."""

    asked: int
    more: bool
    matched: int
    cases: list[Case]


class _TakenBack(Exception):
    """Ends the transaction in which a rule was tried out."""


def on_case(draft: Draft, case: Case) -> Trial:
    """Asks each condition about a case as it is now and, where all hold, does the actions and takes them back.

    The events of the case's last message count as what has just happened. Raises BadRule.
    """
    with remembered():
        clean, fields = _checked(draft)
        facts = Facts(case, _last_occasion(case))
        seen = [*_look(clean.all, "all", fields, facts), *_look(clean.any, "any", fields, facts)]
        rule = prepare(clean, fields, id=0, version=0)
        matches = rule.missed(facts) is None
    done, problem = _done(rule, case) if matches else ([], "")
    return Trial(matches, seen, done, problem)


def on_history(draft: Draft, days: int, agent: Agent) -> History:
    """Which cases of the last days the rule would match, as they are now, of those that the agent may see.

    days: 1 to MOST_DAYS. For *new cases* by when they were made, else by when something last happened. Raises BadRule.
    """
    since = timezone.now() - timedelta(days=max(1, min(days, MOST_DAYS)))
    when = {"created_at__gte": since} if draft.list == RuleList.NEW else {}
    rows = reading.seen_by(agent).whole().filter(last_activity_at__gte=since, **when).newest()
    found = list(rows.select_related("profile__person__company", "channel", "assignee", "group")[: MOST_CASES + 1])
    with remembered():
        clean, fields = _checked(draft)
        rule = prepare(clean, fields, id=0, version=0)
        said = _last_messages(found[:MOST_CASES])
        matched = [case for case in found[:MOST_CASES] if rule.missed(Facts(case, said.get(case.pk, ()))) is None]
    return History(min(len(found), MOST_CASES), len(found) > MOST_CASES, len(matched), matched[:MOST_SHOWN])


def _checked(draft: Draft) -> tuple[Draft, Any]:
    fields = FIELDS.now()
    clean, errors = drafts.check(draft, fields)
    if errors:
        raise BadRule(errors)
    return clean, fields


def _last_occasion(case: Case) -> list[Event]:
    """What happened to the case when its last message came."""
    last = Event.objects.filter(case_id=case.pk, kind="message.added").order_by("pk").last()
    return list(Event.objects.filter(occasion=last.occasion, case_id=case.pk).order_by("pk")) if last else []


def _last_messages(found: list[Case]) -> dict[int, list[Event]]:
    """{case: the event of its last message}, in one query."""
    ids = [case.last_message_id for case in found if case.last_message_id]
    events = Event.objects.filter(kind="message.added", message_id__in=ids, case_id__in=[case.pk for case in found])
    return {event.case_id or 0: [event] for event in events}


def _look(terms: tuple[Term, ...], block: str, fields: Any, facts: Facts) -> Iterator[Seen]:
    for index, term in enumerate(terms):
        looked_at: Field = fields[term.field]
        saw = looked_at.getter(facts)
        held = looked_at.prepare(term.operator, term.value)(saw)
        yield Seen(f"{block}.{index}", sentence(term, looked_at), held, in_words(looked_at, plain(saw)))


def _done(rule: Prepared, case: Case) -> tuple[list[str], str]:
    """What the actions would do, in words, and why one of them would fail. Nothing of it stays."""
    told: list[str] = []
    problem = ""
    try:
        with transaction.atomic():
            _play(rule, case.pk, told)
    except _TakenBack:
        pass
    except Refusal as refusal:
        problem = str(refusal)
    return told or ([] if problem else [_("Nothing would change.")]), problem


@occasion
def _play(rule: Prepared, case_id: int, told: list[str]) -> None:
    """Does the actions in an occasion that ends before anybody reacts to it."""
    case = cases.hold(case_id)
    cause = record("rule.fired", by=None, case=case, profile=case.profile, rule=0, version=0, title=rule.title)
    for kind, values in rule.actions:
        seen = len(current().events)
        kind.run(case, values, by=cause)
        told += _told(current().events[seen:]) or [summary.step(Step(kind.key, values))]
    raise _TakenBack


def _told(events: list[Event]) -> list[str]:
    """As the timeline would tell it; what it shows as a message of its own has no sentence."""
    return [timeline.sentence(event, str(_("The rule"))) for event in events if EVENTS.get(event.kind).sentence]
