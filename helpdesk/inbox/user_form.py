"""What an agent may write of a person: an input for each, with what is known in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.channels.models import Language
from helpdesk.users.models import CustomField, FieldLevel, Person
from helpdesk.users.models.fields import FieldKind

PLAIN = (
    ("name", gettext_lazy("Name"), "text"),
    ("company", gettext_lazy("Company"), "text"),
    ("position", gettext_lazy("Position"), "text"),
    ("language", gettext_lazy("Language"), "select"),
    ("note", gettext_lazy("Note"), "textarea"),
)
KINDS = {
    FieldKind.TEXT: "text",
    FieldKind.TEXTAREA: "textarea",
    FieldKind.CHECKBOX: "select",
    FieldKind.DROPDOWN: "select",
    FieldKind.DATE: "date",
}
# Of names in the form: what stood there when the page was made.
WAS = "was_"


@dataclass(frozen=True)
class Field:
    """One input. control: text, textarea, date or select; choices of the latter as (value, title)."""

    name: str
    title: str
    control: str
    value: str
    was: str
    choices: tuple[tuple[str, str], ...] = ()
    error: str = ""

    @property
    def changed(self) -> bool:
        return self.value != self.was


def fields_of(person: Person) -> list[Field]:
    """All inputs, as things are."""
    return [*_plain(person), *_custom(person)]


def _plain(person: Person) -> Iterator[Field]:
    known = {"company": person.company.name if person.company else ""}
    for name, title, control in PLAIN:
        value = known.get(name, getattr(person, name) or "")
        choices = _languages(value) if name == "language" else ()
        yield Field(name, str(title), control, value, value, choices)


def _languages(value: str) -> tuple[tuple[str, str], ...]:
    """The desk's languages, and the person's own if it is another one."""
    known = dict(Language.objects.filter(active=True).values_list("code", "title"))
    return (("", _("not known")), *known.items(), *([(value, value)] if value and value not in known else []))


def _custom(person: Person) -> Iterator[Field]:
    for field in CustomField.objects.filter(level=FieldLevel.USER, active=True, on_user_page=True):
        value = _text(person.values.get(field.key))
        yield Field(f"cf_{field.pk}", field.title, KINDS[FieldKind(field.kind)], value, value, _choices(field))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _choices(field: CustomField) -> tuple[tuple[str, str], ...]:
    empty = ("", _("not known"))
    if field.kind == FieldKind.CHECKBOX:
        return (empty, ("yes", _("yes")), ("no", _("no")))
    return (empty, *((str(one["key"]), str(one["title"])) for one in field.choices))


def typed(fields: list[Field], data: Mapping[str, str]) -> list[Field]:
    """The same inputs with what was typed, and what stood there when it was."""
    return [
        replace(one, value=_line_ends(data.get(one.name, one.value)), was=_line_ends(data.get(WAS + one.name, one.was)))
        for one in fields
    ]


def _line_ends(text: str) -> str:
    """Browsers send each as two characters."""
    return text.replace("\r\n", "\n").strip()


def said(fields: list[Field], person: Person) -> dict[str, Any]:
    """What was changed, as `values.say` takes it; what is as it is now needs no saying."""
    now = {one.name: one.value for one in fields_of(person)}
    return {one.name: _value(one) for one in fields if one.changed and one.value != now[one.name]}


def _value(one: Field) -> Any:
    if one.control == "select" and one.value in ("yes", "no") and ("no", _("no")) in one.choices:
        return one.value == "yes"
    return one.value or None


def with_errors(fields: list[Field], errors: Mapping[str, list[str]]) -> list[Field]:
    return [replace(one, error=" ".join(map(str, errors.get(one.name, ())))) for one in fields]
