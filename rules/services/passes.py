"""A pass: one list, one case, top to bottom."""

import time
from collections.abc import Sequence
from typing import Any

from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from rules.evaluator import Prepared
from rules.grid import Grid
from rules.models import Firing, Run
from rules.services import traces
from rules.services.firing import FAILED, FIRED, PAUSED, judge

# After these the case may be another, or its row is read anew.
CHANGES = frozenset({FIRED, FAILED})
# What is found from the rule.
DONE = frozenset({FIRED, FAILED, PAUSED})


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
    began = time.perf_counter()
    grid = rules if isinstance(rules, Grid) else Grid(rules)
    missed = grid.missed(Facts(case, events))
    entries: list[traces.Entry] = []
    for number, rule in enumerate(grid):
        entry = judge(rule, missed[number], case, cause)
        entries.append(entry)
        if entry[2] == FIRED and rule.stop:
            break
        if entry[2] in CHANGES:
            missed = grid.missed(Facts(case, events), number + 1)
    entries.append([traces.TOOK, round((time.perf_counter() - began) * 1_000_000), "took"])
    run = Run(
        case=case,
        list=name,
        occasion=occasion,
        event_id=cause.pk if cause else None,
        fired=[entry[0] for entry in entries if entry[2] == FIRED],
        trace=traces.pack(entries),
    )
    Run.objects.keep(run)
    done = [entry for entry in entries if entry[2] in DONE]
    if done:
        Firing.objects.bulk_create(
            Firing(rule_id=entry[0], case=case, occasion=occasion, outcome=entry[2]) for entry in done
        )
    return run
