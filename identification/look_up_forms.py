"""The form of a look-up: where to ask, with which headers, for whom; and which fields of the answer are kept."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Channel, Widget
from helpdesk.lib import egress
from helpdesk.lib.admin import NamedForm, name_inputs
from helpdesk.lib.text import BadText, check_text
from helpdesk.users.models import CustomField, FieldLevel
from identification.models import LookUp
from identification.services import look_up_requests as requests

WIDGET, CHANNEL = "widget", "channel"
WHOM = (
    (
        LookUp.Whom.SIGNED,
        _("Only ids that are signed, or that you vouch for: a stranger cannot have anybody's data fetched"),
    ),
    (
        LookUp.Whom.ALL,
        _(
            "All ids, also those that only a page's script or a messenger tells: whoever types a customer's id has "
            "that customer's data shown to your agents, beside their own conversation"
        ),
    ),
)
SPARE = 3  # empty rows for further fields
MOST_ROWS = 30
LONGEST_CACHE = 7 * 24 * 3600  # seconds
LONGEST_PATH = 200  # characters


class LookUpForm(NamedForm[LookUp]):
    """place: `widget:3` or `channel:5`, of a new one. path_N, field_N: further fields, a row each.

    new_headers: what is written there takes the place of a header of the same name; the others stay.
    """

    rows = 0

    place = forms.ChoiceField(label=_("For"), required=False)
    whom = forms.ChoiceField(label=_("For whom"), choices=WHOM, required=False, widget=forms.RadioSelect)
    new_headers = forms.CharField(
        label=_("Add headers"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 3, "class": "vLargeTextField", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=_(
            "“Name: value”, one on a line, as Authorization: Bearer …. They are stored encrypted and not shown again."
        ),
    )
    drop_headers = forms.MultipleChoiceField(
        label=_("Headers that are set"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick those that are no longer to be sent."),
    )

    class Meta:
        model = LookUp
        fields = ("active", "url", "whom", "cache_seconds")
        help_texts = {
            "active": _("Your server is asked each time a conversation begins, unless the last answer is still good."),
            "url": _(
                "As https://api.example.com/users/{id}. Without {id}, ?id= is added. It is asked by GET, and has "
                "10 seconds."
            ),
            "cache_seconds": _("As long as this an answer is not asked for again; a 404 half as long."),
        }
        widgets = {"url": forms.TextInput(attrs={"class": "vLargeTextField", "spellcheck": "false"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_headers = requests.headers_of(self.instance) if self.instance.pk else {}
        self.old_url = self.instance.url
        self._choose("drop_headers", [(name, _("%(name)s: set") % {"name": name}) for name in self.set_headers])
        if self.instance.pk:
            del self.fields["place"]  # it stays where it is
        self._choose("place", places())
        self.fields["cache_seconds"].max_value = LONGEST_CACHE  # type: ignore[attr-defined]
        fields = [
            ("", "–"),
            *CustomField.objects.filter(level=FieldLevel.USER, active=True).values_list("key", "title"),
        ]
        for number in range(self.rows):
            row = self.instance.mapping[number] if number < len(self.instance.mapping) else {}
            self.fields[f"path_{number}"].initial = row.get("path", "")
            self.fields[f"field_{number}"].initial = row.get("field", "")
            self._choose(f"field_{number}", [*fields, *_gone(row, fields)])

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        if name in self.fields:
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_place(self) -> str:
        place: str = self.cleaned_data["place"]
        if not place:
            raise forms.ValidationError(_("Choose the widget or channel whose users are looked up."))
        return place

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        try:
            requests.check_url(url)
        except (requests.BadUrl, egress.Refused) as error:
            raise forms.ValidationError(str(error)) from error
        except ValueError as error:
            raise forms.ValidationError(_("This is not a complete web address.")) from error
        return url

    def clean_cache_seconds(self) -> int:
        seconds: int = self.cleaned_data["cache_seconds"]
        if seconds > LONGEST_CACHE:
            raise forms.ValidationError(_("At most a week: 604800 seconds."))
        return seconds

    def clean_new_headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in filter(str.strip, self.cleaned_data["new_headers"].replace("\r\n", "\n").split("\n")):
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or not name:
                raise forms.ValidationError(_("Each line has to be “Name: value”."))
            if name.lower() in map(str.lower, found):
                raise forms.ValidationError(_("“%(name)s” is there twice."), params={"name": name[:60]})
            found[name] = value
        try:
            requests.check_headers(found)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("active") and not data.get("whom") and "whom" not in self.errors:
            self.add_error("whom", _("Choose for whom, before it is switched on."))
        data["mapping"] = self._mapping(data)
        data["headers"] = self._headers(data)
        return data

    def _mapping(self, data: dict[str, Any]) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = []
        for number in range(self.rows):
            path, field = data.get(f"path_{number}", "").strip(), data.get(f"field_{number}", "")
            if bool(path) != bool(field):
                self.add_error(f"path_{number}", _("A row needs both: where it stands in the answer, and the field."))
            elif any(row["field"] == field for row in rows):
                self.add_error(f"field_{number}", _("This field is filled by another row already."))
            elif path and not _is_path(path):
                self.add_error(f"path_{number}", _("Names with dots between them, as plan.name."))
            elif path:
                rows.append({"path": path, "field": field})
        return rows

    def _headers(self, data: dict[str, Any]) -> dict[str, str]:
        """What is sent from now on: the old ones but those ticked, and the new ones in their place."""
        new = data.get("new_headers") or {}
        gone = {*map(str.lower, new), *map(str.lower, data.get("drop_headers") or ())}
        headers = {name: value for name, value in self.set_headers.items() if name.lower() not in gone} | dict(new)
        kept = headers.keys() - new.keys()
        if kept and not requests.same_server(self.old_url, data.get("url") or self.old_url):
            words = _("This is another server. Tick the headers of the old one below, and enter those of the new one.")
            self.add_error("url", words)
        if len(headers) > requests.MOST_HEADERS:
            self.add_error("new_headers", _("At most %(most)d headers.") % {"most": requests.MOST_HEADERS})
        return headers

    def fill(self, look_up: LookUp) -> LookUp:
        """Puts what was said into the row, for the verb that keeps it."""
        for name in ("active", "url", "whom", "cache_seconds", "mapping"):
            setattr(look_up, name, self.cleaned_data[name])
        look_up.headers = json.dumps(self.cleaned_data["headers"]) if self.cleaned_data["headers"] else ""
        if not look_up.pk:
            kind, _colon, pk = self.cleaned_data["place"].partition(":")
            setattr(look_up, f"{kind}_id", int(pk))
        return look_up


def places() -> list[tuple[str, Any]]:
    """Widgets and custom channels without a look-up of their own."""
    widgets = Widget.objects.filter(look_up=None).order_by("title")
    channels = Channel.objects.filter(kind="custom", look_up=None).order_by("title")
    return [
        ("", _("Choose …")),
        *((f"{WIDGET}:{one.pk}", _("Widget: %(title)s") % {"title": one.title}) for one in widgets),
        *((f"{CHANNEL}:{one.pk}", _("Custom channel: %(title)s") % {"title": one.title}) for one in channels),
    ]


def _gone(row: dict[str, str], fields: list[Any]) -> list[tuple[str, str]]:
    """A field that is no longer there stays visible until somebody takes it out."""
    key = row.get("field", "")
    return [] if not key or key in dict(fields) else [(key, key)]


def _is_path(path: str) -> bool:
    try:
        return all(part for part in check_text(path, limit=LONGEST_PATH).split("."))
    except BadText:
        return False


def form_of(look_up: LookUp | None) -> type[LookUpForm]:
    """The form with an input for each further field, and some empty ones."""
    rows = min(len(look_up.mapping) + SPARE if look_up else SPARE, MOST_ROWS)
    fields: dict[str, Any] = {}
    for number in range(rows):
        path = forms.TextInput(attrs={"class": "vTextField", "placeholder": "plan.name", "spellcheck": "false"})
        fields[f"path_{number}"] = forms.CharField(
            label=_("In the answer"), required=False, max_length=LONGEST_PATH, widget=path
        )
        fields[f"field_{number}"] = forms.ChoiceField(label=_("Field"), required=False)
    name_inputs(fields.items())
    return type("LookUpForm", (LookUpForm,), {**fields, "rows": rows})


class TestForm(forms.Form):
    """The id to try it with."""

    user_id = forms.CharField(
        label=_("Id of a user, as your site or channel tells it"),
        label_suffix="",
        max_length=255,
        strip=False,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )

    def clean_user_id(self) -> str:
        text: str = self.cleaned_data["user_id"]
        try:
            return check_text(text, limit=255)
        except BadText as error:
            raise forms.ValidationError(str(error)) from error
