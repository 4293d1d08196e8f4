"""How answers leave through a custom channel: as webhooks, in order per case."""

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from channels_custom import bodies
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Delivery, Message
from helpdesk.channels.models import Channel
from helpdesk.channels.transports import TRANSPORTS
from helpdesk.outbox import services as outbox


class Webhook:
    key = "custom"
    label = _("Custom channel")

    def can_send(self, channel: Channel) -> bool:
        """Always: where there is nowhere to send to, the message is kept and says so."""
        return True

    def send(self, message: Message) -> None:
        """Freezes the body and queues it behind the earlier answers of the case; parked where nothing leaves now."""
        channel = message.channel.customchannel
        off = channel.off
        content_type = bodies.content_type(channel.body_format)
        job = outbox.enqueue(
            "webhook",
            lane=f"webhook:{channel.pk}:{message.case_id}",
            group=channel.lane_group,
            body={"channel": channel.pk, "content_type": content_type},
            payload=partial(bodies.in_line, "message_new", bodies.message_new(message), content_type),
            case_id=message.case_id,
            message_id=message.pk,
        )
        if off:
            outbox.park(job, off)
            cases.switched_off(message.pk, problem=off)
            return
        message.delivery = Delivery.QUEUED
        message.save(update_fields=["delivery"])


def tell(channel: CustomChannel, kind: str, tree: dict[str, Any], *, line: int | str) -> None:
    """Queues something else than an answer: on the line of a case, by its id, or on one of its own."""
    content_type = bodies.content_type(channel.body_format)
    outbox.enqueue(
        "webhook",
        lane=f"webhook:{channel.pk}:{line}",
        group=channel.lane_group,
        body={"channel": channel.pk, "content_type": content_type, "type": kind},
        payload=partial(bodies.in_line, kind, tree, content_type),
    )


TRANSPORTS.register(Webhook())
