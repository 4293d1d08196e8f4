"""Reading people: whom one agent may see. Every page and API asks here."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from helpdesk.events.models import Event
from helpdesk.users.models import Agent, Apart, Link, Operation, Profile


def seen_by(agent: Agent) -> QuerySet[Profile]:
    """Admins see all people; others those of their channels, and whom they brought in as long as they wrote nowhere.

    With each of them come the other profiles of the same person. Nobody who was deactivated sees anybody.
    """
    if not agent.is_active:
        return Profile.objects.none()
    if agent.is_admin:
        return Profile.objects.all()
    channels = agent.channels.values("pk")
    met = Event.objects.filter(profile_id=OuterRef("pk"), kind="profile.met", actor_kind="agent", actor_id=agent.pk)
    here = Profile.objects.filter(pk=OuterRef("pk"), cases__channel__in=channels)
    anywhere = Profile.objects.filter(pk=OuterRef("pk"), cases__isnull=False)
    theirs = Q(channel__in=channels) | Exists(here) | (Exists(met) & ~Exists(anywhere))
    return Profile.objects.filter(Exists(Profile.objects.filter(theirs, person=OuterRef("person"))))


def operations_seen_by(agent: Agent) -> QuerySet[Operation]:
    """Links, unlinks, merges, splits and keeping apart of profiles all of which the agent may see; no undoing of such.

    An operation is about the profiles that it moved, those of its `Link` rows, or about the two of its `Apart`.
    """
    moved = Link.objects.filter(operation=OuterRef("pk"))
    kept = Apart.objects.filter(operation=OuterRef("pk"))
    rows = Operation.objects.exclude(kind="undo").filter(Exists(moved) | Exists(kept))
    if agent.is_active and agent.is_admin:
        return rows
    seen = seen_by(agent)
    hidden = kept.exclude(one__in=seen, other__in=seen)
    return rows.exclude(Exists(moved.exclude(profile__in=seen))).exclude(Exists(hidden))


def operations_of(person_id: int, among: QuerySet[Operation]) -> QuerySet[Operation]:
    """Those about profiles that are this person's or ever were."""
    return _about(Link.objects.filter(person=person_id).values("profile"), among)


def operations_moving(profile_id: int, among: QuerySet[Operation]) -> QuerySet[Operation]:
    """Those about this profile."""
    return _about(Profile.objects.filter(pk=profile_id).values("pk"), among)


def _about(profiles: Any, among: QuerySet[Operation]) -> QuerySet[Operation]:
    moved = Link.objects.filter(profile__in=profiles, operation__isnull=False).values("operation")
    kept = Apart.objects.filter(Q(one__in=profiles) | Q(other__in=profiles), operation__isnull=False)
    return among.filter(Q(pk__in=moved) | Q(pk__in=kept.values("operation")))
