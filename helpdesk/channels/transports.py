"""How answers leave: one transport for each kind of channel."""

from typing import Any, Protocol

from helpdesk.channels.models import Channel
from helpdesk.lib.registry import Registry


class Transport(Protocol):
    """key: the kind of channel it serves."""

    key: str
    label: Any

    def can_send(self, channel: Channel) -> bool:
        """Whether an agent may answer in this channel."""
        ...

    def send(self, message: Any) -> None:
        """Puts a message that stands in a case into the outbox. Inside an occasion that holds the case."""
        ...


TRANSPORTS: Registry[Transport] = Registry("transport")


def transport_of(channel: Channel) -> Transport | None:
    return next((transport for transport in TRANSPORTS if transport.key == channel.kind), None)
