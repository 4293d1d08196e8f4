"""The languages of the desk in the admin."""

import re
from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.contrib import admin
from django.core.validators import RegexValidator
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Language
from helpdesk.lib.admin import NamedForm, TellingAdmin

CODE = RegexValidator(r"^[a-z]{2,3}(-[a-z0-9]{2,8})*\Z", _("A code looks like en, de or pt-br."), flags=re.IGNORECASE)


class Suggesting(forms.TextInput):
    """A text with suggestions: options = ((value, label), …)."""

    def __init__(self, options: Any, **more: Any) -> None:
        super().__init__(**more)
        self.options = options

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, {**(attrs or {}), "list": f"{name}-options"}, renderer)
        options = format_html_join("", '<option value="{}">{}</option>', self.options)
        return format_html('{}<datalist id="{}-options">{}</datalist>', field, name, options)


def known() -> list[tuple[str, str]]:
    """(code, "name in English – in itself") of the languages that Django knows."""
    named = [(code, info) for code, info in LANG_INFO.items() if "name" in info]
    return sorted(((code, f"{info['name']} – {info['name_local']}") for code, info in named), key=lambda one: one[1])


class LanguageForm(NamedForm[Language]):
    """default: shown for `is_default`, which only one language has; making it another is done when it is saved."""

    code = forms.CharField(
        label=_("Code"),
        max_length=12,
        validators=[CODE],
        help_text=_("As in HTML: en, de, pt-br. It cannot be changed later."),
        widget=Suggesting(known(), attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    title = forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("Empty: the language's own name."),
        widget=admin.widgets.AdminTextInputWidget,
    )
    default = forms.BooleanField(
        label=_("Default language"), required=False, help_text=_("Used where a customer's language has no text.")
    )

    class Meta:
        model = Language
        fields = ("code", "title", "active")
        help_texts = {"active": _("Off: widgets and rules no longer offer it; its texts are kept.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["default"].initial = self.instance.is_default

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).lower()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        code = data.get("code", self.instance.code)
        data["title"] = data.get("title") or LANG_INFO.get(code, {}).get("name_local", code).capitalize()
        if self.instance.is_default and not data.get("default"):
            self.add_error("default", _("One language is the default. Make another one that instead."))
        if data.get("default") and not data.get("active"):
            self.add_error("active", _("The default language has to be active."))
        return data


@admin.register(Language)
class LanguageAdmin(TellingAdmin[Language]):
    form = LanguageForm
    fields = ("code", "title", "active", "default")
    list_display = ("title", "code", "active", "is_default")

    def get_readonly_fields(self, request: HttpRequest, obj: Language | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Language, form: Any, change: bool) -> None:
        obj.is_default = form.cleaned_data["default"]
        if obj.is_default:
            Language.objects.exclude(pk=obj.pk).filter(is_default=True).update(is_default=False)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Language | None = None) -> bool:
        return obj is None or not obj.is_default
