"""How far an answer got. Reported by the outbox, by transports, and by the channel itself."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from helpdesk.cases.models import Delivery, Message
from helpdesk.cases.services import holding
from helpdesk.events.occasion import occasion
from helpdesk.events.services import record

# A receipt that comes late never moves a message back.
FINAL = {Delivery.READ}


@occasion
def delivered(message_id: int, *, attempts: int = 0) -> Message:
    """The channel has it: attempts tells at which try."""
    return _set(message_id, Delivery.DELIVERED, "message.delivered", attempts, delivered_at=timezone.now())


@occasion
def read(message_id: int) -> Message:
    """The customer has read it, says the channel."""
    return _set(message_id, Delivery.READ, "message.read", None)


@occasion
def retrying(message_id: int, *, attempts: int, at: datetime, problem: str) -> Message:
    return _set(message_id, Delivery.RETRYING, "message.retrying", attempts, next_try_at=at, problem=problem)


@occasion
def refused(message_id: int, *, attempts: int, problem: str) -> Message:
    return _set(message_id, Delivery.REFUSED, "message.refused", attempts, problem=problem, red=True)


@occasion
def failed(message_id: int, *, attempts: int, problem: str) -> Message:
    return _set(message_id, Delivery.FAILED, "message.failed", attempts, problem=problem, red=True)


@occasion
def switched_off(message_id: int, *, problem: str) -> Message:
    return _set(message_id, Delivery.OFF, "message.failed", None, problem=problem, red=True)


def _set(message_id: int, state: str, kind: str, attempts: int | None, *, red: bool = False, **facts: Any) -> Message:
    message = Message.objects.get(pk=message_id)
    case = holding.hold(message.case_id)
    message.refresh_from_db(fields=["delivery", "attempts"])
    if message.delivery in FINAL:
        return message
    facts = {"problem": "", "next_try_at": None, **facts, "delivery": state}
    if attempts is not None:
        facts["attempts"] = attempts
    for name, value in facts.items():
        setattr(message, name, value)
    message.save(update_fields=list(facts))
    record(kind, by=None, case=case, message=message, red=red, attempts=message.attempts, problem=message.problem)
    return message
