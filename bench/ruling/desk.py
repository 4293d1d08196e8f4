"""A hundred rules of eight conditions, measured from inside; `bench/rules.py` starts it.

    python -m bench.ruling.desk HOME TIMES

Writes {figure: value} to HOME/figures.json. First all engines have to agree about every event.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "helpdesk.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench.ruling import engines, story  # noqa: E402
from helpdesk.cases import services as cases  # noqa: E402
from helpdesk.cases.facts import Facts  # noqa: E402
from helpdesk.cases.models import Case, Message  # noqa: E402
from helpdesk.events.models import Event  # noqa: E402
from helpdesk.events.occasion import Occasion, current, occasion, react  # noqa: E402
from helpdesk.lib import garbage  # noqa: E402
from rules import drafts, services  # noqa: E402
from rules.grid import Grid  # noqa: E402
from rules.models import RuleList, Run  # noqa: E402
from tests import world  # noqa: E402

REACTOR = "rules.reactors.what_to_do"
RIVALS = ("zen_engine", "json_logic", "rule_engine")


def make_rules(desk: story.Desk) -> Grid:
    for number in range(story.RULES):
        draft, errors = drafts.read(story.rule(number, desk))
        if errors:
            raise RuntimeError(f"rule {number}: {errors}")
        services.save(draft, by=None)
    return services.now().of(RuleList.UPDATED)


# Evaluation alone


def ours(rules: Grid, facts: Facts) -> list[bool]:
    """Which rules match, for facts whose case is in memory. Getters, folding and the trace's values included."""
    seen = Facts(facts.case, facts.events)
    seen.__dict__.update(facts.__dict__)  # its rows: message and labels
    return [missed is None for missed in rules.missed(seen)]


def evaluate(rules: Grid, desk: story.Desk, case: Case, times: int) -> dict[str, float]:
    """Events a second of each engine: events of which every rule has to ask all of its conditions, in vain."""
    said = story.events(desk)
    facts = [one.facts(case) for one in said]
    plain = [one.plain() for one in said]
    rivals = {name: engines.make(name, desk) for name in engines.ENGINES}
    expected = [ours(rules, one) for one in facts]
    for name, ask in rivals.items():
        found = [ask(one) for one in plain]
        if found != expected:
            raise RuntimeError(f"{name} says something else than we do")
    if not any(map(any, expected)) or all(map(any, expected)):
        raise RuntimeError("some events have to fire rules, and some none")
    vain = [index for index, found in enumerate(expected) if not any(found)]
    work: dict[str, Callable[[], object]] = {"events_s": lambda: [ours(rules, facts[index]) for index in vain]}
    for name, ask in rivals.items():
        work[f"events_s_{name}"] = partial(every, ask, [plain[index] for index in vain])
    return {name: len(vain) / took for name, took in fastest(work, times).items()}


def every(ask: engines.Ask, events: list[dict[str, Any]]) -> None:
    for one in events:
        ask(one)


def fastest(work: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Seconds of the best run of each: what else the machine does can only slow it down. All take turns."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(times):
        for name, one in work.items():
            began = time.perf_counter()
            one()
            best[name] = min(best[name], time.perf_counter() - began)
    return best


# Whole passes


@occasion
def one_pass(message: Message, event: Event, measure: Callable[[Occasion], None]) -> None:
    """As when the message comes in: case and message are at hand; the reactor asks all rules and keeps the trace."""
    cases.hold(message.case_id)
    it = current()
    it.hold(message)
    event.occasion = it.id
    it.events.append(event)
    measure(it)
    it.events.clear()


def passes(message: Message, times: int) -> dict[str, float]:
    """Milliseconds of a pass with its savepoint and its trace, and how many statements ask or change rows."""
    event = Event.objects.get(kind="message.added", message_id=message.pk)
    took: list[float] = []

    def measure(it: Occasion) -> None:
        began = time.perf_counter()
        react(it, [REACTOR])
        took.append((time.perf_counter() - began) * 1000)

    def count(it: Occasion) -> None:
        with CaptureQueriesContext(connection) as captured:
            react(it, [REACTOR])
        asked.extend(one["sql"] for one in captured.captured_queries if "SAVEPOINT" not in one["sql"])

    asked: list[str] = []
    for _ in range(times):
        one_pass(message, event, measure)
    one_pass(message, event, count)
    run = Run.objects.latest("pk")
    if Run.objects.count() != times + 1 or run.fired or len(services.explain(run)) != story.RULES:
        raise RuntimeError("these passes are not the ones that should be measured")
    return {
        "rules_pass_ms": statistics.median(took),
        "rules_pass_us_best": min(took) * 1000,
        "rules_pass_queries": float(len(asked)),
        "trace_bytes": float(len(bytes(run.trace))),
    }


def measure(times: int) -> dict[str, float]:
    call_command("migrate", verbosity=0)
    bob = world.customer(world.messenger())
    case = world.says(bob, "hello").case
    desk = story.build(case)
    message = world.says(bob, story.TEXT).message
    rules = make_rules(desk)
    garbage.spare()  # as every process of the desk does
    figures = passes(message, times) | evaluate(rules, desk, Case.objects.get(pk=case.pk), max(3, times // 20))
    best = max(figures[f"events_s_{name}"] for name in RIVALS)
    return {**figures, "rules_to_best_engine": figures["events_s"] / best}


if __name__ == "__main__":
    found: dict[str, Any] = measure(int(sys.argv[2]))
    (Path(sys.argv[1]) / "figures.json").write_text(json.dumps(found))
