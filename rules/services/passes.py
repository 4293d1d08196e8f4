"""A pass: one list, one case, top to bottom."""

from collections.abc import Sequence
from typing import Any

from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from rules.evaluator import Prepared
from rules.models import Run
from rules.services import traces
from rules.services.firing import FIRED, judge


def look(
    rules: Sequence[Prepared],
    case: Case,
    events: Sequence[Event],
    *,
    name: str,
    cause: Event | None,
    occasion: Any,
) -> Run:
    """Asks each rule in order; after one fired, the next sees the changed case. Writes down what happened.

    name: the list. events: what happened to the case in this occasion. cause: the last that touched it.
    """
    facts = Facts(case, events)
    entries: list[traces.Entry] = []
    for rule in rules:
        entry = judge(rule, facts, cause)
        entries.append(entry)
        if entry[2] != FIRED:
            continue
        if rule.stop:
            break
        facts = Facts(case, events)
    return Run.objects.create(
        case=case,
        list=name,
        occasion=occasion,
        event_id=cause.pk if cause else None,
        fired=[entry[0] for entry in entries if entry[2] == FIRED],
        trace=traces.pack(entries),
    )
