"""What becomes of one rule in a pass: asked, and fired if it matches. Its actions happen all or none."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.events.occasion import current, repeatable
from helpdesk.events.services import record
from helpdesk.lib.errors import Refusal
from rules import limits
from rules.evaluator import Prepared
from rules.models import Rule

log = logging.getLogger(__name__)

FIRED, FAILED, PAUSED, INVALID = "fired", "failed", "paused", "invalid"


def judge(rule: Prepared, facts: Facts, cause: Event | None) -> list[Any]:
    """Asks a rule and fires it if it matches; gives its line of the trace."""
    if rule.problem:
        return [rule.id, rule.version, INVALID]
    try:
        missed = rule.missed(facts)
        outcome = missed or (_fire(rule, facts.case, cause),)
    except Exception as error:  # the one place where a broken rule is contained: the others go on
        if repeatable(error):
            raise
        _failed(rule, facts.case, cause, error)
        outcome = (FAILED,)
    return [rule.id, rule.version, *outcome]


def _fire(rule: Prepared, case: Case, cause: Event | None) -> str:
    if rule.answers and not _may_answer(rule, case, cause):
        return PAUSED
    with current().all_or_none():
        event = _record("rule.fired", rule, case, cause)
        for number, (kind, values) in enumerate(rule.actions, 1):
            with _named(f"{number} ({kind.label})"):
                kind.run(case, values, by=event)
    transaction.on_commit(lambda: _stamp(rule), robust=True)
    return FIRED


def _record(kind: str, rule: Prepared, case: Case, cause: Event | None, **data: Any) -> Event:
    facts = {"rule": rule.id, "version": rule.version, "title": rule.title, **data}
    return record(kind, by=cause, case=case, profile=case.profile, **facts)


@contextmanager
def _named(action: str) -> Iterator[None]:
    """Says in an error which action it came from."""
    try:
        yield
    except Exception as error:
        error.add_note(action)
        raise


def _failed(rule: Prepared, case: Case, cause: Event | None, error: Exception) -> None:
    reason = str(error) if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
    for action in getattr(error, "__notes__", []):
        reason = _("action %(action)s: %(reason)s") % {"action": action, "reason": reason}
    if not isinstance(error, Refusal):
        log.error("the rule %s failed in case %s", rule.id, case.pk, exc_info=error)
    _record("rule.failed", rule, case, cause, red=True, why=reason[:200])


def _may_answer(rule: Prepared, case: Case, cause: Event | None) -> bool:
    """The rate breaker: whether this rule may write to this customer once more."""
    now = timezone.now()
    events = Event.objects.filter(profile_id=case.profile_id, kind__in=("rule.fired", "rule.paused"))
    lately = [
        (event.kind, event.created_at)
        for event in events.filter(created_at__gt=now - limits.ANSWERS_PAUSE)
        if event.get("rule") == rule.id
    ]
    if any(kind == "rule.paused" for kind, _at in lately):
        return False
    if sum(at > now - limits.ANSWERS_WINDOW for _kind, at in lately) < limits.ANSWERS:
        return True
    _record("rule.paused", rule, case, cause, red=True)
    return False


def _stamp(rule: Prepared) -> None:
    """Notes when a rule fired last, to the minute; with a write each time all cases would wait for a row."""
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    Rule.objects.filter(pk=rule.id).exclude(fired_at__gte=minute).update(fired_at=now)
