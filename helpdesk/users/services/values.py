"""What is known of a person: each source's word is kept, the best and newest of them is shown.

A value hangs on the profile it came by, never on the person: so a merge moves nothing, and an unmerge recomputes.
"""

import datetime
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.text import check_text, one_line
from helpdesk.users.errors import BadValue, UnknownField
from helpdesk.users.models import Company, CustomField, FieldLevel, Person, Profile, Value
from helpdesk.users.models.fields import FieldKind, Source
from helpdesk.users.services import metadata, profiles

STRONG, MIDDLE, WEAK = 3, 2, 1
RANK: dict[str, int] = {
    Source.AGENT: STRONG,
    Source.RULE: STRONG,
    Source.API: STRONG,
    Source.CODE: STRONG,
    Source.TOKEN: STRONG,
    Source.PROVEN_LOOKUP: STRONG,
    Source.CHANNEL: MIDDLE,
    Source.PAGE: MIDDLE,
    Source.LOOKUP: MIDDLE,
    Source.BROWSER: WEAK,
}
PLAIN = {"name": 200, "position": 200, "language": 12, "note": 5000, "company": 200}
# Addresses that somebody only named: shown as such, they link nothing and belong to no one's facts.
CLAIMS = {"claimed_email": 320, "claimed_phone": 64}
RESERVED = frozenset({*PLAIN, *CLAIMS, metadata.NAME})  # no custom field can be said under these names
CUSTOM = "cf:"
LIMIT = 5000
EMPTIED = 200  # metadata keys, empty ones too, that one source may have said of one profile


@dataclass(frozen=True)
class Datum:
    """One key of the metadata, for a panel: as it is shown, who said it and when."""

    key: str
    text: str
    said: Value | None


@occasion
def say(
    profile: Profile, source: str, said: dict[str, Any], *, by: Actor | None, all_metadata: bool = False
) -> Event | None:
    """Keeps what a source says of the person behind a profile; gives the event if anything shown has changed.

    said: name, position, language, note, company (by name), `metadata` (an object) and custom fields of level user,
    by key or `cf_<id>`. None empties a value. all_metadata: what this source said earlier and does not repeat is
    gone. Raises UnknownField and BadValue with the field's name.
    """
    wanted = check(said)
    if not wanted and not all_metadata:
        return None
    (profile,) = profiles.hold(profile.pk)
    _make_room(profile, source, {key for key in wanted if key.startswith(metadata.PREFIX)}, alone=all_metadata)
    now = timezone.now()
    rows = [Value(profile=profile, key=key, source=source, value=value, at=now) for key, value in wanted.items()]
    Value.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=("profile", "key", "source"), update_fields=("value", "at")
    )
    changed = settle(profile.person)
    if not changed:
        return None
    return record(
        "person.changed", by=by, profile=profile, person=profile.person, fields=sorted(changed), source=source
    )


def _make_room(profile: Profile, source: str, keys: set[str], *, alone: bool) -> None:
    """So that metadata with ever new keys do not fill the table. Raises BadValue."""
    said = Value.objects.filter(profile=profile, source=source, key__startswith=metadata.PREFIX).exclude(key__in=keys)
    if alone:
        said.delete()
    elif keys and (said.exclude(value=None).count() + len(keys) > metadata.MOST or said.count() + len(keys) > EMPTIED):
        raise BadValue(fields={metadata.NAME: [_("At most %(most)d keys.") % {"most": metadata.MOST}]})


def check(said: dict[str, Any]) -> dict[str, Any]:
    """What was said, by storage key and in storage form. Raises UnknownField and BadValue."""
    fields = {field.key: field for field in _fields()} if set(said) - RESERVED else {}
    by_id = {f"cf_{field.pk}": field for field in fields.values()}
    clean: dict[str, Any] = {}
    for name, value in said.items():
        if name in PLAIN:
            clean[name] = _plain(name, value)
            continue
        if name in CLAIMS:
            clean[name] = _line(name, value, CLAIMS[name])
            continue
        if name == metadata.NAME:
            clean |= {metadata.PREFIX + key: datum for key, datum in metadata.check(value).items()}
            continue
        field = fields.get(name) or by_id.get(name)
        if field is None:
            raise UnknownField(fields={name: [_("There is no such user field.")]})
        clean[CUSTOM + field.key] = parse(field, value, name)
    return clean


def field_names() -> set[str]:
    """What the user's custom fields may be called: their keys, and `cf_<id>`."""
    return {name for field in _fields() for name in (field.key, f"cf_{field.pk}")}


def _fields() -> Iterable[CustomField]:
    return CustomField.objects.filter(level=FieldLevel.USER, active=True)


def _plain(name: str, value: Any) -> Any:
    if name == "company":
        return _company(value)
    return (_text if name == "note" else _line)(name, value, PLAIN[name])


def _line(name: str, value: Any, limit: int) -> str | None:
    """Text that stands beside other names: without what turns the direction, hides, or breaks the line."""
    return one_line(_text(name, value, limit) or "") or None


def _text(name: str, value: Any, limit: int) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadValue(fields={name: [_("This has to be text.")]})
    return check_text(value, limit=limit)


def _company(value: Any) -> int | None:
    """The company of this name; of several, which people and races can make, the first."""
    name = _line("company_name", value, PLAIN["company"])
    if not name:
        return None
    return (Company.objects.filter(name=name).order_by("pk").first() or Company.objects.create(name=name)).pk


def parse(field: CustomField, value: Any, name: str = "") -> Any:
    """A custom field's value in storage form: text, true or false, a choice's key, or an ISO date. None: empty."""
    name = name or field.key
    if value is None or value == "":
        return None
    if field.kind == FieldKind.CHECKBOX:
        return _flag(name, value)
    if field.kind == FieldKind.DROPDOWN:
        return _choice(field, name, value)
    text = _text(name, str(value) if isinstance(value, int | float) else value, LIMIT)
    return _date(name, text) if field.kind == FieldKind.DATE else text


def _flag(name: str, value: Any) -> bool:
    words = {True: True, False: False, "1": True, "0": False, "true": True, "false": False}
    try:
        return words[value]
    except (KeyError, TypeError):
        raise BadValue(fields={name: [_("This has to be true or false.")]}) from None


def _choice(field: CustomField, name: str, value: Any) -> str:
    """A choice by its key or, as people write it, by its title."""
    text = str(value).strip().casefold()
    for choice in field.choices:
        if text in {str(choice["key"]).casefold(), str(choice["title"]).casefold()}:
            return str(choice["key"])
    titles = ", ".join(str(choice["title"]) for choice in field.choices)
    raise BadValue(fields={name: [_("This has to be one of: %(titles)s.") % {"titles": titles}]})


def _date(name: str, text: str | None) -> str:
    try:
        return datetime.date.fromisoformat(text or "").isoformat()
    except ValueError:
        raise BadValue(fields={name: [_("This has to be a date such as 2024-04-08.")]}) from None


def settle(*people: Person) -> set[str]:
    """Recomputes what is shown for these people from all that was said of their profiles. Gives what changed."""
    said: dict[int, list[Value]] = defaultdict(list)
    for row in Value.objects.filter(profile__person__in=people).annotate(whose=F("profile__person")):
        said[row.whose].append(row)
    return {name for person in people for name in _settled(person, said[person.pk])}


def _settled(person: Person, said: Iterable[Value]) -> set[str]:
    words = {key: row.value for key, row in best(said).items()}
    shown: dict[str, Any] = {name: words.get(name) or "" for name in PLAIN if name != "company"}
    shown["company_id"] = words.get("company")
    shown["values"] = _of(words, CUSTOM)
    shown["metadata"] = _of(words, metadata.PREFIX)
    changed = {name for name, value in shown.items() if not _same(getattr(person, name), value)}
    if not changed:
        return set()
    names = _names(changed, person.values, shown["values"])
    names |= {f"{metadata.NAME}.{key}" for key in _differing(person.metadata, shown["metadata"])}
    for name, value in shown.items():
        setattr(person, name, value)
    person.updated_at = timezone.now()
    person.save(update_fields=[*(name.removesuffix("_id") for name in changed), "updated_at"])
    return names


def _of(words: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The values whose keys begin so, without the empty ones."""
    return {key.removeprefix(prefix): words[key] for key in words if key.startswith(prefix) and words[key] is not None}


def _same(old: Any, new: Any) -> bool:
    """Python takes 1, 1.0 and True for one value; JSON does not."""
    return bool(old == new) and json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def _names(changed: set[str], old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    return {name.removesuffix("_id") for name in changed - {"values", "metadata"}} | _differing(old, new)


def _differing(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    return {key for key in {*old, *new} if not _same(old.get(key), new.get(key))}


def best(rows: Iterable[Value]) -> dict[str, Value]:
    """{key: the word of these that is shown}: of the highest rank, then the newest, also when it empties the value."""
    found: dict[str, Value] = {}
    for said in rows:
        if said.key not in found or _weight(said) > _weight(found[said.key]):
            found[said.key] = said
    return found


def _weight(said: Value) -> tuple[int, datetime.datetime, int]:
    return RANK[said.source], said.at, said.pk


def origins(person: Person) -> dict[str, Value]:
    """{custom field key or name: the word that is shown}, for panels that tell who said it and when."""
    best: dict[str, Value] = {}
    for said in Value.objects.filter(profile__person=person).select_related("profile"):
        key = said.key.removeprefix(CUSTOM)
        if key not in best or (RANK[said.source], said.at) > (RANK[best[key].source], best[key].at):
            best[key] = said
    return best


def metadata_rows(person: Person) -> list[Datum]:
    """The person's metadata, by key. One query, and none where there are no metadata."""
    if not person.metadata:
        return []
    said = origins(person)
    known = sorted(person.metadata.items())
    return [Datum(key, _as_text(value), said.get(metadata.PREFIX + key)) for key, value in known]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:.15g}" if isinstance(value, float) else str(value)
