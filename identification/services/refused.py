"""Tokens that were refused although one of our keys had signed them: the person's ledger tells of it."""

from datetime import timedelta

from django.db.models import Max, Sum
from django.utils import timezone

from helpdesk.channels.models import Widget
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import record
from helpdesk.lib.errors import Refusal
from helpdesk.users.models import Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.widget.kinds import Refused
from identification.errors import REASONS, BadToken
from identification.models import TokenRefusal

KIND = "token.refused"
# The same token may be shown all day long.
ONCE_IN = timedelta(hours=1)
SHOWN_FOR = timedelta(days=7)


@occasion
def remember(refusal: Refusal) -> None:
    """Once an hour for each person and reason. What nobody signed, and whom nobody knows, is no news of anybody."""
    if not isinstance(refusal, BadToken) or not refusal.whom:
        return
    named = Profile.objects.filter(kind=ProfileKind.EXTERNAL, channel=None, address=refusal.whom)
    profile = named.select_related("person").first()
    if profile is None:
        return
    lately = Event.objects.filter(profile_id=profile.pk, kind=KIND, created_at__gt=timezone.now() - ONCE_IN)
    if not lately.filter(data__reason=refusal.code).exists():
        record(KIND, by=None, profile=profile, person=profile.person, reason=refusal.code)


def counted(widget: Widget) -> list[Refused]:
    """Why a widget's visitors were turned away in the last days, the most frequent reason first."""
    recent = TokenRefusal.objects.filter(widget=widget, hour__gte=timezone.now() - SHOWN_FOR)
    rows = recent.values("reason").annotate(times=Sum("count"), last=Max("hour")).order_by("-times")
    return [Refused(REASONS.get(row["reason"], row["reason"]), row["times"], row["last"]) for row in rows]
