"""A field is one row of a table that everybody reads."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet

from helpdesk.lib.fields.choices import Choices, recall
from helpdesk.lib.fields.operators import Kind, Operator, Test
from helpdesk.lib.registry import Registry, UnknownKey


@dataclass(frozen=True)
class Field:
    """Something that a condition can look at.

    getter: takes the facts, gives what is seen, None where it is missing. choices: what may be chosen.
    lists: the lists of conditions it may stand in; empty: all. lookup: how a query reaches it, as the path of
    a column, or as a Q where the answer is yes or no. optional: it may be missing, so that "is empty" makes
    sense. words: labels of operators, where this field has better ones than its kind.
    """

    key: str
    label: Any
    kind: Kind
    getter: Callable[[Any], Any]
    choices: Choices | None = None
    lists: frozenset[str] = frozenset()
    lookup: str | Q = ""
    optional: bool = False
    words: Mapping[str, Any] = attribute(default_factory=dict)

    @property
    def operators(self) -> list[Operator]:
        """The operators that this field offers, in order."""
        every = self.kind.operators.values()
        return [operator for operator in every if self.optional or operator.key not in self.kind.missing]

    def operator(self, key: str) -> Operator:
        """Raises UnknownKey."""
        found = next((operator for operator in self.operators if operator.key == key), None)
        if found is None:
            raise UnknownKey(f"The field {self.key!r} has no operator {key!r}")
        return found

    def word(self, operator: Operator) -> Any:
        """What the operator is called here."""
        return self.words.get(operator.key, operator.label)

    def stands_in(self, name: str) -> bool:
        return not self.lists or name in self.lists

    def parse(self, operator: str, value: Any) -> Any:
        """The value in the spelling that is kept. Raises UnknownKey, WrongValue."""
        return self.operator(operator).parse(value, self.choices)

    def prepare(self, operator: str, value: Any) -> Test:
        """A parsed value → a test of what the getter sees."""
        return self.operator(operator).prepare(value)

    def ask(self, model: type[models.Model], operator: str, value: Any) -> Q | None:
        """The same condition for a query over `model`; None where the database cannot answer it."""
        ask = self.operator(operator).ask
        rows: QuerySet[Any] = model._base_manager.all()
        return ask(rows, self.lookup, value) if ask and self.lookup else None


@dataclass(frozen=True)
class Family:
    """Fields that nobody lists: what follows the prefix in their keys is typed where the condition is written.

    label: of the whole family. make: takes what was typed, gives the field; None where there can be none of that name.
    """

    prefix: str
    label: Any
    kind: Kind
    make: Callable[[str], Field | None]


class Vocabulary(Mapping[str, Field]):
    """{key: field} as things are at one moment; asked by key it also knows the fields of the families."""

    def __init__(self, rows: Mapping[str, Field], families: Iterable[Family]) -> None:
        self._rows, self.families = rows, tuple(families)

    def __getitem__(self, key: str) -> Field:
        if key in self._rows:
            return self._rows[key]
        made = (one.make(key.removeprefix(one.prefix)) for one in self.families if key.startswith(one.prefix))
        field = next(made, None)
        if field is None:
            raise KeyError(key)
        return field

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class Fields(Registry[Field]):
    """The fixed rows, sources of rows that admins make, and families."""

    def __init__(self) -> None:
        super().__init__("field")
        self._sources: list[tuple[str, Callable[[], Iterable[Field]]]] = []
        self.families: list[Family] = []

    def provide(self, model: str, source: Callable[[], Iterable[Field]]) -> None:
        """Adds a source of fields that are rows of a table ("app.Model")."""
        self._sources.append((model, source))

    def open(self, family: Family) -> None:
        """Adds a family of fields."""
        self.families.append(family)

    def family_of(self, key: str) -> Family | None:
        """The family that a key belongs to, if any."""
        return next((one for one in self.families if key.startswith(one.prefix)), None)

    def now(self) -> Vocabulary:
        """{key: field} of everything there is at this moment; reads the sources' tables."""
        return recall(self, self._all)

    def _all(self) -> Vocabulary:
        rows = {field.key: field for field in self}
        for _model, source in self._sources:
            rows.update((field.key, field) for field in source())
        return Vocabulary(rows, self.families)

    def watched(self) -> set[type[models.Model]]:
        """The tables on which the meaning of conditions depends."""
        chosen = {field.choices.table() for field in self if field.choices}
        return {table for table in chosen if table} | {apps.get_model(model) for model, _source in self._sources}


FIELDS = Fields()
