"""Answers by e-mail."""

from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models import Delivery, Message
from helpdesk.channels.models import Channel
from helpdesk.channels.transports import TRANSPORTS
from helpdesk.outbox import services as outbox


class Email:
    """Channel kind `email`: an answer leaves as mail through the outbox."""

    key = "email"
    label = _("E-mail")

    def can_send(self, channel: Channel) -> bool:
        return channel.active

    def send(self, message: Message) -> None:
        message.delivery = Delivery.QUEUED
        message.save(update_fields=["delivery"])
        outbox.enqueue(
            "mail", lane=f"mail:{message.case_id}", group="mail", case_id=message.case_id, message_id=message.pk
        )


TRANSPORTS.register(Email())
