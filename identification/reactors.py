"""Who is it? The first of the reactors: everything after it knows who writes."""

from helpdesk.cases.models import Message
from helpdesk.events.models import Event
from helpdesk.events.occasion import Occasion, current, reacts_to
from helpdesk.users.models import Profile
from identification import services


def may_hold_a_code(event: Event) -> bool:
    """Whether a customer wrote something in which there may be a code; the message is at hand where it just came in."""
    message = current().held.get((Message, event.message_id))
    by_customer = event.data.get("author") == "profile"
    return by_customer and (not isinstance(message, Message) or services.may_hold_a_code(message))


@reacts_to("message.added", only=may_hold_a_code)
def who_is_it(it: Occasion) -> None:
    """Redeems identification codes in the customer's messages of this occasion."""
    added = [event for event in it.of("message.added") if event.data.get("author") == "profile"]
    services.check([event.message_id for event in added if event.message_id])


def foresee(text: str, profile: Profile) -> set[int]:
    """The further profiles that handling this text would lock."""
    return services.foresee(text, profile)
