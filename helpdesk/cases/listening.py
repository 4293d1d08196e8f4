"""Who may listen to what happens, beside agents: apps that the streams do not know name theirs in the settings.

`settings.LISTENERS`: {what stands in the stream's address: dotted path of a `Listeners`}.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from helpdesk.cases import feed

# What customers may know of their own case. Of a message: that there is one; of a note: nothing.
TOLD_TO_CUSTOMERS = frozenset(
    {
        *("message.added", "message.read", "case.status_changed", "case.agent_typing"),
        *("chat.ended", "case.merged", "case.unmerged"),
    }
)


class News(Protocol):
    """Something happened in a case. told: the kinds of it that its customer may know; places: where the case stands,
    with `profile` and `person` of the customer.
    """

    @property
    def case(self) -> int: ...

    @property
    def told(self) -> tuple[str, ...]: ...

    @property
    def places(self) -> Sequence[Any]: ...

    @property
    def position(self) -> feed.Position: ...


class Listener(Protocol):
    """Who listens, as far as it decides what is told. Hashable; another one as soon as that has changed."""

    def chunk(self, news: Any) -> bytes | None:
        """The news as a server-sent event; None where it is none of theirs."""
        ...


Sort = TypeVar("Sort", bound=Listener)


class Listeners(Protocol[Sort]):
    """One sort of listeners. changes: kinds of events after which they may have changed."""

    listener: type[Sort]
    changes: frozenset[str]

    def ask(self, request: HttpRequest, name: str) -> Sort | None:
        """Who asks; name: what stands in the address. None for a stranger."""
        ...

    def renewed(self, known: Iterable[Sort]) -> dict[Sort, Sort | None]:
        """What they are now; None: nobody any more."""
        ...


def of(sort: str) -> Listeners[Any] | None:
    path = settings.LISTENERS.get(sort)
    return _known(path) if path else None


def everybody() -> list[Listeners[Any]]:
    return [_known(path) for path in settings.LISTENERS.values()]


@lru_cache(maxsize=8)
def _known(path: str) -> Listeners[Any]:
    return cast(Listeners[Any], import_string(path))
