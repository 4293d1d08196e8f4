"""What becomes of one rule in a pass: asked, and fired if it matches. Its actions happen all or none."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.events.occasion import current, repeatable
from helpdesk.lib.errors import Refusal
from rules.evaluator import Prepared
from rules.grid import Miss
from rules.models import Rule
from rules.services import pausing

log = logging.getLogger(__name__)

FIRED, FAILED, PAUSED, INVALID = "fired", "failed", "paused", "invalid"


def judge(rule: Prepared, missed: Miss, case: Case, cause: Event | None) -> list[Any]:
    """Fires a rule that matches; gives its line of the trace. missed: what it said when it was asked."""
    if rule.problem:
        return [rule.id, rule.version, INVALID]
    if isinstance(missed, tuple):
        return [rule.id, rule.version, *missed]
    try:
        if missed is not None:
            raise missed
        outcome = _fire(rule, case, cause)
    except Exception as error:  # the one place where a broken rule is contained: the others go on
        if repeatable(error):
            raise
        _failed(rule, case, cause, error)
        outcome = FAILED
    return [rule.id, rule.version, outcome]


def _fire(rule: Prepared, case: Case, cause: Event | None) -> str:
    if rule.answers and not pausing.may_answer(rule, case, cause):
        return PAUSED
    # Whether it writes to the customer is what the breaker counts.
    more = {"answers": True} if rule.answers else {}
    with current().all_or_none():
        event = pausing.tell("rule.fired", rule, case, cause, **more)
        for number, (kind, values) in enumerate(rule.actions, 1):
            with _named(f"{number} ({kind.label})"):
                kind.run(case, values, by=event)
    transaction.on_commit(lambda: _stamp(rule), robust=True)
    return FIRED


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
    pausing.tell("rule.failed", rule, case, cause, red=True, why=reason[:200])


def _stamp(rule: Prepared) -> None:
    """Notes when a rule fired last, to the minute; with a write each time all cases would wait for a row."""
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    Rule.objects.filter(pk=rule.id).exclude(fired_at__gte=minute).update(fired_at=now)
