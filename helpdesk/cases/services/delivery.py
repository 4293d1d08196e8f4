"""How far an answer got. Reported by the outbox, by transports, and by the channel itself."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from helpdesk.cases.models import Case, Delivery, Message
from helpdesk.cases.services import holding
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.events.services import event, record_all

# A receipt that comes late never moves a message back.
FINAL = {Delivery.READ}
RED = {Delivery.REFUSED, Delivery.FAILED, Delivery.OFF}
EVENTS = {
    Delivery.DELIVERED: "message.delivered",
    Delivery.READ: "message.read",
    Delivery.RETRYING: "message.retrying",
    Delivery.REFUSED: "message.refused",
    Delivery.FAILED: "message.failed",
    Delivery.OFF: "message.failed",
}
WRITTEN = ("delivery", "problem", "next_try_at", "attempts", "delivered_at")


@dataclass(frozen=True)
class Report:
    """What became of one answer. attempts: how many tries; None where that is not known. at: of the next try.

    case_id: of the message, from who knows it.
    """

    message_id: int
    state: Delivery
    attempts: int | None = None
    problem: str = ""
    at: datetime | None = None
    case_id: int | None = None


def sending(message_ids: Iterable[int]) -> None:
    """These are on their way at this moment. No event: what becomes of it is told in a moment."""
    waiting = Message.objects.filter(pk__in=list(message_ids), delivery__in=(Delivery.QUEUED, Delivery.RETRYING))
    waiting.update(delivery=Delivery.SENDING)


def delivered(message_id: int, *, attempts: int = 0) -> Message:
    """The channel has it: attempts tells at which try."""
    return report([Report(message_id, Delivery.DELIVERED, attempts)])[0]


def read(message_id: int) -> Message:
    """The customer has read it, says the channel."""
    return report([Report(message_id, Delivery.READ)])[0]


def retrying(message_id: int, *, attempts: int, at: datetime, problem: str) -> Message:
    return report([Report(message_id, Delivery.RETRYING, attempts, problem, at)])[0]


def refused(message_id: int, *, attempts: int, problem: str) -> Message:
    return report([Report(message_id, Delivery.REFUSED, attempts, problem)])[0]


def failed(message_id: int, *, attempts: int, problem: str) -> Message:
    return report([Report(message_id, Delivery.FAILED, attempts, problem)])[0]


def switched_off(message_id: int, *, problem: str) -> Message:
    return report([Report(message_id, Delivery.OFF, None, problem)])[0]


@occasion
def report(reports: Sequence[Report]) -> list[Message]:
    """What became of several answers, in one go. Gives their messages, in the same order."""
    ids = [each.message_id for each in reports]
    known = {each.case_id for each in reports if each.case_id}
    unknown = [each.message_id for each in reports if not each.case_id]
    if unknown:
        known.update(Message.objects.filter(pk__in=unknown).values_list("case_id", flat=True))
    cases = {case.pk: case for case in holding.hold_all(known)}
    messages = Message.objects.defer("text", "html").in_bulk(ids)
    moved = [each for each in reports if messages[each.message_id].delivery not in FINAL]
    now = timezone.now()
    for each in moved:
        _move(messages[each.message_id], each, now)
    _save([messages[each.message_id] for each in moved])
    record_all([_event(each, messages[each.message_id], cases) for each in moved])
    return [messages[each.message_id] for each in reports]


def _move(message: Message, each: Report, now: datetime) -> None:
    message.delivery, message.problem, message.next_try_at = each.state, each.problem, each.at
    if each.attempts is not None:
        message.attempts = each.attempts
    if each.state == Delivery.DELIVERED:
        message.delivered_at = now


def _save(messages: Sequence[Message]) -> None:
    """One UPDATE for all that got the same values."""
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for message in messages:
        alike[tuple(getattr(message, name) for name in WRITTEN)].append(message.pk)
    for values, ids in alike.items():
        Message.objects.filter(pk__in=ids).update(**dict(zip(WRITTEN, values, strict=True)))


def _event(each: Report, message: Message, cases: dict[int, Case]) -> Event:
    return event(
        EVENTS[each.state],
        by=None,
        case=cases[message.case_id],
        message=message,
        red=each.state in RED,
        attempts=message.attempts,
        problem=message.problem,
    )
