"""An occasion is a unit of work: one message came in, one agent clicked, one timer rang.

The outermost verb opens a transaction and the occasion, the verbs it calls join it. When it ends, the reactors
named in `settings.REACTORS` run in that order, once each, over the events of the occasion, inside the transaction.
"""

import functools
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, models, transaction
from django.utils.module_loading import import_string

from helpdesk.events import signals
from helpdesk.events.models import Event
from helpdesk.outbox import services as outbox

P = ParamSpec("P")
R = TypeVar("R")
Row = TypeVar("Row", bound=models.Model)

log = logging.getLogger(__name__)

TRIES = 3
# Kinds of rows in the order in which they may be locked; a later lock of an earlier kind could deadlock.
RANKS = ("profile", "person", "case", "turn", "lane")
# deadlock, serialization failure, lock not available, and our own statement about a number that was taken
REPEATABLE = {"40P01", "40001", "55P03"}


class Again(Exception):
    """Raised by a verb that lost a harmless race: the whole occasion is done once more."""


class LockOrder(Exception):
    """A row was locked after one of a later kind; this would deadlock one day, so it fails today."""


class Occasion:
    """What happens together. events: in order of recording; held: the locked rows, one instance each."""

    def __init__(self) -> None:
        self.id = uuid.uuid4()
        self.events: list[Event] = []
        self.held: dict[tuple[type[models.Model], Any], models.Model] = {}
        self.rank = 0

    def lock(self, kind: str, rows: "models.QuerySet[Row]", ids: Iterable[int]) -> list[Row]:
        """Locks rows by id, in order of id, and gives the one instance of each that everybody here works on.

        Raises LockOrder where a row of a later kind is held already, and the model's DoesNotExist.
        """
        wanted = sorted(set(ids))
        missing = [pk for pk in wanted if (rows.model, pk) not in self.held]
        if missing:
            self._enter(kind)
            # Of the row alone: PostgreSQL refuses to lock the empty side of an outer join.
            found = rows.filter(pk__in=missing).order_by("pk").select_for_update(of=("self",), no_key=True)
            for row in found:
                self.held[rows.model, row.pk] = row
        try:
            return [self.held[rows.model, pk] for pk in wanted]  # type: ignore[misc]
        except KeyError as error:
            raise rows.model.DoesNotExist(error.args[0][1]) from None  # type: ignore[attr-defined]

    def _enter(self, kind: str) -> None:
        rank = RANKS.index(kind)
        if rank < self.rank:
            raise LockOrder(f"a {kind} was asked for after a {RANKS[self.rank]} was locked")
        self.rank = rank

    def hold(self, row: models.Model) -> None:
        """Takes in a row that this occasion has just made: nobody else can have it."""
        self.held[type(row), row.pk] = row

    def of(self, *kinds: str) -> list[Event]:
        """The events of these kinds, in order."""
        return [event for event in self.events if event.kind in kinds]

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """A savepoint: after an error the rows are as they were, and its events are forgotten."""
        seen = len(self.events)
        try:
            with transaction.atomic():
                yield
        except Exception:
            _undone(self, seen)
            raise


_current: ContextVar[Occasion | None] = ContextVar("occasion", default=None)
_via: ContextVar[str] = ContextVar("via", default="")


def current() -> Occasion:
    """The occasion under way. Raises RuntimeError outside of one."""
    it = _current.get()
    if it is None:
        raise RuntimeError("this needs an occasion: call it through a verb")
    return it


def at_hand(model: type[Row], pk: Any) -> Row | None:
    """The instance of this row that the occasion under way works on; None if it has none, and outside of one."""
    it = _current.get()
    return it.held.get((model, pk)) if it else None  # type: ignore[return-value]


@contextmanager
def via(edge: str) -> Iterator[None]:
    """Names the edge that speaks (api, inbox, widget, timer …) for all events recorded inside."""
    token = _via.set(edge)
    try:
        yield
    finally:
        _via.reset(token)


def edge() -> str:
    return _via.get()


def occasion(verb: Callable[P, R]) -> Callable[P, R]:
    """Makes a function a verb: it opens an occasion, or joins the one under way.

    A deadlock, a lock time-out or a lost race repeats the whole occasion, at most three times in all; so a verb
    reads its rows itself and changes nothing outside the database.
    """

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _current.get() is not None:
            return verb(*args, **kwargs)
        return repeat(lambda: _once(verb, args, kwargs))

    return run


def repeat(work: Callable[[], R]) -> R:
    """Does the work again where the database asked for it: at most three times."""
    for last in (False,) * (TRIES - 1) + (True,):
        try:
            return work()
        except (Again, DatabaseError) as error:
            if last or not repeatable(error):
                raise
            log.info("an occasion is repeated: %s", type(error).__name__)
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311
    raise AssertionError("unreachable")


def repeatable(error: Exception) -> bool:
    """Whether the same work could succeed now. Never inside somebody else's transaction, which is lost then."""
    if connection.in_atomic_block and connection.needs_rollback:
        return False
    if isinstance(error, Again):
        return True
    state = getattr(error.__cause__, "sqlstate", None)
    return state in REPEATABLE or (isinstance(error, OperationalError) and "locked" in str(error))


def _once(verb: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
    it = Occasion()
    token = _current.set(it)
    try:
        with transaction.atomic():
            result = verb(*args, **kwargs)
            react(it, settings.REACTORS)
            transaction.on_commit(lambda: signals.committed.send_robust(Occasion, events=it.events), robust=True)
        return result
    finally:
        _current.reset(token)


Reactor = Callable[[Occasion], None]


def reacts_to(*kinds: str, only: Callable[[Event], bool] | None = None) -> Callable[[Reactor], Reactor]:
    """Marks a reactor with the events it wants: of these kinds, and, if given, only those for which `only` is true.

    In an occasion without such an event it is not called, and costs no savepoint.
    """

    def wants(event: Event) -> bool:
        return event.kind in kinds and (only is None or only(event))

    def mark(reactor: Reactor) -> Reactor:
        reactor.wants = wants  # type: ignore[attr-defined]
        return reactor

    return mark


def _wanted(reactor: Reactor, it: Occasion) -> bool:
    wants = getattr(reactor, "wants", None)
    return any(wants is None or wants(event) for event in it.events)


def react(it: Occasion, paths: list[str]) -> None:
    """Runs the reactors. One that raises is undone with those after it; a job repeats them; what was said stays."""
    for index, path in enumerate(paths):
        reactor = import_string(path)
        if not _wanted(reactor, it):
            continue
        seen = len(it.events)
        try:
            with transaction.atomic():
                reactor(it)
        except Exception as error:
            if repeatable(error):
                raise
            log.exception("the reactor %s failed", path)
            _undone(it, seen)
            _later(it, paths[index:], error)
            return


def _undone(it: Occasion, seen: int) -> None:
    """After a savepoint was rolled back: forgets its events, and reads the held rows again."""
    del it.events[seen:]
    for key, row in [*it.held.items()]:
        try:
            row.refresh_from_db()
        except type(row).DoesNotExist:  # type: ignore[attr-defined]
            del it.held[key]
    for row in it.held.values():
        _tie(it, row)


def _tie(it: Occasion, row: models.Model) -> None:
    """Reading a row again loses the instances it pointed to: the held ones are put back."""
    for field in row._meta.concrete_fields:
        model = field.related_model
        target = it.held.get((model, getattr(row, field.attname))) if model else None
        if target:
            setattr(row, field.name, target)


def _later(it: Occasion, paths: list[str], error: Exception) -> None:
    """Leaves a red event and a job that runs the remaining reactors over the same events."""
    ids = [event.pk for event in it.events]
    case_id = next((event.case_id for event in it.events if event.case_id), None)
    Event.objects.create(
        kind="occasion.failed",
        case_id=case_id,
        occasion=it.id,
        red=True,
        data={"reactor": paths[0], "error": f"{type(error).__name__}: {error}"[:300]},
    )
    outbox.enqueue("react", lane=f"react:{it.id}", body={"events": ids, "reactors": paths}, case_id=case_id)


@occasion
def resume(event_ids: list[int], reactors: list[str]) -> None:
    """Runs reactors over events of an earlier occasion. Raises what a reactor raises: the job tries again."""
    it = current()
    it.events.extend(Event.objects.filter(pk__in=event_ids).order_by("pk"))
    for path in reactors:
        import_string(path)(it)
    it.events.clear()
