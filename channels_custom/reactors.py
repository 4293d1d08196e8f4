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


def changes_hands(event: Event) -> bool:
    """Whether a profile is another person's now, not only held to be the same one's with more certainty."""
    return event.person_id not in {None, event.data.get("from_person")}


@reacts_to("profile.linked", only=changes_hands)
def user_merged(it: Occasion) -> None:
    """Tells each account of a channel that its person has other profiles now: after a merge, split, link or undo.

    An address that was seen for the first time just now has never been anybody else's: nobody is told of it.
    """
    channels = [channel for channel in CustomChannel.objects.all() if channel.tells(Also.USER_MERGED)]
    if not channels:
        return
    new = {event.profile_id for event in it.of("profile.met")}
    moved = [event for event in it.of("profile.linked") if changes_hands(event) and event.profile_id not in new]
    people = {person for event in moved for person in (event.person_id, event.data["from_person"])}
    for channel in channels:
        for profile in Profile.objects.filter(channel=channel.pk, person__in=people).order_by("pk"):
            transports.tell(channel, Also.USER_MERGED, bodies.user_merged(profile), line="users")
