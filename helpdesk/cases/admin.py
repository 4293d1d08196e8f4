"""Labels in the admin; and what becomes of cases when something that they use goes."""

from collections.abc import Iterator

from django.contrib import admin
from django.db.models import Model
from django.utils.translation import ngettext

from helpdesk.cases.models import Case, Label
from helpdesk.lib.admin import WITNESSES, TellingAdmin
from helpdesk.lib.admin.consequences import Change
from helpdesk.users.models import CustomField, FieldLevel, Group


@admin.register(Label)
class LabelAdmin(TellingAdmin[Label]):
    fields = ("title",)
    list_display = ("title",)
    search_fields = ("title",)

    def consequences(self, row: Label) -> Iterator[str]:
        if number := Case.labels.through._default_manager.filter(label=row).count():
            told = ngettext("%(number)d case loses this label.", "%(number)d cases lose this label.", number)
            yield told % {"number": number}


def cases_of(row: Model, change: Change) -> Iterator[str]:
    """Cases that stand in a group, or have a custom field filled in."""
    if isinstance(row, Group) and (number := Case.objects.filter(group=row).count()):
        told = ngettext("%(number)d case is then in no group.", "%(number)d cases are then in no group.", number)
        yield told % {"number": number}
    if isinstance(row, CustomField) and row.level == FieldLevel.CASE:  # noqa: SIM102 (mypy keeps the type)
        if number := Case.objects.filter(values__has_key=row.key).count():
            told = ngettext("It is filled in in %(number)d case.", "It is filled in in %(number)d cases.", number)
            yield told % {"number": number}


WITNESSES.append(cases_of)
