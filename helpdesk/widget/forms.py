"""The form of a widget: settings, and one input for each phrase in each language of the desk."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Language, Widget
from helpdesk.lib.admin import NamedForm
from helpdesk.widget.kinds import Kind
from helpdesk.widget.languages import FALLBACK, own

LONGEST = 300  # characters of a phrase
PORTS = {"http": 80, "https": 443}
# Scheme, host and port, and nothing behind them but a slash (RFC 6454); names in other letters as punycode.
_HOST = r"[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]"
_ORIGIN = re.compile(rf"(?P<scheme>https?)://(?P<host>{_HOST})(?::(?P<port>[0-9]{{1,5}}))?/?")


class WidgetForm(NamedForm[Widget]):
    """`phrases`: {input: (language, key)}; an empty input means our own words. kind: whose settings stand here."""

    phrases: dict[str, tuple[str, str]] = {}
    kind: Kind

    class Meta:
        model = Widget
        fields = ("title", "active", "language", "allowed_origins", "trust_page_data", "confirm_codes")
        help_texts = {"language": _("Automatic: the page's, else the browser's, else the desk's default.")}
        widgets = {"allowed_origins": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].empty_label = _("Automatic")  # type: ignore[attr-defined]
        for name, value in (self.kind.settings.told(self.instance) if self.kind.settings else {}).items():
            self.fields[name].initial = value
        for name, (language, key) in self.phrases.items():
            self.fields[name].initial = self.instance.texts.get(language, {}).get(key, "")

    def clean_allowed_origins(self) -> str:
        return origins(self.cleaned_data["allowed_origins"].splitlines())

    @property
    def said(self) -> dict[str, Any]:
        """The kind's own settings, as they were filled in, as far as they can be read."""
        names = self.kind.settings.inputs() if self.kind.settings else ()
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        wrong = self.kind.settings.check(self.said) if self.kind.settings else {}
        for name, why in wrong.items():
            self.add_error(name, why)
        return data

    def save(self, commit: bool = True) -> Any:
        texts = {language: dict(told) for language, told in self.instance.texts.items()}
        for name, (language, key) in self.phrases.items():
            told = texts.setdefault(language, {})
            told.pop(key, None)
            if self.cleaned_data[name]:
                told[key] = self.cleaned_data[name]
        self.instance.texts = {language: told for language, told in texts.items() if told}
        return super().save(commit)


def origins(lines: Iterable[str]) -> str:
    """Exact origins, one a line, as browsers send them. Raises ValidationError for the first that is none."""
    return "\n".join(dict.fromkeys(origin(line.strip()) for line in lines if line.strip()))


def origin(text: str) -> str:
    """`https://shop.example` for what an admin pasted. Raises ValidationError."""
    found = _ORIGIN.fullmatch(text.lower())
    if not found or int(found["port"] or 1) > 65535:
        raise forms.ValidationError(
            _("“%(text)s” is not the address of a site such as https://shop.example."), params={"text": text}
        )
    default = found["port"] is None or int(found["port"]) == PORTS[found["scheme"]]
    return f"{found['scheme']}://{found['host']}" + ("" if default else f":{int(found['port'])}")


def form_of(kind: Kind) -> type[WidgetForm]:
    """The form for widgets of this kind, in the languages that the desk has now."""
    inputs = {f"text_{language.pk}_{key}": (language, key) for language in languages() for key in kind.phrases}
    fields: dict[str, Any] = {name: _phrase(kind, language, key) for name, (language, key) in inputs.items()}
    fields |= kind.settings.inputs() if kind.settings else {}
    phrases = {name: (language.code, key) for name, (language, key) in inputs.items()}
    return type("WidgetForm", (WidgetForm,), {**fields, "phrases": phrases, "kind": kind})


def languages() -> list[Language]:
    return list(Language.objects.filter(active=True))


def groups(kind: Kind) -> Iterator[tuple[Language, list[str]]]:
    """The inputs of each language, for the page's sections."""
    for language in languages():
        yield language, [f"text_{language.pk}_{key}" for key in kind.phrases]


def _phrase(kind: Kind, language: Language, key: str) -> forms.CharField:
    ours = own(kind.words, language.code).get(key) or kind.words[FALLBACK][key]
    look = forms.TextInput(attrs={"placeholder": ours, "class": "vTextField", "lang": language.code})
    return forms.CharField(label=kind.phrases[key], required=False, max_length=LONGEST, widget=look)
