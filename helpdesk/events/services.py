"""Recording what happened."""

from typing import Any, Protocol

from django.db import models

from helpdesk.events.kinds import EVENTS
from helpdesk.events.models import Event
from helpdesk.events.occasion import current, edge


class Actor(Protocol):
    """Whoever acts: an agent, a profile, or the event that caused it."""

    @property
    def actor(self) -> tuple[str, int | None]: ...


def record(
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
    """Writes down what happened, in the occasion under way. by=None: the desk itself.

    data: JSON values that the kind's sentence names. Raises UnknownKey for a kind nobody declared.
    """
    EVENTS.get(kind)
    it = current()
    actor_kind, actor_id = by.actor if by is not None else ("desk", None)
    event = Event.objects.create(
        kind=kind,
        case_id=case.pk if case else None,
        message_id=message.pk if message else None,
        profile_id=profile.pk if profile else None,
        person_id=person.pk if person else None,
        actor_kind=actor_kind,
        actor_id=actor_id,
        via="rule" if actor_kind == "rule" else edge(),
        cause_id=by.pk if isinstance(by, Event) else None,
        occasion=it.id,
        red=red,
        data=data,
    )
    it.events.append(event)
    return event
