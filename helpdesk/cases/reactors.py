"""What follows from an occasion: how sure we were of each message, and what must leave."""

from helpdesk.cases.models import Author, Delivery, Message, Notification
from helpdesk.cases.services import holding, notifying
from helpdesk.channels.transports import transport_of
from helpdesk.events.occasion import Occasion, reacts_to
from helpdesk.outbox import services as outbox


@reacts_to("profile.linked", "profile.levelled")
def stamp_levels(it: Occasion) -> None:
    """Stamps the occasion's messages anew: how sure we are of their customer has changed within it.

    Each was written with the level of that moment; from the end of the occasion on, its level stays.
    """
    events = [event for event in it.of("message.added") if event.data.get("author") == Author.PROFILE]
    ids = [event.message_id for event in events if event.message_id]
    for message in Message.objects.filter(pk__in=ids).select_related("profile"):
        if message.profile and message.level != message.profile.level:
            message.level = message.profile.level
            message.save(update_fields=["level"])
            it.hold(message)


@reacts_to(
    "message.added", only=lambda event: event.data.get("author") != Author.PROFILE and not event.data.get("note")
)
def what_must_leave(it: Occasion) -> None:
    """Puts each public answer of this occasion into the outbox of its channel."""
    events = [event for event in it.of("message.added") if event.data.get("author") != Author.PROFILE]
    ids = [event.message_id for event in events if event.message_id and not event.data.get("note")]
    if not ids:
        return
    messages = Message.objects.filter(pk__in=ids, delivery=Delivery.NONE)
    for message in messages.select_related("channel", "case", "to", "agent").order_by("pk"):
        message.case = holding.hold(message.case_id)
        transport = transport_of(message.channel)
        if transport:
            transport.send(message)


@reacts_to("case.notified", "case.mentioned", only=lambda event: bool(event.get("mail")))
def mail_notifications(it: Occasion) -> None:
    """Puts the mails to agents into the outbox: last, since lanes are locked after everything else."""
    told = [event.pk for event in it.of("case.notified", "case.mentioned") if event.get("mail")]
    for row in Notification.objects.filter(event_id__in=told).order_by("agent", "pk"):
        if notifying.floods(row):
            continue
        body = {"notification": row.pk}
        outbox.enqueue("notify_by_mail", lane=f"notice:{row.agent_id}", group="mail", body=body)
