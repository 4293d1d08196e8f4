"""What a channel's software is told besides answers, where its `also_sends` says so."""

from channels_custom import bodies, transports
from channels_custom.models import Also, CustomChannel
from helpdesk.cases.models import Case, Message, Status
from helpdesk.events.models import Event
from helpdesk.events.occasion import Occasion, reacts_to
from helpdesk.users.models import Profile

LOST = ("message.refused", "message.failed", "message.cancelled")


def closes(event: Event) -> bool:
    return bool(event.data.get("new") == Status.CLOSED)


@reacts_to("case.status_changed", only=closes)
def case_closed(it: Occasion) -> None:
    """Tells that a case is closed: a later message of the customer makes another one."""
    ids = [event.case_id for event in it.of("case.status_changed") if event.case_id and closes(event)]
    for case in Case.objects.filter(pk__in=ids).select_related("channel__customchannel", "profile").order_by("pk"):
        channel = getattr(case.channel, "customchannel", None)
        if channel and channel.tells(Also.CASE_CLOSED):
            transports.tell(channel, Also.CASE_CLOSED, bodies.case_closed(case), line=case.pk)


@reacts_to(*LOST)
def message_status(it: Occasion) -> None:
    """Tells what became of an answer that does not arrive, on the line of its case."""
    ids = [event.message_id for event in it.of(*LOST) if event.message_id]
    messages = Message.objects.filter(pk__in=ids).select_related("case", "channel__customchannel", "to")
    for message in messages.order_by("pk"):
        channel = getattr(message.channel, "customchannel", None)
        if channel and channel.tells(Also.MESSAGE_STATUS):
            transports.tell(channel, Also.MESSAGE_STATUS, bodies.message_status(message), line=message.case_id)


@reacts_to("person.merged")
def user_merged(it: Occasion) -> None:
    """Tells each account of a channel that its person has more profiles now."""
    channels = [channel for channel in CustomChannel.objects.all() if channel.tells(Also.USER_MERGED)]
    people = [event.person_id for event in it.of("person.merged") if event.person_id] if channels else []
    for channel in channels:
        for profile in Profile.objects.filter(channel=channel.pk, person__in=people).order_by("pk"):
            transports.tell(channel, Also.USER_MERGED, bodies.user_merged(profile), line="users")
