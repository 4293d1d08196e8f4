"""Companies in the admin, with the custom fields that belong to companies."""

import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from helpdesk.lib.admin import NamedForm, TellingAdmin
from helpdesk.users.models import Company, CustomField, FieldLevel
from helpdesk.users.models.fields import FieldKind

PREFIX = "cf_"


class CompanyForm(NamedForm[Company]):
    """cf_<key>, added for each custom field of companies."""

    class Meta:
        model = Company
        fields = ("name", "domains", "address", "note")
        help_texts = {"domains": _("Separated by commas, as: acme.com, acme.de")}
        widgets = {"address": forms.Textarea(attrs={"rows": 3}), "note": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name.startswith(PREFIX):
                field.initial = self.instance.values.get(name.removeprefix(PREFIX))


def own_fields() -> list[CustomField]:
    return list(CustomField.objects.filter(level=FieldLevel.COMPANY, active=True))


def control(field: CustomField) -> forms.Field:
    """A form field for a custom field."""
    plain: dict[str, Any] = {"label": field.title, "required": False}
    if field.kind == FieldKind.CHECKBOX:
        return forms.BooleanField(**plain)
    if field.kind == FieldKind.DROPDOWN:
        choices = [(str(choice["key"]), str(choice["title"])) for choice in field.choices]
        return forms.ChoiceField(choices=[("", "–"), *choices], **plain)
    if field.kind == FieldKind.DATE:
        return forms.DateField(widget=admin.widgets.AdminDateWidget, **plain)
    widget = (
        forms.Textarea(attrs={"rows": 3}) if field.kind == FieldKind.TEXTAREA else admin.widgets.AdminTextInputWidget
    )
    return forms.CharField(max_length=5000, widget=widget, **plain)


@admin.register(Company)
class CompanyAdmin(TellingAdmin[Company]):
    list_display = ("name", "domains")
    search_fields = ("name", "domains")

    def get_form(self, request: HttpRequest, obj: Company | None = None, change: bool = False, **kwargs: Any) -> Any:
        own = {PREFIX + field.key: control(field) for field in own_fields()}
        form = type("CompanyForm", (CompanyForm,), own)
        return super().get_form(request, obj, change, **{**kwargs, "form": form, "fields": CompanyForm.Meta.fields})

    def get_fieldsets(self, request: HttpRequest, obj: Company | None = None) -> Any:
        own = [PREFIX + field.key for field in own_fields()]
        parts = [(None, {"fields": CompanyForm.Meta.fields})]
        return [*parts, (_("Custom fields"), {"fields": own})] if own else parts

    def save_form(self, request: Any, form: Any, change: bool) -> Any:
        company = super().save_form(request, form, change)
        values = dict(company.values)
        for name, value in form.cleaned_data.items():
            if name.startswith(PREFIX):
                values[name.removeprefix(PREFIX)] = _stored(value)
        company.values = {key: value for key, value in values.items() if value is not None}
        return company

    def consequences(self, row: Company) -> list[str]:
        number = row.people.count()
        told = ngettext("%(number)d person loses it.", "%(number)d people lose it.", number) % {"number": number}
        return [told] if number else []


def _stored(value: Any) -> Any:
    """As a JSON column keeps it: an ISO date, None for what is empty."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    return None if value == "" else value
