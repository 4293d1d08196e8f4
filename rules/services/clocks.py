"""Clocks of time rules: each becomes a row that says when to look, to the minute, and nothing is scanned."""

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case
from helpdesk.events.occasion import current, occasion, via
from helpdesk.outbox import services as outbox
from rules import limits
from rules.evaluator import Prepared
from rules.models import RuleList, Wait
from rules.services import memory
from rules.services.passes import look


def set_clocks(case: Case, rules: Sequence[Prepared]) -> None:
    """Starts, moves or drops the clocks of a case. The case is held."""
    if not rules:
        return
    facts = Facts(case)
    waits = {wait.rule_id: wait for wait in Wait.objects.filter(case=case)}
    for rule in rules:
        if not rule.problem:
            _set(case, rule, facts, waits.get(rule.id))


def _set(case: Case, rule: Prepared, facts: Facts, wait: Wait | None) -> None:
    started, due = rule.started(facts), rule.rings(facts)
    if started is None:
        if wait:
            wait.delete()
    elif wait is None:
        Wait.objects.create(rule_id=rule.id, case=case, due_at=due)
    else:
        _move(wait, None if wait.rung_for == started else due)


def _move(wait: Wait, due: datetime | None) -> None:
    if wait.due_at != due:
        wait.due_at = due
        wait.save(update_fields=["due_at"])


@transaction.atomic
def start_clocks(after: int = 0) -> None:
    """Has the clocks of all active cases set, after a time rule was changed."""
    outbox.enqueue("rules.set_clocks", lane="rules:clocks", body={"after": after})


def set_clocks_of_all(after: int = 0) -> int | None:
    """The clocks of some active cases, each in its own occasion; the last case's id if there are more."""
    ids = list(
        Case.objects.active().filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[: limits.CLOCKS_BATCH]
    )
    for case_id in ids:
        _set_clocks_of(case_id)
    return ids[-1] if len(ids) == limits.CLOCKS_BATCH else None


@occasion
def _set_clocks_of(case_id: int) -> None:
    set_clocks(cases.hold(case_id), memory.now().of(RuleList.TIME))


def ring() -> int:
    """Rings the waits that are due, the oldest first, for some seconds; gives how many. A next sweep does the rest."""
    until = time.monotonic() + limits.RING_SECONDS
    rung = 0
    with via("timer"):
        while True:
            found, done = _ring_some()
            rung += done
            if found < limits.RING_BATCH or time.monotonic() >= until:
                return rung


def _ring_some() -> tuple[int, int]:
    """(how many were due, how many of them this process has rung), at most a batch."""
    now = timezone.now()
    due = Wait.objects.filter(due_at__lte=now).order_by("due_at", "pk").values_list("pk", "due_at")
    some = list(due[: limits.RING_BATCH])
    return len(some), sum(_claim(pk, at, now) and _ring(pk) for pk, at in some)


def _claim(wait_id: int, seen: datetime | None, now: datetime) -> bool:
    """For some minutes the wait is ours; if this process dies with it, another one rings it then."""
    return Wait.objects.filter(pk=wait_id, due_at=seen).update(due_at=now + limits.RING_LEASE) == 1


@occasion
def _ring(wait_id: int) -> bool:
    """Checks all conditions again and fires the rule, once for each start of its clock."""
    found = Wait.objects.filter(pk=wait_id).values_list("case_id", flat=True).first()
    if found is None:
        return False
    case = cases.hold(found)
    wait = Wait.objects.get(pk=wait_id)
    rule = memory.now().get(wait.rule_id)
    facts = Facts(case)
    started = rule.started(facts) if rule else None
    if rule is None or started is None:
        wait.delete()
        return False
    if wait.rung_for == started:
        _move(wait, None)
        return False
    run = look([rule], case, [], name=RuleList.TIME, cause=None, occasion=current().id)
    if run.fired:
        wait.rung_for, wait.due_at = started, None
        wait.save(update_fields=["rung_for", "due_at"])
    elif (due := rule.rings(facts, after=timezone.now())) is not None or wait.rung_for is not None:
        _move(wait, due)
    else:
        wait.delete()  # nothing to remember; whatever touches the case next makes a new one
    return True
