"""Recording what happened."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.db import models

from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.events.occasion import current, edge


class Actor(Protocol):
    """Whoever acts: an agent, a profile, or the event that caused it."""

    @property
    def actor(self) -> tuple[str, int | None]: ...


def record(kind: str, *, by: Actor | None, **about: Any) -> Event:
    """Writes down what happened, in the occasion under way. by=None: the desk itself. about: as in `event`.

    Raises UnknownKey for a kind nobody declared.
    """
    made = event(kind, by=by, **about)
    made.save(force_insert=True)
    current().events.append(made)
    return made


def record_all(events: Sequence[Event]) -> None:
    """Writes several down at once, in order."""
    Event.objects.bulk_create(events)
    current().events.extend(events)


def event(
    kind: str,
    *,
    by: Actor | None,
    case: models.Model | None = None,
    message: models.Model | None = None,
    profile: models.Model | None = None,
    person: models.Model | None = None,
    red: bool = False,
    **data: Any,
) -> Event:
    """What happened, not yet written. data: JSON values that the kind's sentence names."""
    EVENTS.get(kind)
    actor_kind, actor_id = by.actor if by is not None else ("desk", None)
    return Event(
        kind=kind,
        case_id=case.pk if case else None,
        message_id=message.pk if message else None,
        profile_id=profile.pk if profile else None,
        person_id=person.pk if person else None,
        actor_kind=actor_kind,
        actor_id=actor_id,
        via="rule" if actor_kind == "rule" else edge(),
        cause_id=by.pk if isinstance(by, Event) else None,
        occasion=current().id,
        red=red,
        data=data,
    )
