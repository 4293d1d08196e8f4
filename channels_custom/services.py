"""Verbs about custom channels: making and changing them, secrets, access, a test."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from channels_custom import signing
from channels_custom.models import CustomChannel
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Job
from helpdesk.users.models import Agent
from helpdesk.users.services import agents as agent_verbs

# How long the old secret signs, too, after a new one was made.
OVERLAP = timedelta(hours=24)


@occasion
def create(*, by: Actor | None, secret: str = "", **settings: Any) -> CustomChannel:
    """A new channel with a secret of its own. At first only administrators see it."""
    channel = CustomChannel.objects.create(kind="custom", secret=secret or signing.make_secret(), **settings)
    record("channel.made", by=by, channel=channel.pk, title=channel.title)
    return channel


@occasion
def change(channel: CustomChannel, *, by: Actor | None, **settings: Any) -> CustomChannel:
    """Changes settings; an address that was switched off is tried again once it is another."""
    if settings.get("webhook_url", channel.webhook_url) != channel.webhook_url:
        settings |= {"switched_off_at": None, "switched_off_why": ""}
    for name, value in settings.items():
        setattr(channel, name, value)
    channel.save(update_fields=list(settings))
    record("channel.changed", by=by, channel=channel.pk, what=sorted(settings))
    return channel


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
    """Answers do not leave any more, until somebody switches the address on again."""
    channel.switched_off_at, channel.switched_off_why = timezone.now(), why[:200]
    channel.save(update_fields=["switched_off_at", "switched_off_why"])
    record("channel.switched_off", by=by, channel=channel.pk, red=True, why=why[:200])


@occasion
def switch_on(channel: CustomChannel, *, by: Actor | None) -> None:
    channel.switched_off_at, channel.switched_off_why = None, ""
    channel.save(update_fields=["switched_off_at", "switched_off_why"])
    record("channel.switched_on", by=by, channel=channel.pk)


@occasion
def send_test(channel: CustomChannel) -> Job:
    """A test by the same path and with the same signature as an answer, on a lane of its own."""
    return outbox.enqueue(
        "webhook",
        lane=f"webhook:{channel.pk}:test",
        group=f"channel:{channel.pk}",
        body={"channel": channel.pk},
        payload=signing.test_body,
    )


def last_attempts(channel: CustomChannel, most: int = 10) -> list[Attempt]:
    """The newest tries towards this channel's address."""
    tries = Attempt.objects.filter(job__lane__group=f"channel:{channel.pk}").select_related("job")
    return list(tries.order_by("-pk")[:most])
