"""Admin pages in plain words: what they are called, where they stand, a name for every input."""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect

from helpdesk.lib.admin.sections import sections_of

M = TypeVar("M", bound=models.Model)
P = TypeVar("P", bound=models.Model)


class NamedForm(forms.ModelForm[M]):
    """Labels without a colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)


class NamedAdmin(admin.ModelAdmin[M]):
    """Titles instead of "Select … to change"; the section in the breadcrumbs; no pop-ups beside a select.

    No row is deleted in bulk: what goes with it is told on a page of its own.
    """

    form: Any = NamedForm
    actions: Any = None
    show_facets = admin.ShowFacets.NEVER
    empty_value_display = "–"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **self._place(), **(extra_context or {})})

    @method_decorator(csrf_protect)
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Django's, but the transaction begins when the form has been found right.

        Checking it may look up a name (2 s) or hash a password (50 ms), and SQLite has one lock for all writers.
        """
        with ExitStack() as saving:
            request.saving = saving  # type: ignore[attr-defined]
            context = {**self._place(), **(extra_context or {})}
            return self._changeform_view(request, object_id, form_url, context)  # type: ignore[attr-defined]

    def save_form(self, request: Any, form: Any, change: bool) -> Any:
        row = super().save_form(request, form, change)
        if saving := getattr(request, "saving", None):  # a list that is edited has a transaction of its own
            saving.enter_context(transaction.atomic())
        return row

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: M | None = None,
    ) -> HttpResponse:
        context.setdefault("show_save_and_add_another", add)
        if obj is not None:
            context |= {"title": str(obj), "subtitle": capfirst(self.opts.verbose_name)}
            context["sections"] = sections_of(obj, request)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().delete_view(request, object_id, {**self._place(), **(extra_context or {})})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().history_view(request, object_id, {**self._place(), **(extra_context or {})})

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            _plain(field.widget)
        return field

    def formfield_for_choice_field(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Choices begin with a capital, as labels do."""
        field: Any = super().formfield_for_choice_field(db_field, request, **kwargs)
        field.choices = [
            (value, label if isinstance(label, list | tuple) else capfirst(label)) for value, label in field.choices
        ]
        return field

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        form = super().get_changelist_form(request, **kwargs)
        name_inputs(form.base_fields.items())
        return form

    def _place(self) -> dict[str, Any]:
        """The section that the admin site has put this page in, and what it is for in one sentence."""
        section, hint = self.admin_site.place_of(self.model)  # type: ignore[attr-defined]
        return {"section": section, "hint": hint}


class NamedTabular(admin.TabularInline[M, P]):
    """Rows of a table, in which each input is named as its column is."""

    def get_formset(self, request: HttpRequest, obj: P | None = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        name_inputs(formset.form.base_fields.items())
        return type(formset.__name__, (_NamedDeletion, formset), {})

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            _plain(field.widget)
        return field


class _NamedDeletion:
    """Part of a formset: names the box that deletes a row."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)  # type: ignore[misc]
        name_inputs((name, form.fields[name]) for name in ("DELETE",) if name in form.fields)


def name_inputs(fields: Iterable[tuple[str, forms.Field]]) -> None:
    """Gives each input the name of its field, for those that stand without a label of their own."""
    for name, field in fields:
        if not isinstance(field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            label = field.label or name.replace("_", " ")
            field.widget.attrs.setdefault("aria-label", capfirst(label))


def _plain(widget: forms.Widget) -> None:
    """Takes the pop-ups away from a select of rows, and names the two halves of a date with time."""
    if isinstance(widget, RelatedFieldWidgetWrapper):
        widget.can_add_related = widget.can_change_related = False
        widget.can_delete_related = widget.can_view_related = False
    if isinstance(widget, forms.SplitDateTimeWidget):
        for part, label in zip(widget.widgets, (_("Date"), _("Time")), strict=True):
            part.attrs["aria-label"] = label
