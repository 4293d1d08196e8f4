"""Operators and the kinds of fields that bring them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from helpdesk.lib.fields.choices import Choices
from helpdesk.lib.fields.controls import CONTROLS

Test = Callable[[Any], bool]
# What narrows a query: (all rows of the model, path to the column, value) → Q.
Ask = Callable[[QuerySet[Any], Any, Any], Q]
# When what depends on the clock on the wall may turn out otherwise: moment → the next such moment, None: never.
Turn = Callable[[datetime], datetime | None]


@dataclass(frozen=True)
class Operator:
    """One comparison. control: how its value is entered.

    prepare: value → test of what is seen (None: missing). ask: the same question for a query, where the
    database can answer it. turns: of what changes by itself as time passes, value → when; such a test sees nothing
    but the present moment.
    """

    key: str
    label: Any
    control: str
    prepare: Callable[[Any], Test]
    ask: Ask | None = None
    turns: Callable[[Any], Turn] | None = None

    def parse(self, value: Any, choices: Choices | None = None) -> Any:
        """The value in the spelling that is kept. Raises WrongValue with a sentence."""
        return CONTROLS.get(self.control).parse(value, choices)


def negation(key: str, label: Any, of: Operator) -> Operator:
    """The exact opposite of an operator: true wherever that is false, also where the value is missing."""

    def prepare(value: Any) -> Test:
        test = of.prepare(value)
        return lambda seen: not test(seen)

    return Operator(key, label, of.control, prepare, _denied(of.ask) if of.ask else None, of.turns)


def _denied(ask: Ask) -> Ask:
    return lambda rows, path, value: ~ask(rows, path, value)


@dataclass(frozen=True)
class Kind:
    """A kind of field and its operators by key. missing: those that only an optional field offers."""

    key: str
    label: Any
    operators: Mapping[str, Operator]
    missing: frozenset[str] = attribute(default_factory=frozenset)


def kind(key: str, label: Any, *operators: Operator, missing: tuple[Operator, ...] = ()) -> Kind:
    every = {operator.key: operator for operator in (*operators, *missing)}
    return Kind(key, label, every, frozenset(operator.key for operator in missing))
