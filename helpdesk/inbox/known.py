"""What is known of a person, for the panel beside a case and for their page: with who said it, and how sure we are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.channels.models import Level
from helpdesk.inbox import claims, sureness
from helpdesk.inbox.people import icon_of, place_named
from helpdesk.users.models import CustomField, FieldLevel, Link, Person, Profile, Value
from helpdesk.users.models.fields import FieldKind, Source
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import values

# More of them are folded.
PROFILES, METADATA = 8, 8
PLAIN = {
    "position": gettext_lazy("Position"),
    "language": gettext_lazy("Language"),
    "note": gettext_lazy("Note"),
}
# What nobody vouches for. A channel whose ids are accounts of the company's own does.
HEARSAY = frozenset({Source.BROWSER, Source.LOOKUP, Source.CHANNEL})


@dataclass(frozen=True)
class Row:
    """A title, what is known, and who said so. claimed: nobody has shown that it is true."""

    title: str
    text: str
    origin: str = ""
    claimed: bool = False


@dataclass(frozen=True)
class Address:
    """One of the person's profiles. here: the case belongs to this one."""

    profile: Profile
    icon: str
    place: str
    sure: sureness.Sure
    here: bool


@dataclass(frozen=True)
class Known:
    """rows, metadata: what is shown of the person; origin: who said all of it, where one did."""

    links: list[Link]
    who: sureness.Known
    rows: list[Row]
    metadata: list[Row]
    origin: str
    origins: dict[str, Value]
    fields: list[CustomField]

    @property
    def accounts(self) -> list[Row]:
        return list(_accounts(self.links))

    def claims(self, person: Person) -> list[Any]:
        return claims.of(person, [link.profile for link in self.links], self.origins)

    def addresses(self, here: Profile | None) -> list[Address]:
        """The person's profiles, the one at hand first."""
        return sorted((_address(link, here, self.who) for link in self.links), key=lambda one: not one.here)


def of(person: Person, fields: list[CustomField]) -> Known:
    """fields: the custom fields that are shown here."""
    links = [link for link in person.links.all() if link.until is None]
    origins = values.origins(person)
    rows = [*_known(person, fields, origins), *of_fields(fields, FieldLevel.COMPANY, company_values(person))]
    metadata = [_row(key, plainly(value), origins.get(f"md:{key}")) for key, value in sorted(person.metadata.items())]
    common = {row.origin for row in [*rows, *metadata] if row.text}
    origin = common.pop() if len(common) == 1 else ""
    return Known(links, sureness.known(links), rows, metadata, origin, origins, fields)


def is_hearsay(profile: Profile, origins: dict[str, Value]) -> bool:
    """Whether the name that is shown is only what somebody says of themselves."""
    person = profile.person
    said = _row("", person.name, origins.get("name")).claimed if person.name else "name" in profile.display
    return said and profile.level < Level.VOUCHED


def _accounts(links: list[Link]) -> Iterator[Row]:
    """The company's own ids of this person."""
    for link in links:
        if link.profile.kind == ProfileKind.EXTERNAL:
            yield Row(_("External id"), link.profile.address, claimed=link.profile.level < Level.VOUCHED)


def _known(person: Person, fields: list[CustomField], origins: dict[str, Value]) -> Iterator[Row]:
    """What is known of the person, with who said it and when."""
    if person.company:
        yield _row(_("Company"), person.company.name, origins.get("company"))
    for name, title in PLAIN.items():
        if getattr(person, name):
            yield _row(str(title), getattr(person, name), origins.get(name))
    for row, key in _rows(fields, FieldLevel.USER, person.values):
        yield _row(row.title, row.text, origins.get(key))


def _row(title: str, text: str, said: Value | None) -> Row:
    return Row(title, text, _origin(said), said is not None and is_claimed(said))


def is_claimed(said: Value) -> bool:
    """Whether nobody vouches for what was said: a browser, a look-up of an unproven id, a stranger's channel."""
    return said.source in HEARSAY and (said.source != Source.CHANNEL or said.profile.level < Level.VOUCHED)


def of_fields(fields: list[CustomField], level: str, known: dict[str, Any]) -> Iterator[Row]:
    return (row for row, _key in _rows(fields, level, known) if row.text)


def _rows(fields: list[CustomField], level: str, known: dict[str, Any]) -> Iterator[tuple[Row, str]]:
    for field in fields:
        if field.level == level:
            yield Row(field.title, shown(field, known.get(field.key))), field.key


def company_values(person: Person) -> dict[str, Any]:
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


def plainly(value: Any) -> str:
    """A value without a field: yes and no, a number without noise, text."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _origin(said: Value | None) -> str:
    """`from an identification code, 14:02`: who said it and when."""
    if said is None:
        return ""
    return _("from %(source)s, %(time)s") % {
        "source": Source(said.source).label,
        "time": sureness.when(said.at, _("today")),
    }


def _address(link: Link, here: Profile | None, who: sureness.Known) -> Address:
    profile = link.profile
    sure = sureness.of_link(link, profile.level, who)
    return Address(profile, icon_of(profile), place_named(profile), sure, here is not None and profile.pk == here.pk)
