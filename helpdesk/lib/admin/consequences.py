"""Before an admin deletes or changes something: who would miss it?"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst

from helpdesk.lib.admin.named import NamedAdmin

M = TypeVar("M", bound=models.Model)
Change = Callable[[], object]
Witness = Callable[[models.Model, Change], Iterable[Any]]

# Apps above the one that owns a row add themselves here: a function that takes the row and the change, which it may
# try out in a savepoint that it takes back, and gives sentences.
WITNESSES: list[Witness] = []


def missed(row: models.Model, change: Change) -> list[str]:
    """What would suffer from this change of this row, in sentences."""
    return [str(sentence) for witness in WITNESSES for sentence in witness(row, change)]


def mourned(row: models.Model) -> list[str]:
    """What would suffer if this row went."""
    return missed(row, partial(_delete, row))


class TellingAdmin(NamedAdmin[M]):
    """Its page of deletion says in sentences what the row means to others, and reads no long lists for that."""

    def consequences(self, row: M) -> Iterable[Any]:
        """What happens to rows that this app knows of, in sentences."""
        return ()

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        rows: Sequence[M] = list(objs)
        told = [str(one) for row in rows for one in (*self.consequences(row), *mourned(row))]
        return told, {str(capfirst(self.opts.verbose_name_plural)): len(rows)}, set(), []


def _delete(row: models.Model) -> None:
    """The row alone, for a moment: nothing that hangs on it is touched, since this is always taken back.

    Keys are checked at the commit, which never comes. (A real deletion would change every case of a group.)
    """
    rows = type(row)._base_manager.filter(pk=row.pk)
    rows._raw_delete(rows.db)
