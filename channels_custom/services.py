"""Verbs about custom channels: making and changing them, secrets, access, a test."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from channels_custom import bodies, signing
from channels_custom.models import CustomChannel
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Job, State
from helpdesk.users.models import Agent
from helpdesk.users.services import agents as agent_verbs
from helpdesk.users.services import notices

# How long the old secret signs, too, after a new one was made.
OVERLAP = timedelta(hours=24)


@occasion
def create(*, by: Actor | None, secret: str = "", **wanted: Any) -> CustomChannel:
    """A new channel with a secret of its own. At first only administrators see it."""
    channel = CustomChannel.objects.create(kind="custom", secret=secret or signing.make_secret(), **wanted)
    record("channel.made", by=by, channel=channel.pk, title=channel.title)
    return channel


@occasion
def change(channel: CustomChannel, *, by: Actor | None, **wanted: Any) -> CustomChannel:
    """Changes settings. Answers that wait go to a new address at once, also where the old one was switched off.

    The event tells what was changed and, of a new address, how many answers were waiting for the old one.
    """
    changed = {name: value for name, value in wanted.items() if getattr(channel, name) != value}
    facts: dict[str, Any] = {"what": sorted(changed)}
    if "webhook_url" in changed:
        changed |= {"switched_off_at": None, "switched_off_why": ""}
        facts["waiting"] = waiting(channel).count()
        outbox.forget_trouble(channel.lane_group)
    for name, value in changed.items():
        setattr(channel, name, value)
    if changed:
        channel.save(update_fields=list(changed))
        record("channel.changed", by=by, channel=channel.pk, **facts)
    return channel


def waiting(channel: CustomChannel) -> QuerySet[Job]:
    """What is to leave through this channel and has not yet."""
    return Job.objects.filter(lane__group=channel.lane_group, state=State.WAITING)


@occasion
def give_access(channel: CustomChannel, agents: Iterable[Agent], *, by: Actor | None) -> None:
    """Lets exactly these agents see the channel (admins always do)."""
    before = set(channel.agents.all())
    channel.agents.set(agents)
    for agent in before.symmetric_difference(channel.agents.all()):
        agent_verbs.changed(agent, "channels", by=by)


@occasion
def rotate_secret(channel: CustomChannel, *, by: Actor | None) -> str:
    """A new secret; for a day both sign, so that the receiver can change over without a gap."""
    channel.old_secret, channel.old_secret_until = channel.secret, timezone.now() + OVERLAP
    channel.secret = signing.make_secret()
    channel.save(update_fields=["secret", "old_secret", "old_secret_until"])
    record("channel.changed", by=by, channel=channel.pk, what=["secret"])
    return channel.secret


@occasion
def switch_off(channel: CustomChannel, why: str, *, by: Actor | None) -> None:
    """Answers do not leave any more, until somebody switches the address on again. Said and done once."""
    now = timezone.now()
    on = CustomChannel.objects.filter(pk=channel.pk, switched_off_at=None)
    if not on.update(switched_off_at=now, switched_off_why=why[:200]):
        return
    channel.switched_off_at, channel.switched_off_why = now, why[:200]
    record("channel.switched_off", by=by, channel=channel.pk, red=True, why=why[:200])
    subject = _("No answers leave through “%(channel)s” any more") % {"channel": channel.title}
    text = _("Its address was switched off: %(why)s Mend the receiver, then switch it on again: %(page)s")
    notices.tell_admins(subject, text % {"why": why, "page": page(channel)})


@occasion
def switch_on(channel: CustomChannel, *, by: Actor | None) -> None:
    """New answers leave again. What could not leave meanwhile is sent by `resend_failed`."""
    channel.switched_off_at, channel.switched_off_why = None, ""
    channel.save(update_fields=["switched_off_at", "switched_off_why"])
    outbox.forget_trouble(channel.lane_group)
    record("channel.switched_on", by=by, channel=channel.pk)


@occasion
def pause(channel: CustomChannel, *, by: Actor | None) -> None:
    """Answers wait in order until `resume`; nothing is lost and no try is used up."""
    outbox.pause(channel.lane_group)
    record("channel.paused", by=by, channel=channel.pk)


@occasion
def resume(channel: CustomChannel, *, by: Actor | None) -> None:
    """What waits leaves now, the oldest first; also what waits because the receiver was away."""
    outbox.resume(channel.lane_group)
    record("channel.resumed", by=by, channel=channel.pk)


@occasion
def resend_failed(channel: CustomChannel, since: datetime, *, by: Actor | None) -> int:
    """Sends again what was given up on since then, in order, in the background. Returns the number of answers."""
    found = given_up(channel, since).count()
    if found:
        facts = {"channel": channel.pk, "since": since.isoformat(), "by": by.pk if isinstance(by, Agent) else None}
        outbox.enqueue("resend_failed", lane=f"resend:{channel.pk}", body=facts)
        record("channel.resent", by=by, channel=channel.pk, since=since.isoformat(), answers=found)
    return found


def given_up(channel: CustomChannel, since: datetime) -> QuerySet[Job]:
    """Answers that were refused, failed, or stopped by a switched-off channel since then; oldest first."""
    jobs = Job.objects.filter(lane__group=channel.lane_group, state=State.PARKED, message_id__isnull=False)
    return jobs.filter(done_at__gte=since).order_by("pk")


@occasion
def warn(channel: CustomChannel, since: datetime) -> None:
    """Tells administrators that nothing has got through since then."""
    record("channel.failing", by=None, channel=channel.pk, red=True, since=since.isoformat())
    subject = _("Answers through “%(channel)s” do not arrive") % {"channel": channel.title}
    text = _("None has arrived since %(since)s. They are kept and tried again. What its server said: %(page)s")
    told = date_format(localtime(since), "SHORT_DATETIME_FORMAT")
    notices.tell_admins(subject, text % {"since": told, "page": page(channel)})


def page(channel: CustomChannel) -> str:
    """The address of the channel's page in the admin."""
    return settings.BASE_URL + reverse("admin:channels_custom_customchannel_change", args=[channel.pk])


@occasion
def send_test(channel: CustomChannel) -> Job:
    """A test by the same path and with the same signature as an answer, on a lane of its own."""
    content_type = bodies.content_type(channel.body_format)
    return outbox.enqueue(
        "webhook",
        lane=f"webhook:{channel.pk}:test",
        group=channel.lane_group,
        body={"channel": channel.pk, "content_type": content_type, "test": True},
        payload=partial(bodies.in_line, "test", {"content": "It works."}, content_type),
    )


def last_attempts(channel: CustomChannel, most: int = 10) -> list[Attempt]:
    """The newest tries towards this channel's address."""
    tries = Attempt.objects.filter(group=channel.lane_group).select_related("job")
    return list(tries.order_by("-started_at")[:most])
