"""Sending once more what could not be delivered, and not sending what waits."""

from helpdesk.cases.errors import NothingToSend
from helpdesk.cases.models import Delivery, Message
from helpdesk.cases.services import holding
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job, State

UNSENT = frozenset({Delivery.RETRYING, Delivery.REFUSED, Delivery.FAILED, Delivery.OFF, Delivery.CANCELLED})


@occasion
def send_again(message: Message, *, by: Actor | None, patient: bool = False) -> Message:
    """The same message, under the same id, now; or, if `patient`, when its endpoint takes messages again.

    Raises NothingToSend where it got through or never had to leave, and EndpointPaused.
    """
    case = holding.hold(message.case_id)
    message.refresh_from_db(fields=["delivery"])
    jobs = Job.objects.filter(message_id=message.pk, case_id=case.pk).exclude(state=State.DONE)
    job = jobs.order_by("-pk").first()
    if job is None or message.delivery not in UNSENT:
        raise NothingToSend
    outbox.retry(job, patient=patient)
    message.delivery, message.problem, message.next_try_at = Delivery.QUEUED, "", None
    message.save(update_fields=["delivery", "problem", "next_try_at"])
    record("message.queued_again", by=by, case=case, message=message)
    return message


@occasion
def cancel_sending(message: Message, *, by: Actor | None) -> Message:
    """It does not leave any more; those behind it go on. Raises NothingToSend where it does not wait to leave."""
    case = holding.hold(message.case_id)
    message.refresh_from_db(fields=["delivery"])
    job = Job.objects.filter(message_id=message.pk, case_id=case.pk, state=State.WAITING).order_by("-pk").first()
    if job is None:
        raise NothingToSend
    outbox.cancel(job)
    message.delivery, message.problem, message.next_try_at = Delivery.CANCELLED, "", None
    message.save(update_fields=["delivery", "problem", "next_try_at"])
    record("message.cancelled", by=by, case=case, message=message)
    return message
