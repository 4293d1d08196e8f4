"""Named kinds: small classes or objects that an app adds and the database knows by a short key."""

import re
from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar


class Keyed(Protocol):
    """What can be registered: a class or an object with a `key`, and a `label` if people see it."""

    @property
    def key(self) -> str: ...


T = TypeVar("T", bound=Keyed)
_KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*", re.ASCII)


class UnknownKey(LookupError):
    """Nothing is registered under this key."""


class BadKey(ValueError):
    """The key is not snake_case or dotted snake_case, or it is taken."""


class Registry(Generic[T]):
    """Kinds of one sort, in the order in which they were registered.

        ACTIONS: Registry[type[Action]] = Registry("action")

        @ACTIONS.register
        class Assign(Action):
            key = "assign"
            label = _("Assign")

    For the `choices=` of a model field write a function in a module (`def action_choices(): return
    ACTIONS.choices()`): migrations cannot name a bound method and would see a change for ever.
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._items: dict[str, T] = {}

    def register(self, item: T) -> T:
        """Add the item and return it, so that it decorates a class. Raises BadKey."""
        key = item.key
        if not _KEY.fullmatch(key):
            raise BadKey(f"{key!r} is not a key for a {self.noun}: snake_case, or dotted as noun.past_verb")
        if key in self._items:
            raise BadKey(f"There is a {self.noun} {key!r} already: {self._items[key]!r}")
        self._items[key] = item
        return item

    def get(self, key: str) -> T:
        """The item of this key. Raises UnknownKey."""
        try:
            return self._items[key]
        except KeyError as error:
            raise UnknownKey(f"There is no {self.noun} {key!r}") from error

    def choices(self) -> list[tuple[str, Any]]:
        """(key, label) of each item; the key where there is no label. Labels stay lazy."""
        return [(key, getattr(item, "label", key)) for key, item in self._items.items()]

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._items.values()))

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __len__(self) -> int:
        return len(self._items)
