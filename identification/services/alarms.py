"""Somebody guesses codes: what people are told of it, and what an agent can lift."""

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.users.models import Profile
from helpdesk.users.services import notices, profiles
from identification.models import Brake
from identification.services import brakes, redeeming

# How long the alarm stands above the inbox after the last lock of the desk has ended.
SHOWN_FOR = timedelta(hours=1)


def raise_once() -> None:
    """A mail to all administrators, once an hour."""
    if brakes.locked("alarm"):
        return
    brakes.count("alarm", brakes.ALARM)
    subject = _("Somebody is guessing identification codes")
    text = _(
        "Sixty wrong codes came within a minute, so for a minute none was accepted in the whole desk. Nobody was "
        "identified by them. The conversations that sent them show it: %(page)s"
    )
    notices.tell_admins(subject, text % {"page": f"{settings.BASE_URL}{reverse('inbox:home')}"})


def last_alarm() -> datetime | None:
    """When the desk's brake last let go, if that was a short time ago or is still to come."""
    since = timezone.now() - SHOWN_FOR
    return Brake.objects.filter(key="desk", locked_until__gt=since).values_list("locked_until", flat=True).first()


def is_locked(profile: Profile) -> bool:
    """Whether codes of this person are refused until an agent lifts that."""
    return profile.person.codes_locked_at is not None


@occasion
def unlock(profile: Profile, *, by: Actor) -> None:
    """Codes of this person are looked at again."""
    (held,) = profiles.hold(profile.pk)
    if brakes.forget(redeeming.hard(held)) or held.person.codes_locked_at:
        redeeming.set_locked(held, None)
        brakes.forget(f"profile:{held.pk}")
        record("person.codes_unlocked", by=by, profile=held, person=held.person)
