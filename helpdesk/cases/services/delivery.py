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
    return _one(Report(message_id, Delivery.DELIVERED, attempts))


def read(message_id: int) -> Message:
    """The customer has read it, says the channel."""
    return _one(Report(message_id, Delivery.READ))


def retrying(message_id: int, *, attempts: int, at: datetime, problem: str) -> Message:
    return _one(Report(message_id, Delivery.RETRYING, attempts, problem, at))


def refused(message_id: int, *, attempts: int, problem: str) -> Message:
    return _one(Report(message_id, Delivery.REFUSED, attempts, problem))


def failed(message_id: int, *, attempts: int, problem: str) -> Message:
    return _one(Report(message_id, Delivery.FAILED, attempts, problem))


def switched_off(message_id: int, *, problem: str) -> Message:
    return _one(Report(message_id, Delivery.OFF, None, problem))


@occasion
def _one(told: Report) -> Message:
    report([told])
    return Message.objects.get(pk=told.message_id)


@occasion
def report(reports: Sequence[Report]) -> None:
    """What became of several answers, in one go: by values and not by rows, since it happens so often."""
    ids = [each.message_id for each in reports]
    known = {each.case_id for each in reports if each.case_id}
    unknown = [each.message_id for each in reports if not each.case_id]
    if unknown:
        known.update(Message.objects.filter(pk__in=unknown).values_list("case_id", flat=True))
    cases = {case.pk: case for case in holding.hold_all(known)}
    rows = Message.objects.filter(pk__in=ids).order_by().values_list("pk", "case_id", "delivery", "attempts")
    stored = {pk: (case_id, delivery, attempts) for pk, case_id, delivery, attempts in rows}
    moved = [(each, *stored[each.message_id]) for each in reports]
    moved = [one for one in moved if one[2] not in FINAL]
    _save([each for each, *_ in moved], timezone.now())
    record_all([_event(each, cases[case_id], attempts) for each, case_id, _, attempts in moved])


def _save(reports: Sequence[Report], now: datetime) -> None:
    """One UPDATE for all that got the same values."""
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for each in reports:
        alike[each.state, each.problem, each.at, each.attempts].append(each.message_id)
    for (state, problem, at, attempts), ids in alike.items():
        values: dict[str, Any] = {"delivery": state, "problem": problem, "next_try_at": at}
        if attempts is not None:
            values["attempts"] = attempts
        if state == Delivery.DELIVERED:
            values["delivered_at"] = now
        Message.objects.filter(pk__in=ids).update(**values)


def _event(each: Report, case: Case, attempts: int) -> Event:
    """attempts: as they were stored before."""
    return event(
        EVENTS[each.state],
        by=None,
        case=case,
        message=Message(pk=each.message_id),
        red=each.state in RED,
        attempts=attempts if each.attempts is None else each.attempts,
        problem=each.problem,
    )
