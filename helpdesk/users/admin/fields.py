"""Custom fields in the admin: a dropdown's choices, one per line."""

import secrets
from functools import partial
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from helpdesk.lib.admin import NamedForm, TellingAdmin, missed
from helpdesk.users.models import Company, CustomField, FieldLevel, Value
from helpdesk.users.models.fields import FieldKind

Choice = dict[str, str]


class Choices(forms.CharField):
    """One choice per line."""

    widget = forms.Textarea(attrs={"rows": 6})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(choice["title"]) for choice in value) if isinstance(value, list) else value


class FieldForm(NamedForm[CustomField]):
    """sure: shown, and asked for, only when a choice would go that somebody uses."""

    lines = Choices(
        label=_("Choices"),
        required=False,
        help_text=_("Only for a dropdown: one per line. Change a line to rename it; what is stored follows."),
    )
    sure = forms.BooleanField(label=_("Take the choices away all the same"), required=False, widget=forms.HiddenInput)

    class Meta:
        model = CustomField
        fields = ("title", "key", "level", "kind", "active", "on_user_data", "on_user_page", "position")
        help_texts = {
            "active": _("Off: it is shown nowhere, and what is stored stays."),
            "position": _("Smaller numbers stand higher."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lines"].initial = self.instance.choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self._taken(data):
            self.add_error("key", _("There is a field with this key already."))
        titles = [line.strip() for line in data.get("lines", "").splitlines() if line.strip()]
        kind = data.get("kind", self.instance.kind)
        if kind == FieldKind.DROPDOWN and not titles:
            self.add_error("lines", _("A dropdown needs at least one choice."))
        if len({title.casefold() for title in titles}) < len(titles):
            self.add_error("lines", _("Each choice may stand here only once."))
        data["choices"] = renamed(self.instance.choices, titles) if kind == FieldKind.DROPDOWN else []
        if self.instance.pk and not self.errors and not data.get("sure"):
            self._warn(data["choices"])
        return data

    def _taken(self, data: dict[str, Any]) -> bool:
        if self.instance.pk or "key" not in data or "level" not in data:
            return False
        return CustomField.objects.filter(level=data["level"], key=data["key"]).exists()

    def _warn(self, choices: list[Choice]) -> None:
        """Refuses, once, to take a choice away that values or rules use."""
        stay = {choice["key"] for choice in choices}
        gone = [choice for choice in self.instance.choices if str(choice["key"]) not in stay]
        field = CustomField.objects.filter(pk=self.instance.pk)
        told = [sentence for choice in gone for sentence in uses(self.instance, choice)]
        told += missed(self.instance, partial(field.update, choices=choices)) if gone else []
        if told:
            self.add_error("lines", [*told, _text("Switch on “Take the choices away all the same”, or put them back.")])
            self.fields["sure"].widget = forms.CheckboxInput()

    def save(self, commit: bool = True) -> CustomField:
        self.instance.choices = self.cleaned_data["choices"]
        return super().save(commit)


def uses(field: CustomField, choice: Any) -> list[str]:
    """Who has this choice now, in a sentence."""
    key = str(choice["key"])
    if field.level == FieldLevel.USER:
        number = Value.objects.filter(key=f"cf:{field.key}", value=key).count()
    elif field.level == FieldLevel.COMPANY:
        stored = Cast(KeyTextTransform(field.key, "values"), TextField())
        number = Company.objects.alias(stored=stored).filter(stored=key).count()
    else:
        return []  # cases are told by the app that has them
    told = ngettext("“%(choice)s” is stored %(number)d time.", "“%(choice)s” is stored %(number)d times.", number)
    return [told % {"choice": choice["title"], "number": number}] if number else []


def renamed(old: list[Choice], titles: list[str]) -> list[Choice]:
    """The choices with these titles. A title that was there keeps its key, wherever it stands now.

    A title in the place of one that is gone is that one renamed and has its key; others get new ones.
    """
    keys = {str(choice["title"]): str(choice["key"]) for choice in old}
    gone = _gaps([str(choice["title"]) for choice in old], known=set(titles))
    for place, fresh in _gaps(titles, known=set(keys)).items():
        before = gone.get(place, [])
        if len(before) == len(fresh):
            keys |= {new: keys[was] for was, new in zip(before, fresh, strict=True)}
    made: list[Choice] = []
    for title in titles:
        taken = {*keys.values(), *(choice["key"] for choice in made)}
        made.append({"key": keys.get(title) or _new_key(taken, first=not old), "title": title})
    return made


def _gaps(titles: list[str], *, known: set[str]) -> dict[int, list[str]]:
    """{number of known titles above: the unknown ones that stand there}"""
    above, placed = 0, []
    for title in titles:
        if title in known:
            above += 1
        else:
            placed.append((above, title))
    return {place: [title for _place, title in group] for place, group in groupby(placed, key=lambda one: one[0])}


def _new_key(taken: set[str], *, first: bool) -> str:
    """1, 2, 3 for a new field; later on a random number: the key of a choice that is gone must not come back."""
    if first:
        return str(len(taken) + 1)
    while (key := str(secrets.randbelow(900_000) + 100_000)) in taken:
        pass
    return key


@admin.register(CustomField)
class CustomFieldAdmin(TellingAdmin[CustomField]):
    form = FieldForm
    list_display = ("title", "key", "level", "kind", "active")
    list_filter = ("level", "active")
    fieldsets = (
        (None, {"fields": ("title", "key", "level", "kind", "lines", "sure", "active")}),
        (_("Where it is shown"), {"fields": ("on_user_data", "on_user_page", "position")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: CustomField | None = None) -> tuple[str, ...]:
        return ("key", "level", "kind") if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: CustomField | None = None) -> dict[str, Any]:
        return {} if obj else {"key": ("title",)}

    def get_fieldsets(self, request: HttpRequest, obj: CustomField | None = None) -> Any:
        """Choices only where there can be some."""
        if obj is None or obj.kind == FieldKind.DROPDOWN:
            return super().get_fieldsets(request, obj)
        plain = tuple(name for name in self.fieldsets[0][1]["fields"] if name not in {"lines", "sure"})
        return ((None, {"fields": plain}), *self.fieldsets[1:])

    def consequences(self, row: CustomField) -> list[str]:
        told = [sentence for choice in row.choices for sentence in uses(row, choice)]
        return [
            *told,
            _text("What is stored in it is shown nowhere any more. To keep it for later, switch the field off."),
        ]
