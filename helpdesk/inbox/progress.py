"""How far an answer got, in words, and what can be done about it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.cases.models import Delivery, Message
from helpdesk.cases.services.resending import UNSENT

WORDS = {
    Delivery.QUEUED: ("queued", gettext_lazy("Waits to be sent")),
    Delivery.SENDING: ("sending", gettext_lazy("Is being sent")),
    Delivery.DELIVERED: ("delivered", gettext_lazy("Delivered")),
    Delivery.READ: ("read", gettext_lazy("Read")),
    Delivery.RETRYING: ("retrying", gettext_lazy("Not delivered yet")),
    Delivery.REFUSED: ("failed", gettext_lazy("Not delivered: the receiver refused it")),
    Delivery.FAILED: ("failed", gettext_lazy("Not delivered")),
    Delivery.OFF: ("failed", gettext_lazy("Not delivered: the channel is switched off")),
    Delivery.CANCELLED: ("cancelled", gettext_lazy("Not sent: taken back")),
}
ON_THEIR_WAY = frozenset({Delivery.QUEUED, Delivery.SENDING, Delivery.RETRYING})
# What waits behind something else may be taken back; a try that is under way may still succeed.
WAITING = frozenset({Delivery.QUEUED, Delivery.RETRYING})


@dataclass(frozen=True)
class Progress:
    """state: for CSS; words: for people. next_at: of the next try, after which `late` is what to read.

    again: it can be sent again now; cancel: it can be taken back.
    """

    state: str = ""
    words: str = ""
    next_at: datetime | None = None
    late: str = ""
    again: bool = False
    cancel: bool = False

    @property
    def failed(self) -> bool:
        return self.state == "failed"


def of(message: Message, *, behind: bool = False) -> Progress:
    """behind: an earlier answer of the same case has not left yet. Empty where nothing has to be delivered."""
    if message.note or message.delivery not in WORDS:
        return Progress()
    delivery = Delivery(message.delivery)
    state, _words = WORDS[delivery]
    next_at = message.next_try_at if delivery == Delivery.RETRYING else None
    late = _told(message, _("waits for its turn")) if next_at else ""
    return Progress(
        state=state,
        words=late if next_at and next_at <= timezone.now() else _told(message, _more(message, next_at, behind)),
        next_at=next_at,
        late=late,
        # What the channel took and could not deliver is not ours to send again.
        again=delivery in UNSENT and message.delivered_at is None,
        cancel=delivery in WAITING,
    )


def is_on_its_way(message: Message) -> bool:
    return message.delivery in ON_THEIR_WAY


def _more(message: Message, next_at: datetime | None, behind: bool) -> str:
    if next_at:
        return _("will be tried again at %(time)s") % {"time": localtime(next_at).strftime("%H:%M:%S")}
    if message.delivery == Delivery.QUEUED and behind:
        return _("after the answer before it")
    if message.delivery == Delivery.DELIVERED and message.attempts > 1:
        return _("at try %(number)d") % {"number": message.attempts}
    return ""


def _told(message: Message, more: str) -> str:
    words = str(WORDS[Delivery(message.delivery)][1])
    text = f"{words}, {more}" if more else words
    return f"{text}: {message.problem}" if message.problem else text
