"""How the user data of people are: what was asked last, what is being asked, and whom nobody asks for. Reads only."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils.translation import gettext as _

from helpdesk.channels.models import Channel, Level, Widget
from helpdesk.outbox.models import Endpoint, Job, State
from helpdesk.users.models import Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import profiles
from identification.models import Code, LookUp, LookUpResult

Outcome = LookUpResult.Outcome
FAILED = (Outcome.FAILED, Outcome.REFUSED)
MOST_SHOWN = 10  # profiles of one person


class Remembered:
    """Which widgets and channels have an active look-up: asked of each message and page, changed once a year.

    A change is known at once in the process that made it, in others after SECONDS.
    """

    SECONDS = 10.0
    places: frozenset[tuple[str, int]] = frozenset()
    until = 0.0

    @classmethod
    def read(cls) -> frozenset[tuple[str, int]]:
        if time.monotonic() >= cls.until:
            rows = LookUp.objects.filter(active=True).values_list("widget", "channel")
            cls.places = frozenset(("widget", widget) if widget else ("channel", channel) for widget, channel in rows)
            cls.until = time.monotonic() + cls.SECONDS
        return cls.places

    @classmethod
    def forget(cls) -> None:
        cls.until = 0.0


@receiver((post_save, post_delete), sender=LookUp, dispatch_uid="look_ups.changed")
def _changed(**_more: Any) -> None:
    """Once more when it is committed: somebody may have read the old state in between."""
    Remembered.forget()
    transaction.on_commit(Remembered.forget, robust=True)


def asked_for(place: Widget | Channel | None = None) -> bool:
    """Whether users of this place, or of any, are looked up. Costs no query most of the time."""
    places = Remembered.read()
    if place is None:
        return bool(places)
    return ("widget" if isinstance(place, Widget) else "channel", place.pk) in places


@dataclass(frozen=True)
class Standing:
    """How one profile's data are: the last result, and whether somebody is asking now. gate: why nobody asks."""

    profile: Profile
    look_up: LookUp
    last: LookUpResult | None
    job: Job | None
    gate: str

    @property
    def failed(self) -> bool:
        return self.last is not None and self.last.outcome in FAILED


def rows() -> "QuerySet[LookUp]":
    """Look-ups without their headers, which only a request needs."""
    return LookUp.objects.select_related("widget", "channel").defer("headers")


def group_of(look_up: LookUp) -> str:
    """Its endpoint in the outbox."""
    return f"look_up:{look_up.pk}"


def lane_of(look_up: LookUp, profile: Profile) -> str:
    """One line for each profile: two requests for the same id never stand beside each other."""
    return f"look_up:{look_up.pk}:{profile.pk}"


def gate(look_up: LookUp, profile: Profile) -> str:
    """Why nobody is asked for this profile, in words; empty where one may."""
    if look_up.whom != LookUp.Whom.ALL and (not look_up.whom or profile.level < Level.VOUCHED):
        return _("only ids that are signed or vouched for are looked up")
    if profiles.says_nothing(profile.address):
        return _("this id is what programs write when they have none")
    if profile.person.blocked or profile.person.deleted_at:
        return _("this person is blocked")
    return ""


def state(profile: Profile) -> LookUpResult | None:
    """The last result for this profile; where it was never asked for, the last one of its person."""
    results = LookUpResult.objects.order_by("-pk")
    own = results.filter(profile=profile).first()
    return own or results.filter(profile__person=profile.person_id).first()


def place_of(profile: Profile) -> LookUp | None:
    """Who is asked for a profile when nobody says where it came from."""
    last = LookUpResult.objects.filter(profile=profile).order_by("-pk").first()
    return _place(profile, list(rows().filter(active=True).order_by("pk")), last)


def standings(person_id: int) -> list[Standing]:
    """How the data of each profile are that can be looked up. Five queries; none where nothing is set up."""
    if not asked_for():
        return []
    active = list(rows().filter(active=True).order_by("pk"))
    kinds = (ProfileKind.CUSTOM, ProfileKind.EXTERNAL)
    theirs = Profile.objects.select_related("person", "channel").filter(person=person_id, kind__in=kinds).order_by("pk")
    shown = list(theirs[:MOST_SHOWN]) if active else []
    last = _last(shown)
    places = [(profile, _place(profile, active, last.get(profile.pk))) for profile in shown]
    found = [(profile, look_up) for profile, look_up in places if look_up]
    jobs = waiting([lane_of(look_up, profile) for profile, look_up in found])
    return [
        Standing(profile, look_up, last.get(profile.pk), jobs.get(lane_of(look_up, profile)), gate(look_up, profile))
        for profile, look_up in found
    ]


def _place(profile: Profile, active: list[LookUp], last: LookUpResult | None) -> LookUp | None:
    """Who would be asked for a profile: its channel's, or the widget's that it used last."""
    if profile.kind == ProfileKind.CUSTOM:
        return next((row for row in active if row.channel_id and row.channel_id == profile.channel_id), None)
    of_widgets = {row.pk: row for row in active if row.widget_id}
    if profile.kind != ProfileKind.EXTERNAL or not of_widgets:
        return None
    used = last.look_up_id if last and last.look_up_id in of_widgets else _used(profile)
    return of_widgets.get(used or 0) or next(iter(of_widgets.values()))


def _used(profile: Profile) -> int | None:
    codes = Code.objects.filter(profile=profile, widget__look_up__active=True).order_by("-pk")
    return codes.values_list("widget__look_up", flat=True).first()


def _last(shown: Sequence[Profile]) -> dict[int, LookUpResult]:
    """The newest result of each of these profiles, by its id."""
    if not shown:
        return {}
    newest = LookUpResult.objects.filter(profile__in=shown).values("profile").annotate(last=Max("pk")).values("last")
    return {result.profile_id: result for result in LookUpResult.objects.filter(pk__in=newest)}


def waiting(lanes: list[str]) -> dict[str, Job]:
    """What waits or runs in these lanes, by lane."""
    waiting = Job.objects.select_related("lane").filter(lane__key__in=lanes, state=State.WAITING) if lanes else ()
    return {job.lane.key: job for job in sorted(waiting, key=lambda job: -job.pk)}


def in_trouble() -> "QuerySet[LookUp]":
    """Active look-ups whose headers were refused the last time, or which have only failed for an hour. One query.

    Each with `last` (an outcome) and `last_error`.
    """
    results = LookUpResult.objects.filter(look_up=OuterRef("pk"), at__gte=OuterRef("changed_at")).order_by("-pk")
    endpoint = Concat(Value("look_up:"), Cast(OuterRef("pk"), CharField()))
    failing = Exists(Endpoint.objects.filter(key=endpoint, failing_since__isnull=False, warned__gte=1))
    last = {"last": Subquery(results.values("outcome")[:1]), "last_error": Subquery(results.values("error")[:1])}
    found = rows().filter(active=True).annotate(failing=failing, **last)
    return found.filter(Q(last=Outcome.REFUSED) | Q(failing=True)).order_by("pk")
