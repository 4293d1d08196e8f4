"""Which rules need something that an admin is about to delete or change."""

from collections.abc import Callable, Iterator

from django.db import models, transaction
from django.utils.translation import gettext as _

from helpdesk.lib.fields import FIELDS, remembered
from rules.models import Rule
from rules.services import memory


class _TakenBack(Exception):
    """Ends the savepoint in which the change was tried out."""


def rules_of(row: models.Model, change: Callable[[], object]) -> Iterator[str]:
    """The rules that make sense now and would make none after the change, a sentence for each."""
    before = _broken()
    after: dict[int, str] = {}
    try:
        with transaction.atomic():
            change()
            after = _broken()
            raise _TakenBack
    except _TakenBack:
        pass
    for pk, title in after.items():
        if pk not in before:
            yield _("The rule “%(title)s” needs it: it would no longer run.") % {"title": title}


def _broken() -> dict[int, str]:
    """{id: title} of the running rules that make no sense as things are now."""
    with remembered():
        fields = FIELDS.now()
        rows = Rule.objects.running().with_parts()
        return {row.pk: row.title for row in rows if memory.of(row, fields).problem}
