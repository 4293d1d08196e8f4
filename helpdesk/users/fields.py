"""What rules and saved lists can ask about the user, one row each.

The user is the profile of the case; custom fields are those of the person behind it.
"""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Level
from helpdesk.lib.fields import (
    CHOICE,
    DATE,
    FIELDS,
    FLAG,
    LOOSE,
    NUMBER,
    RANK,
    TEXT,
    Column,
    Family,
    Field,
    Fixed,
    Kind,
    Rows,
)

ROWS = (
    Field(
        "user.identified",
        _("User"),
        FLAG,
        lambda f: f.profile.is_identified,
        lookup=Q(profile__level__gte=Level.VOUCHED),
        words={"yes": _("is identified"), "no": _("is not identified")},
    ),
    Field(
        "user.level",
        _("User's level"),
        RANK,
        lambda f: f.profile.level,
        Column("users.Profile", "level"),
        lookup="profile__level",
    ),
    Field(
        "user.identified_by",
        _("User's identification"),
        CHOICE,
        lambda f: f.identified_by,
        Fixed(
            (
                ("code", _("an identification code")),
                ("token", _("a signed token")),
                ("api", _("your server")),
                ("page", _("your page")),
                ("agent", _("an agent")),
                ("first", _("the channel itself")),
            )
        ),
        optional=True,
        words={
            "is": _("is by"),
            "is_not": _("is not by"),
            "is_any": _("is by any of"),
            "is_none": _("is by none of"),
            "empty": _("is missing"),
            "not_empty": _("is not missing"),
        },
    ),
    Field(
        "user.external_id",
        _("User's external id"),
        FLAG,
        lambda f: f.address("external") is not None,
        words={"yes": _("is known"), "no": _("is not known")},
    ),
    Field(
        "user.created",
        _("User has been created"),
        DATE,
        lambda f: f.profile.created_at,
        lookup="profile__created_at",
    ),
    Field(
        "user.language",
        _("User's language"),
        CHOICE,
        lambda f: f.language(f.person.language),
        Rows("channels.Language", "code", "code"),
        optional=True,
    ),
    Field(
        "user.company",
        _("User's company"),
        TEXT,
        lambda f: f.company,
        lookup="profile__person__company__name",
        optional=True,
    ),
    Field("user.name", _("User's name"), TEXT, lambda f: f.profile.name, optional=True),
    Field(
        "user.position",
        _("User's position"),
        TEXT,
        lambda f: f.person.position,
        lookup="profile__person__position",
        optional=True,
    ),
    Field(
        "user.note",
        _("Note about the user"),
        TEXT,
        lambda f: f.person.note,
        lookup="profile__person__note",
        optional=True,
    ),
    Field("user.email", _("User's e-mail"), TEXT, lambda f: f.address("email"), optional=True),
    Field(
        "user.phone",
        _("User's phone"),
        FLAG,
        lambda f: f.address("phone") is not None,
        words={"yes": _("is known"), "no": _("is not known")},
    ),
    Field("user.phone_number", _("User's phone number"), TEXT, lambda f: f.address("phone"), optional=True),
    Field(
        "user.profile_kind",
        _("Kind of the user's profile"),
        CHOICE,
        lambda f: f.profile.kind,
        Column("users.Profile", "kind"),
        lookup="profile__kind",
    ),
    Field("user.profiles", _("Number of the user's profiles"), NUMBER, lambda f: f.profiles),
    Field("user.cases", _("Number of the user's cases"), NUMBER, lambda f: f.cases),
    Field("user.active_cases", _("Number of the user's cases that are not closed"), NUMBER, lambda f: f.active_cases),
    Field(
        "user.is_new",
        _("User's first message"),
        FLAG,
        lambda f: f.asked is not None and f.wrote_before is None,
        lists=frozenset({"new", "updated"}),
        words={"yes": _("is this one"), "no": _("is not this one")},
    ),
    Field(
        "user.wrote_before",
        _("User wrote before this"),
        DATE,
        lambda f: f.wrote_before,
        optional=True,
        words={"empty": _("never"), "not_empty": _("at some time")},
    ),
    Field(
        "user.blocked",
        _("User's access"),
        FLAG,
        lambda f: f.person.blocked,
        lookup="profile__person__blocked",
        words={"yes": _("is blocked"), "no": _("is not blocked")},
    ),
)

for row in ROWS:
    FIELDS.register(row)

# Types of custom fields → kinds of fields.
KINDS: dict[str, Kind] = {"text": TEXT, "textarea": TEXT, "select": CHOICE, "checkbox": FLAG, "date": DATE}
CHECKED = {"yes": _("is checked"), "no": _("is not checked")}
CUSTOM = "users.CustomField"


def custom_fields(level: str, prefix: str, values: Callable[[Any], dict[str, Any]]) -> Iterator[Field]:
    """A row for each custom field of this level. values: takes the facts, gives {custom field key: value}."""
    for custom in apps.get_model(CUSTOM)._default_manager.filter(level=level, active=True):
        yield Field(
            f"{prefix}.{custom.key}",
            custom.title,
            KINDS[custom.kind],
            _getter(custom.key, values, is_date=custom.kind == "date"),
            Fixed(tuple((str(one["key"]), str(one["title"])) for one in custom.choices), by_label=True),
            optional=True,
            words=CHECKED if custom.kind == "checkbox" else {},
        )


METADATA = "metadata."
# Of a key: as `values` takes it.
LONGEST_KEY = 100


def metadata(key: str) -> Field | None:
    """What a look-up, a page or a server said under this key, whatever it is."""
    if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
        return None
    label = _("User's metadata “%(key)s”") % {"key": key}
    return Field(f"{METADATA}{key}", label, LOOSE, lambda f: f.person.metadata.get(key), optional=True)


FIELDS.open(Family(METADATA, _("User's metadata …"), LOOSE, metadata))


def _getter(key: str, values: Callable[[Any], dict[str, Any]], *, is_date: bool) -> Callable[[Any], Any]:
    def date(facts: Any) -> datetime.date | None:
        value = values(facts).get(key)
        return datetime.date.fromisoformat(value) if value else None

    return date if is_date else lambda facts: values(facts).get(key)


FIELDS.provide(CUSTOM, lambda: custom_fields("user", "user.cf", lambda f: f.person.values))
FIELDS.provide(CUSTOM, lambda: custom_fields("company", "company.cf", lambda f: f.company_values))
