"""Rules as prepared closures: compiled once, then only called. No database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from helpdesk.cases.actions import ACTIONS, ActionKind
from helpdesk.lib.fields import Field
from helpdesk.lib.fields.controls import length
from helpdesk.lib.fields.operators import Test
from rules.drafts import Draft, Term, is_clock

See = Callable[[Any], Any]
# For a rule in which all of block ALL held, but nothing of block ANY.
NONE_OF_ANY = -1


@dataclass(frozen=True)
class Prepared:
    """A rule, ready to be asked. problem: why it cannot be used; then it has no conditions and no actions.

    clocks: of a time rule, what starts each clock and how long it runs; any_clocks: the same of block ANY.
    """

    id: int
    version: int
    title: str
    stop: bool = False
    problem: str = ""
    all: tuple[tuple[See, Test], ...] = ()
    any: tuple[tuple[See, Test], ...] = ()
    actions: tuple[tuple[ActionKind, dict[str, Any]], ...] = ()
    clocks: tuple[tuple[See, timedelta], ...] = ()
    any_clocks: tuple[tuple[See, timedelta], ...] = ()

    @property
    def answers(self) -> bool:
        """Whether it writes to the customer."""
        return any(kind.answers for kind, _values in self.actions)

    def missed(self, facts: Any) -> tuple[int, Any] | None:
        """None: the rule matches. Else the first condition of ALL that failed, by index, and what it saw."""
        for index, (see, test) in enumerate(self.all):
            seen = see(facts)
            if not test(seen):
                return index, seen
        if self.any and not any(test(see(facts)) for see, test in self.any):
            return NONE_OF_ANY, None
        return None

    def started(self, facts: Any) -> datetime | None:
        """When the clocks of this rule started, the last of them; None while one does not run."""
        starts = [see(facts) for see, _span in self.clocks]
        return max(starts) if starts and None not in starts else None

    def rings(self, facts: Any, after: datetime | None = None) -> datetime | None:
        """When to look at this rule next: when its last clock has run out, or later one of block ANY."""
        if self.started(facts) is None:
            return None
        first = max(see(facts) + span for see, span in self.clocks)
        later = (see(facts) + span for see, span in self.any_clocks if see(facts) is not None)
        moments = sorted({first, *(moment for moment in later if moment > first)})
        return next((moment for moment in moments if after is None or moment > after), None)


def prepare(draft: Draft, fields: Mapping[str, Field], *, id: int, version: int) -> Prepared:
    """A checked draft → closures."""

    def closures(terms: tuple[Term, ...]) -> tuple[tuple[See, Test], ...]:
        return tuple((fields[t.field].getter, fields[t.field].prepare(t.operator, t.value)) for t in terms)

    def clocks(terms: tuple[Term, ...]) -> tuple[tuple[See, timedelta], ...]:
        return tuple((fields[t.field].getter, length(t.value)) for t in terms if is_clock(t, fields))

    return Prepared(
        id=id,
        version=version,
        title=draft.title,
        stop=draft.stop,
        all=closures(draft.all),
        any=closures(draft.any),
        actions=tuple((ACTIONS.get(step.kind), step.values) for step in draft.actions),
        clocks=clocks(draft.all),
        any_clocks=clocks(draft.any),
    )
