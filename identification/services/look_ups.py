"""User-data look-ups: when the company's own database is asked for somebody, and what becomes of the answer.

Nobody waits for it: it is a job, and the conversation goes on whatever comes of it. It raises no level and links
nothing; it says of a person what it was asked for, and a 404 or a failure takes nothing away.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from helpdesk.channels.models import Channel, Level, Widget
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.text import one_line
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job
from helpdesk.users.models import Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.services import metadata, profiles, values
from identification.models import LookUp, LookUpResult
from identification.services import look_up_answers as answers
from identification.services.look_up_requests import Reply
from identification.services.look_up_states import (
    FAILED,
    Outcome,
    Standing,
    asked_for,
    gate,
    group_of,
    in_trouble,
    lane_of,
    place_of,
    rows,
    standings,
    state,
    waiting,
)

__all__ = (
    "Standing",
    "asked_for",
    "begin",
    "give_up",
    "group_of",
    "in_trouble",
    "lane_of",
    "place_of",
    "refresh",
    "rows",
    "save",
    "say",
    "standings",
    "state",
    "subject_of",
    "take",
    "weighed",
)

log = logging.getLogger(__name__)

# After a failure, before the next session asks again; the button asks at once.
PAUSE = timedelta(seconds=30)
LONGEST_ERROR = 300  # characters


@occasion
def begin(profile: Profile, place: Widget | Channel, *, by: Actor | None) -> Job | None:
    """A session begins: asks for the profile's data, unless what is known is still good.

    place: the widget that it came by, or its custom channel. Gives the job; None where nobody has to be asked.
    """
    look_up = _of_place(place)
    if look_up is None or gate(look_up, profile) or _fresh(look_up, profile):
        return None
    return _enqueue(look_up, profile, by)


@occasion
def refresh(profile: Profile, *, by: Actor | None) -> Job | None:
    """Asks now, however good the data are. None where nobody may be asked, or somebody is asking already."""
    look_up = place_of(profile)
    if look_up is None or gate(look_up, profile):
        return None
    jobs = waiting([lane_of(look_up, profile)])
    if not jobs:
        return _enqueue(look_up, profile, by)
    (job,) = jobs.values()
    return outbox.retry(job, patient=True) if job.due_at > timezone.now() else None


def _of_place(place: Widget | Channel) -> LookUp | None:
    wanted = {"widget": place.pk} if isinstance(place, Widget) else {"channel": place.pk}
    return rows().filter(active=True, **wanted).first()


def _fresh(look_up: LookUp, profile: Profile) -> bool:
    """Whether the last answer is still good. A 404 is good for half of the time."""
    last = LookUpResult.objects.filter(profile=profile, look_up=look_up).order_by("-pk").first()
    if last is None or last.at < look_up.changed_at:
        return False
    good = timedelta(seconds=look_up.cache_seconds)
    if last.outcome == Outcome.NOT_FOUND:
        good /= 2
    elif last.outcome in FAILED:
        good = min(good, PAUSE)
    return last.at > timezone.now() - good


def _enqueue(look_up: LookUp, profile: Profile, by: Actor | None) -> Job | None:
    """One at a time: whoever comes while a request waits or runs gets its answer, too."""
    if waiting([lane_of(look_up, profile)]):
        return None
    kind, pk = by.actor if by else ("desk", None)
    return outbox.enqueue(
        "look_up",
        lane=lane_of(look_up, profile),
        group=group_of(look_up),
        body={"look_up": look_up.pk, "profile": profile.pk, "by": [kind, pk]},
    )


def subject_of(job: Job) -> tuple[LookUp, Profile] | None:
    """What a job asks, and for whom; None where it need not be asked any more.

    That is so when it was switched off, when the gate has closed, or when another job has brought an answer since.
    """
    look_up = LookUp.objects.filter(pk=job.body["look_up"], active=True).first()
    profile = Profile.objects.select_related("person").filter(pk=job.body["profile"]).first()
    if look_up is None or profile is None or gate(look_up, profile):
        return None
    later = LookUpResult.objects.filter(
        profile=profile, look_up=look_up, at__gte=max(job.created_at, look_up.changed_at)
    )
    return None if later.exists() else (look_up, profile)


def weighed(look_up: LookUp, profile: Profile, reply: Reply) -> tuple[answers.Found | None, str]:
    """(what the answer says, why there is none). Nothing is written."""
    if reply.answer is None:
        return None, reply.error
    try:
        return answers.read(reply.answer, asked=profile.address, mapping=look_up.mapping), ""
    except answers.BadAnswer as error:
        return None, str(error)


@occasion
def take(look_up: LookUp, profile: Profile, reply: Reply, *, asked_by: str = "") -> LookUpResult:
    """Keeps what came of asking: the data, where there are any, and a line in the log.

    A 404 or a failure leaves what is known as it is.
    """
    found, why = weighed(look_up, profile, reply)
    (profile,) = profiles.hold(profile.pk)
    names = say(profile, found) if found else []
    outcome = _outcome(reply, found, names)
    if outcome in FAILED:
        log.warning("the user data look-up %s failed: %s", look_up.pk, why)
    result = LookUpResult.objects.create(
        look_up=look_up,
        profile=profile,
        seconds=round(reply.seconds, 3),
        status=reply.status,
        bytes=reply.bytes,
        outcome=outcome,
        error=plain(_left_out(found.left_out) if found else why),
        names=names,
        asked_by=asked_by[:120],
    )
    _record(result, profile)
    return result


@occasion
def give_up(look_up: LookUp, profile: Profile, why: str) -> LookUpResult:
    """A line in the log for a job that ended without a request."""
    (profile,) = profiles.hold(profile.pk)
    result = LookUpResult.objects.create(look_up=look_up, profile=profile, outcome=Outcome.FAILED, error=plain(why))
    _record(result, profile)
    return result


def say(profile: Profile, found: answers.Found) -> list[str]:
    """A proven id's answer ranks with the best; another's below what the person has said in a proven way."""
    source = Source.PROVEN_LOOKUP if profile.level >= Level.PROVEN else Source.LOOKUP
    event = values.say(profile, source, found.said, by=None, all_metadata=metadata.NAME in found.said)
    return list(event.data["fields"]) if event else []


def _outcome(reply: Reply, found: answers.Found | None, names: list[str]) -> str:
    if found:
        return Outcome.UPDATED if names else Outcome.UNCHANGED
    if reply.not_found:
        return Outcome.NOT_FOUND
    return Outcome.REFUSED if reply.denied else Outcome.FAILED


def _left_out(what: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in what.items())


def plain(text: str) -> str:
    """One line that the table can hold, whatever the other side wrote into it."""
    return one_line(text.encode(errors="replace").decode())[:LONGEST_ERROR]


def _record(result: LookUpResult, profile: Profile) -> None:
    """Touches no case: rules do not run for it, and the next pass sees the data."""
    record(
        "look_up.done",
        by=None,
        profile=profile,
        person=profile.person,
        red=result.outcome in FAILED,
        outcome=result.outcome,
        why=result.error,
        result=result.pk,
    )


@occasion
def save(look_up: LookUp, *, by: Actor | None) -> LookUp:
    """Keeps new settings. What was answered to others counts no more, and their failures are forgotten."""
    known = look_up.pk is not None
    look_up.changed_at = timezone.now()
    look_up.save()
    if known:
        outbox.forget_trouble(group_of(look_up))
    record("look_up.changed", by=by, look_up=look_up.pk, title=str(look_up), active=look_up.active)
    return look_up
