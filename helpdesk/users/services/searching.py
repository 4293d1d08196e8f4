"""Finding people whom one agent may see: by id, address or name."""

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from helpdesk.lib.ids import is_id
from helpdesk.lib.text import BadAddress, one_line
from helpdesk.users.errors import UnusableAddress
from helpdesk.users.models import Agent, Person, Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles, reading

MOST = 20
LONGEST = 320  # characters of an address


def people(agent: Agent, text: str, *, without: Person) -> list[Person]:
    """At most twenty, with their profiles. Who has exactly this id or address comes alone, else names that hold it."""
    wanted = one_line(text)[:LONGEST]
    if not wanted:
        return []
    seen = reading.seen_by(agent).exclude(person=without.pk)
    return _found(seen.filter(_exactly(wanted))) or _found(seen.filter(_partly(wanted)))


def _found(rows: QuerySet[Profile]) -> list[Person]:
    """Newest first; those who were deleted are nobody to be merged with."""
    theirs = Exists(rows.filter(person=OuterRef("pk")))
    with_channels = Prefetch("profiles", Profile.objects.select_related("channel").order_by("pk"))
    return list(Person.objects.filter(theirs, deleted_at=None).order_by("-pk").prefetch_related(with_channels)[:MOST])


def _exactly(text: str) -> Q:
    found = Q(address=text)
    if is_id(text.removeprefix("#")):
        number = int(text.removeprefix("#"))
        found |= Q(pk=number) | Q(person=number)
    for kind in (ProfileKind.EMAIL, ProfileKind.PHONE):
        try:
            found |= Q(kind=kind, address=profiles.normal(kind, text))
        except (UnusableAddress, BadAddress):
            continue
    return found


def _partly(text: str) -> Q:
    """In any case of its letters: SQLite itself knows that of ASCII only."""
    found = Q(address__icontains=text)
    for written in {text, text.casefold(), text.upper(), text.title(), text.capitalize()}:
        found |= Q(person__name__icontains=written)
    return found
