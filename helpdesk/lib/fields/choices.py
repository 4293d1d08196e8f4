"""What may be chosen: a fixed list, the choices of a column, or the rows of a table.

Tables are named as in a foreign key ("app.Model"), so that a table may stand on the fields that name it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.apps import apps
from django.db import models


@dataclass(frozen=True)
class Choice:
    """value: as it is stored, text or a row's id. label: what people read. name: what a file calls it."""

    value: Any
    label: Any
    name: str


class Choices(Protocol):
    """Where the choices of a field come from, as they are now."""

    def all(self) -> tuple[Choice, ...]: ...

    def table(self) -> type[models.Model] | None:
        """The table whose rows they are, if so: whoever keeps choices in mind has to watch it."""
        ...


@dataclass(frozen=True)
class Fixed:
    """Choices given as (value, label). A file names them by their values, or by their labels."""

    pairs: tuple[tuple[Any, Any], ...]
    by_label: bool = False

    def all(self) -> tuple[Choice, ...]:
        return tuple(Choice(value, label, str(label if self.by_label else value)) for value, label in self.pairs)

    def table(self) -> None:
        return None


@dataclass(frozen=True)
class Column:
    """The choices that a model's column declares, without some."""

    model: str
    name: str
    without: tuple[Any, ...] = ()

    def all(self) -> tuple[Choice, ...]:
        column = apps.get_model(self.model)._meta.get_field(self.name)
        pairs = [pair for pair in column.flatchoices if pair[0] not in self.without]
        return Fixed(tuple(pairs)).all()

    def table(self) -> None:
        return None


# No row has this id.
NONE = 0


@dataclass(frozen=True)
class Rows:
    """The rows of a table. name: the column by which a file names a row; value: the one that is stored.

    label: what people read, else str(row). only: ((column, value), …) that a row must have to be offered.
    none: where "none of them" may be chosen, too, as NONE: what people read for it.
    """

    model: str
    name: str = "title"
    value: str = "pk"
    label: Callable[[Any], Any] = str
    only: tuple[tuple[str, Any], ...] = ()
    none: Any = ""

    def all(self) -> tuple[Choice, ...]:
        return recall(self, self._read)

    def _read(self) -> tuple[Choice, ...]:
        rows = self.table()._default_manager.filter(**dict(self.only))
        found = (Choice(getattr(row, self.value), self.label(row), str(getattr(row, self.name))) for row in rows)
        return (*found, *((Choice(NONE, self.none, "(none)"),) if self.none else ()))

    def table(self) -> type[models.Model]:
        return apps.get_model(self.model)


# The part of a span that is chosen.
SCHEDULE = "schedule"

_memory: ContextVar[dict[Any, Any] | None] = ContextVar("choices", default=None)
T = TypeVar("T")


def recall(key: Any, read: Callable[[], T]) -> T:
    """What was read under this key within the block `remembered`; read now if it was not."""
    memory = _memory.get()
    if memory is None:
        return read()
    if key not in memory:
        memory[key] = read()
    found: T = memory[key]
    return found


@contextmanager
def remembered() -> Iterator[None]:
    """Within this block each table is read once, however many fields offer its rows."""
    if _memory.get() is not None:
        yield
        return
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def find(choices: Choices, value: Any) -> Choice | None:
    """The choice with this value, which may come as text from a form."""
    if value is None or isinstance(value, bool | list | dict):
        return None
    return next((choice for choice in choices.all() if str(choice.value) == str(value)), None)


def to_names(choices: Choices, value: Any) -> Any:
    """A chosen value, or a list of them, as a file names it. What no longer exists stays as it is."""
    if isinstance(value, list):
        return [to_names(choices, one) for one in value]
    if isinstance(value, dict):
        return {part: to_names(choices, one) if part == SCHEDULE else one for part, one in value.items()}
    found = find(choices, value)
    return found.name if found else value


def from_names(choices: Choices, name: Any) -> Any:
    """What a file names, as it is stored. What does not exist stays as it is, for `parse` to refuse."""
    if isinstance(name, list):
        return [from_names(choices, one) for one in name]
    if isinstance(name, dict):
        return {part: from_names(choices, one) if part == SCHEDULE else one for part, one in name.items()}
    return next((choice.value for choice in choices.all() if choice.name == name), name)
