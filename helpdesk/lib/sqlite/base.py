"""Django's SQLite backend with one first-come lock around every write of this process.

SQLite's busy handler sleeps instead of queueing: under load some writers starve. With the lock, writers of this
process go one after the other, in the order they came; other processes still meet at SQLite's own lock.
"""

import threading
from collections import deque
from typing import Any

from django.db.backends.sqlite3 import base

READS = ("SELECT", "PRAGMA", "EXPLAIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "WITH")


class FirstCome:
    """A lock that is handed over in order of arrival."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._line: deque[threading.Event] = deque()

    def acquire(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._line.append(turn)
        turn.wait()

    def release(self) -> None:
        with self._guard:
            if self._line:
                self._line.popleft().set()
            else:
                self._held = False


WRITING = FirstCome()


class Cursor(base.SQLiteCursorWrapper):
    """Takes the write lock around a write that stands outside a transaction."""

    owner: "DatabaseWrapper"

    def execute(self, query: str, params: Any = None) -> Any:
        if self.owner.has_lock or not self.owner.autocommit or query.lstrip().upper().startswith(READS):
            return super().execute(query, params)
        with self.owner.lock_once():
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        if self.owner.has_lock or not self.owner.autocommit:
            return super().executemany(query, param_list)
        with self.owner.lock_once():
            return super().executemany(query, param_list)


class LockOnce:
    def __init__(self, owner: "DatabaseWrapper") -> None:
        self.owner = owner

    def __enter__(self) -> None:
        self.owner.take_lock()

    def __exit__(self, *_: object) -> None:
        self.owner.give_lock()


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_lock = False

    def lock_once(self) -> LockOnce:
        return LockOnce(self)

    def take_lock(self) -> None:
        if not self.has_lock:
            WRITING.acquire()
            self.has_lock = True

    def give_lock(self) -> None:
        if self.has_lock:
            self.has_lock = False
            WRITING.release()

    def create_cursor(self, name: str | None = None) -> Cursor:
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.owner = self
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        self.take_lock()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
        except BaseException:
            self.give_lock()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # the stubs leave it out
        self.give_lock()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self.give_lock()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # the stubs leave it out
        finally:
            self.give_lock()
