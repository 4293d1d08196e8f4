"""Opening a case."""

from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from helpdesk.cases.models import Case, Label, Priority, Status, Via
from helpdesk.channels.models import Channel
from helpdesk.events.occasion import Again, current, edge, occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.ids import case_number
from helpdesk.users.models import Agent, Group, Profile


@dataclass(frozen=True)
class Facts:
    """What may be said of a case when it is opened. via: how it came to be, where who opens it does not say so."""

    subject: str = ""
    priority: str = Priority.NORMAL
    group: Group | None = None
    assignee: Agent | None = None
    language: str = ""
    labels: tuple[Label, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    status: str = Status.OPEN
    via: str = ""


@occasion
def open_case(profile: Profile, channel: Channel, *, by: Actor | None, facts: Facts | None = None) -> Case:
    """A new case of this profile, without a message yet. The profile is held."""
    facts = facts or Facts()
    try:
        case = Case.objects.create(
            number=case_number(),
            profile=profile,
            channel=channel,
            subject=facts.subject,
            priority=facts.priority,
            group=facts.group,
            assignee=facts.assignee,
            assigned_at=timezone.now() if facts.assignee else None,
            language=facts.language,
            values=facts.values,
            status=facts.status,
            via=facts.via or _via(by),
        )
    except IntegrityError as error:
        # One in a thousand new numbers is taken once a million cases exist: begin again with another.
        raise Again from error
    if facts.labels:
        case.labels.set(facts.labels)
    current().hold(case)
    record("case.opened", by=by, case=case, profile=profile)
    return case


def _via(by: Actor | None) -> Via:
    """How a case came to be. What a channel's server writes for a customer comes by the API, and by the channel."""
    kind = by.actor[0] if by is not None else ""
    if kind == "agent":
        return Via.API if edge() == "api" else Via.AGENT
    if kind == "rule":
        return Via.RULE
    return Via.WIDGET if edge() == "widget" else Via.CHANNEL
