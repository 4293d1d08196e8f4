"""The panels beside a case. Each is a function of case and agent, named in `settings.INBOX_PANELS`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.humanize.templatetags.humanize import naturalday
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.cases.models import Case
from helpdesk.cases.services import reading
from helpdesk.inbox import sureness
from helpdesk.inbox.people import icon_of, name_of
from helpdesk.users.models import Agent, CustomField, FieldLevel, Link, Person, Profile, Value
from helpdesk.users.models.fields import FieldKind, Source
from helpdesk.users.services import values

Panel = tuple[str, dict[str, Any]] | None
EARLIER = 6
PLAIN = {
    "position": gettext_lazy("Position"),
    "language": gettext_lazy("Language"),
    "note": gettext_lazy("Note"),
}


@dataclass(frozen=True)
class Row:
    """A title, what is known, and who said so."""

    title: str
    text: str
    origin: str = ""


@dataclass(frozen=True)
class Address:
    """One of the person's profiles. here: the case belongs to this one."""

    profile: Profile
    icon: str
    place: str
    sure: sureness.Sure
    here: bool


def user_data(case: Case, agent: Agent) -> Panel:
    """Who writes, how we know, what is known of them, and their other cases that this agent may see."""
    person, profile = case.profile.person, case.profile
    links = [link for link in person.links.all() if link.until is None]
    earlier = reading.cases_of(person, agent).exclude(pk=case.pk)
    fields = list(CustomField.objects.filter(active=True, on_user_data=True))
    rows = [*_known(person, fields), *_custom(fields, FieldLevel.COMPANY, _company_values(person))]
    origins = {row.origin for row in rows if row.text}
    origin = origins.pop() if len(origins) == 1 else ""
    return "inbox/user_data.html", {
        "name": name_of(profile),
        "person": person,
        "sure": sureness.of_link(next((link for link in links if link.profile_id == profile.pk), None), profile.level),
        "rows": rows,
        "origin": origin,
        "case_rows": list(_custom(fields, FieldLevel.CASE, case.values)),
        "addresses": [_address(link, profile) for link in links],
        "earlier": earlier[:EARLIER],
    }


def _known(person: Person, fields: list[CustomField]) -> Iterator[Row]:
    """What is known of the person, with who said it and when."""
    origins = values.origins(person)
    if person.company:
        yield Row(_("Company"), person.company.name, _origin(origins.get("company")))
    for name, title in PLAIN.items():
        if getattr(person, name):
            yield Row(str(title), getattr(person, name), _origin(origins.get(name)))
    for row, key in _rows(fields, FieldLevel.USER, person.values):
        yield Row(row.title, row.text, _origin(origins.get(key)))


def _custom(fields: list[CustomField], level: str, known: dict[str, Any]) -> Iterator[Row]:
    return (row for row, _key in _rows(fields, level, known) if row.text)


def _rows(fields: list[CustomField], level: str, known: dict[str, Any]) -> Iterator[tuple[Row, str]]:
    for field in fields:
        if field.level == level:
            yield Row(field.title, shown(field, known.get(field.key))), field.key


def _company_values(person: Person) -> dict[str, Any]:
    return person.company.values if person.company else {}


def shown(field: CustomField, value: Any) -> str:
    """A stored value for people; "" where nothing is known."""
    if value is None:
        return ""
    if field.kind == FieldKind.CHECKBOX:
        return _("yes") if value else _("no")
    if field.kind == FieldKind.DATE:
        return date_format(date.fromisoformat(value))
    return field.title_of(value)


def _origin(said: Value | None) -> str:
    """`an identification code, today`: who said it and when."""
    if said is None:
        return ""
    return _("from %(source)s, %(day)s") % {"source": Source(said.source).label, "day": naturalday(said.at)}


def _address(link: Link, of_case: Profile) -> Address:
    profile = link.profile
    place = profile.channel.title if profile.channel else profile.get_kind_display()
    return Address(profile, icon_of(profile), place, sureness.of_link(link, profile.level), profile.pk == of_case.pk)
