"""Who is it? The first of the reactors: everything after it knows who writes."""

from helpdesk.cases.models import Attachment, Message
from helpdesk.events.models import Event
from helpdesk.events.occasion import Occasion, current, reacts_to
from helpdesk.users.models import Link, Profile
from helpdesk.users.models.people import ProfileKind
from helpdesk.widget.models import Session
from identification import services
from identification.models import Code
from identification.services import alarms, look_ups, notices


def may_hold_a_code(event: Event) -> bool:
    """Whether a customer sent something in which there may be a code.

    The message and its files are at hand where it just came in.
    """
    held = current().held
    message = held.get((Message, event.message_id))
    if event.data.get("author") != "profile" or not isinstance(message, Message):
        return event.data.get("author") == "profile"
    files = [row for row in held.values() if isinstance(row, Attachment) and row.message_id == message.pk]
    return services.may_hold_a_code(message, files)


@reacts_to("message.added", only=may_hold_a_code)
def who_is_it(it: Occasion) -> None:
    """Redeems identification codes in the customer's messages of this occasion, and blanks them."""
    added = [event for event in it.of("message.added") if event.data.get("author") == "profile"]
    services.check([event.message_id for event in added if event.message_id])


def begins_a_session(event: Event) -> bool:
    """A customer's first message of a case or chat, a code that a widget has asked for, or a sign-in to a live chat;
    where any is looked up.
    """
    asked = event.kind == "code.made" and event.data.get("method") != "api"
    begins = event.data.get("begins") or asked or event.kind == "session.identified"
    return bool(begins) and look_ups.asked_for()


@reacts_to("message.added", "code.made", "session.identified", only=begins_a_session)
def look_up(it: Occasion) -> None:
    """Asks the company's user database for those whose session begins, where the admin has set that up."""
    begun = [event for event in it.events if begins_a_session(event)]
    written = [event.message_id for event in begun if event.kind == "message.added" and event.message_id]
    messages = Message.objects.filter(pk__in=written) if written else Message.objects.none()
    for message in messages.select_related("profile__person", "channel").order_by("pk"):
        if message.profile and message.profile.kind == ProfileKind.CUSTOM:
            look_ups.begin(message.profile, message.channel, by=message.profile)
    made = [event.data["code"] for event in begun if event.kind == "code.made"]
    codes = Code.objects.filter(pk__in=made) if made else Code.objects.none()
    for code in codes.select_related("profile__person", "widget").order_by("pk"):
        if code.widget and code.profile.kind == ProfileKind.EXTERNAL:
            look_ups.begin(code.profile, code.widget, by=None)
    signed_in = {event.data["session"] for event in begun if event.kind == "session.identified"}
    sessions = Session.objects.filter(pk__in=signed_in) if signed_in else Session.objects.none()
    for session in sessions.select_related("account__person", "widget").order_by("pk"):
        if session.account and session.account.kind == ProfileKind.EXTERNAL:
            look_ups.begin(session.account, session.widget, by=None)


def foresee(text: str, profile: Profile) -> set[int]:
    """The further profiles that handling this text would lock."""
    return services.foresee(text, profile)


def is_new(event: Event) -> bool:
    """Whether the profile was somebody else's before: to be surer of the same person is no news."""
    return event.data.get("from_person") not in (None, event.person_id)


@reacts_to("profile.linked", only=is_new)
def tell_of_links(it: Occasion) -> None:
    """Tells the person's conversations, where their channel wants it, that a machine has linked an account to them.

    After the rules, so that nothing of it is theirs to react to; before what must leave.
    """
    if not notices.are_wanted():
        return
    linked = {event.pk: event.data.get("operation") for event in it.of("profile.linked") if is_new(event)}
    operations = Link.objects.filter(operation__in=set(linked.values()), operation__kind="link", until=None)
    links = operations.filter(event_id__in=linked, method__in=notices.BY_MACHINES)
    # What came along with the writer's profile keeps its own ground; the last one is what was linked.
    last = {link.operation_id: link for link in links.select_related("profile__channel", "operation").order_by("pk")}
    notices.tell(last.values())


@reacts_to("code.braked")
def alarm(it: Occasion) -> None:
    """Tells administrators, once an hour, that somebody is guessing."""
    alarms.raise_once()
