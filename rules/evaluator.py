"""Rules as prepared closures: compiled once, then only called. No database."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk.cases.actions import ACTIONS, ActionKind
from helpdesk.lib.fields import Field
from helpdesk.lib.fields.dates import ends_of
from helpdesk.lib.fields.hours import Due
from helpdesk.lib.fields.operators import Test, Turn
from rules.drafts import Draft, Term, is_clock

See = Callable[[Any], Any]
# For a rule in which all of block ALL held, but nothing of block ANY.
NONE_OF_ANY = -1
# Turns of the clock on the wall that are looked at for one that lets a rule fire: two years of days.
TURNS = 732


@dataclass(frozen=True, eq=False, slots=True)
class Check:
    """A condition, ready to be asked: what it looks at, and the test of what it sees. Equal only to itself.

    turn: of one that sees nothing but the present moment, when that turns out otherwise.
    """

    see: See
    test: Test
    turn: Turn | None = None


# The checks of one set of rules, so that equal conditions are one and the same: (field, operator, value as JSON).
Checks = dict[tuple[str, str, str], Check]


class Answers(dict[Check, bool]):
    """What these facts answer to each condition, asked once however often it is wanted. Made anew with the facts."""

    def __init__(self, facts: Any) -> None:
        super().__init__()
        self.facts = facts

    def __missing__(self, check: Check) -> bool:
        self[check] = held = bool(check.test(check.see(self.facts)))
        return held


@dataclass(frozen=True)
class At:
    """All that conditions with a turn see."""

    now: datetime


@dataclass(frozen=True)
class Prepared:
    """A rule, ready to be asked. problem: why it cannot be used; then it has no conditions and no actions.

    clocks: of a time rule, what starts each clock and when it has run out then; any_clocks: the same of block ANY.
    """

    id: int
    version: int
    title: str
    stop: bool = False
    problem: str = ""
    all: tuple[Check, ...] = ()
    any: tuple[Check, ...] = ()
    actions: tuple[tuple[ActionKind, dict[str, Any]], ...] = ()
    clocks: tuple[tuple[See, Due], ...] = ()
    any_clocks: tuple[tuple[See, Due], ...] = ()

    @property
    def answers(self) -> bool:
        """Whether it writes to the customer."""
        return any(kind.answers for kind, _values in self.actions)

    def missed(self, facts: Any) -> tuple[int, Any] | None:
        """None: the rule matches. Else the first condition of ALL that failed, by index, and what it saw."""
        for index, check in enumerate(self.all):
            seen = check.see(facts)
            if not check.test(seen):
                return index, seen
        if self.any and not any(check.test(check.see(facts)) for check in self.any):
            return NONE_OF_ANY, None
        return None

    def started(self, facts: Any) -> datetime | None:
        """When the clocks of this rule started, the last of them; None while one does not run."""
        starts = [see(facts) for see, _due in self.clocks]
        return max(starts) if starts and None not in starts else None

    def rings(self, facts: Any, after: datetime | None = None) -> datetime | None:
        """When to look at this rule next: when its last clock has run out, or later one of block ANY.

        after: it was looked at then. From then on also when the clock on the wall, which alone held it back, lets go.
        """
        if self.started(facts) is None:
            return None
        ends = [due(see(facts)) for see, due in self.clocks]
        first = max((end for end in ends if end is not None), default=None)
        if first is None or None in ends:
            return None
        if after is None or first > after:
            return first
        later = [due(see(facts)) for see, due in self.any_clocks if see(facts) is not None]
        moments = [end for end in (*later, self._lets_go(facts, after)) if end is not None and end > after]
        return min(moments, default=None)

    def _lets_go(self, facts: Any, after: datetime) -> datetime | None:
        """The next moment at which all conditions hold that see only the time, if they are all that fails now."""
        held = Answers(facts)
        if not all(held[check] for check in self.all if not check.turn):
            return None
        free = not self.any or any(held[check] for check in self.any if not check.turn)
        every = [check for check in self.all if check.turn]
        some = [] if free else [check for check in self.any if check.turn]
        if not free and not some:
            return None
        for moment in _turns_of((*every, *some), after):
            then = Answers(At(moment))
            if all(then[check] for check in every) and (free or any(then[check] for check in some)):
                return moment
        return None


def _turns_of(checks: tuple[Check, ...], after: datetime) -> Iterator[datetime]:
    """The moments at which one of these turns out otherwise, in order; not without end."""
    for _turn in range(TURNS):
        turns = [check.turn(after) for check in checks if check.turn]
        moment = min((turn for turn in turns if turn is not None), default=None)
        if moment is None:
            return
        yield moment
        after = moment


def prepare(
    draft: Draft, fields: Mapping[str, Field], *, id: int, version: int, checks: Checks | None = None
) -> Prepared:
    """A checked draft → closures. checks: those of the rules beside it, to share."""
    shared: Checks = {} if checks is None else checks

    def closures(terms: tuple[Term, ...]) -> tuple[Check, ...]:
        return tuple(_check(term, fields, shared) for term in terms)

    def clocks(terms: tuple[Term, ...]) -> tuple[tuple[See, Due], ...]:
        return tuple((fields[t.field].getter, ends_of(t.value)) for t in terms if is_clock(t, fields))

    return Prepared(
        id=id,
        version=version,
        title=draft.title,
        stop=draft.stop or any(ACTIONS.get(step.kind).stops for step in draft.actions),
        all=closures(draft.all),
        any=closures(draft.any),
        actions=tuple((ACTIONS.get(step.kind), step.values) for step in draft.actions),
        clocks=clocks(draft.all),
        any_clocks=clocks(draft.any),
    )


def _check(term: Term, fields: Mapping[str, Field], shared: Checks) -> Check:
    key = term.field, term.operator, json.dumps(term.value, sort_keys=True)
    if key not in shared:
        field = fields[term.field]
        turns = field.operator(term.operator).turns
        turn = turns(term.value) if turns else None
        shared[key] = Check(field.getter, field.prepare(term.operator, term.value), turn)
    return shared[key]
