"""How answers reach a live chat: they lie where the visitor's widget reads, and a stream tells it to."""

from django.utils.translation import gettext_lazy as _

from helpdesk.cases import files
from helpdesk.cases.models import Message
from helpdesk.channels.models import Channel
from helpdesk.channels.transports import TRANSPORTS
from helpdesk.widget.services import chats, history


class LiveChat:
    """Channel kind `chat`. Nothing has to leave: an answer is there at once, and read when its reader says so."""

    key = chats.KIND
    label = _("Live chat")

    def can_send(self, channel: Channel) -> bool:
        """Always: who left comes back, and signed-in customers read it elsewhere, too."""
        return True

    def send(self, message: Message) -> None:
        """Nothing: `message.added` tells the streams."""


TRANSPORTS.register(LiveChat())
files.AUDIENCES["visitor"] = history.files_of
