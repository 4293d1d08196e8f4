"""Trying a rule out on a case: what it would see and do, with nothing kept and nothing sent."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.cases import services as cases
from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case, Message
from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.events.occasion import current, occasion, repeatable
from helpdesk.events.services import record
from helpdesk.inbox import timeline
from helpdesk.lib.errors import Refusal
from helpdesk.lib.fields import FIELDS, Field, remembered
from rules import drafts, summary
from rules.drafts import Draft, Step, Term
from rules.evaluator import Prepared, prepare
from rules.services.editing import BadRule
from rules.services.traces import in_words, plain, sentence, word_of

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """One condition of a try: path ("all.0"), in words, whether it held, what it saw, or why it cannot be asked."""

    path: str
    sentence: str
    held: bool
    saw: str = ""
    problem: str = ""

    @property
    def block(self) -> str:
        return self.path.partition(".")[0]


@dataclass(frozen=True)
class Deed:
    """One action of a try: path ("actions.0"), in words, what it would change and say, or why it would fail."""

    path: str
    sentence: str
    changes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True)
class Trial:
    """What a rule would do with one case. An action with a problem is the last: then nothing of it all is done."""

    matches: bool
    conditions: list[Seen]
    actions: list[Deed] = field(default_factory=list)

    @property
    def held(self) -> int:
        """How many conditions hold."""
        return sum(one.held for one in self.conditions)

    @property
    def problem(self) -> str:
        """Why the rule would fail; empty if it would not."""
        problems = [*(one.problem for one in self.conditions), *(one.problem for one in self.actions)]
        return next(filter(None, problems), "")


class _TakenBack(Exception):
    """Ends the transaction in which a rule was tried out."""


def on_case(draft: Draft, case: Case) -> Trial:
    """Asks each condition about a case as it is now and, where all hold, does the actions and takes them back.

    The events of the case's last message count as what has just happened. Raises BadRule.
    """
    with remembered():
        clean, fields = checked(draft)
        facts = Facts(case, _last_occasion(case))
        seen = [*_look(clean.all, "all", fields, facts), *_look(clean.any, "any", fields, facts)]
        rule = prepare(clean, fields, id=0, version=0)
    some = [one.held for one in seen if one.block == "any"]
    matches = all(one.held for one in seen if one.block == "all") and (not some or any(some))
    broken = any(one.problem for one in seen)
    return Trial(matches and not broken, seen, _done(rule, clean.actions, case) if matches and not broken else [])


def checked(draft: Draft) -> tuple[Draft, Any]:
    """The draft as it would be kept, and the vocabulary. Raises BadRule."""
    fields = FIELDS.now()
    clean, errors = drafts.check(draft, fields)
    if errors:
        raise BadRule(errors)
    return clean, fields


def _last_occasion(case: Case) -> list[Event]:
    """What happened to the case when its last message came."""
    last = Event.objects.filter(case_id=case.pk, kind="message.added").order_by("pk").last()
    return list(Event.objects.filter(occasion=last.occasion, case_id=case.pk).order_by("pk")) if last else []


def attempt(work: Callable[[], T]) -> tuple[T | None, str]:
    """What came of it, and why nothing did, in words."""
    try:
        return work(), ""
    except Refusal as refusal:
        return None, str(refusal)
    except Exception as error:  # the one place where a try's error is contained: it is shown at its row
        if repeatable(error):
            raise
        log.error("a rule could not be tried out", exc_info=error)
        return None, f"{type(error).__name__}: {error}"[:200]


def _look(terms: tuple[Term, ...], block: str, fields: Any, facts: Facts) -> Iterator[Seen]:
    for index, term in enumerate(terms):
        answer, problem = attempt(partial(_asked, term, fields[term.field], facts))
        held, saw = answer or (False, "")
        yield Seen(f"{block}.{index}", sentence(term, fields[term.field]), held, saw, problem)


def _asked(term: Term, looked_at: Field, facts: Facts) -> tuple[bool, str]:
    """Whether a condition holds, and what it saw."""
    saw = looked_at.getter(facts)
    words = word_of(looked_at, plain(saw)) or in_words(looked_at, plain(saw))
    return looked_at.prepare(term.operator, term.value)(saw), words


def outcome(rule: Prepared, steps: Sequence[Step], case: Case) -> list[str]:
    """What the actions would change and say, or why they would fail, in words. Nothing of it stays."""
    deeds = _done(rule, steps, case)
    failed = [_("This would fail: %(why)s") % {"why": one.problem} for one in deeds if one.problem]
    return failed or [line for one in deeds for line in (*one.changes, *(f"“{text}”" for text in one.texts))]


def _done(rule: Prepared, steps: Sequence[Step], case: Case) -> list[Deed]:
    """What the actions would do. Nothing of it stays."""
    deeds: list[Deed] = []
    try:
        with transaction.atomic():
            _play(rule, steps, case.pk, deeds)
    except _TakenBack:
        pass
    return deeds


@occasion
def _play(rule: Prepared, steps: Sequence[Step], case_id: int, deeds: list[Deed]) -> None:
    """Does the actions in an occasion that ends before anybody reacts to it."""
    deeds.clear()  # an occasion may be repeated
    case = cases.hold(case_id)
    cause = record("rule.fired", by=None, case=case, profile=case.profile, rule=0, version=0, title=rule.title)
    for index, (kind, values) in enumerate(rule.actions):
        seen = len(current().events)
        _nothing, problem = attempt(partial(kind.run, case, values, by=cause))
        # After an error the database may answer nothing more in this transaction.
        events = [] if problem else current().events[seen:]
        deeds.append(Deed(f"actions.{index}", summary.step(steps[index]), _told(events), _said(events), problem))
        if problem:
            break
    raise _TakenBack


def _told(events: list[Event]) -> list[str]:
    """As the timeline would tell it; what it shows as a message of its own has no sentence."""
    return [timeline.sentence(event, str(_("The rule"))) for event in events if EVENTS.get(event.kind).sentence]


def _said(events: list[Event]) -> list[str]:
    """The texts of messages and notes, with everything put in."""
    ids = [event.message_id for event in events if event.kind == "message.added" and event.message_id]
    return [said.text for said in Message.objects.filter(pk__in=ids).order_by("pk")] if ids else []
