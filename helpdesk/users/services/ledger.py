"""The ledger of a person: all that ever said, or tried to say, who they are. Nothing in it is ever changed.

It is the part of the event log that is about identity, read through the links that a person has and had.
"""

from datetime import timedelta

from django.db.models import Max, Min, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.users.models import Agent, Link, Person
from helpdesk.users.services import reading

# Heading and the kinds of events under it, a star for all that begin so.
GROUPS = {
    "links": (
        _("Links, merges, undos"),
        ("profile.*", "person.merged", "person.split", "person.apart_lifted", "operation.*", "link.*"),
    ),
    "codes": (_("Codes"), ("code.*", "person.codes_*")),
    "tokens": (_("Tokens"), ("token.*", "person.tokens_revoked", "person.session_revoked")),
    "conflicts": (_("Conflicts"), ("conflict.*", "person.conflict", "address.*")),
    "look_ups": (_("Look-ups"), ("look_up.done",)),
    "blocks": (_("Blocks"), ("person.blocked", "person.unblocked")),
}
# An event is written a little before the link that it tells of is opened or closed.
SLACK = timedelta(seconds=10)
# Profiles that went away, the last ones; each is a condition of its own.
MOST_GONE = 100


def kinds(group: str = "") -> list[str]:
    """The keys of the kinds of one group, or of all."""
    chosen = [GROUPS[group]] if group else GROUPS.values()
    patterns = tuple(pattern for _title, under in chosen for pattern in under)
    return sorted(kind.key for kind in EVENTS if any(_fits(kind.key, pattern) for pattern in patterns))


def _fits(key: str, pattern: str) -> bool:
    return key.startswith(pattern[:-1]) if pattern.endswith("*") else key == pattern


def group_of(key: str) -> str:
    """The group that a kind of event stands in; "" for none."""
    return next((group for group in GROUPS if key in kinds(group)), "")


def of(person: Person, agent: Agent, group: str = "") -> QuerySet[Event]:
    """The entries of one group or of all, newest first: of the person, of the profiles that are theirs, in full, and
    of those that went away and that the agent sees where they are now, from when they came until they went.
    """
    theirs = Link.objects.filter(person=person, until=None).values_list("profile_id", flat=True)
    about = Q(person_id=person.pk) | Q(profile_id__in=list(theirs))
    gone = Link.objects.filter(person=person, until__isnull=False).exclude(profile__in=list(theirs))
    seen = gone.filter(profile__in=reading.seen_by(agent)).values("profile_id")
    for row in seen.annotate(begin=Min("since"), end=Max("until")).order_by("-end")[:MOST_GONE]:
        span = (row["begin"] - SLACK, row["end"] + SLACK)
        about |= Q(profile_id=row["profile_id"], created_at__range=span)
    return Event.objects.filter(about, kind__in=kinds(group)).order_by("-pk")
