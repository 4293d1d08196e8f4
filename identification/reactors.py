"""Who is it? The first of the reactors: everything after it knows who writes."""

from helpdesk.events.occasion import Occasion, reacts_to
from helpdesk.users.models import Profile
from identification import services


@reacts_to("message.added", only=lambda event: event.data.get("author") == "profile")
def who_is_it(it: Occasion) -> None:
    """Redeems identification codes in the customer's messages of this occasion."""
    added = [event for event in it.of("message.added") if event.data.get("author") == "profile"]
    services.check([event.message_id for event in added if event.message_id])


def foresee(text: str, profile: Profile) -> set[int]:
    """The further profiles that handling this text would lock."""
    return services.foresee(text, profile)
