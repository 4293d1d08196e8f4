"""Opening a case."""

from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError

from helpdesk.cases.models import Case, Label, Priority, Status
from helpdesk.channels.models import Channel
from helpdesk.events.occasion import Again, current, occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.ids import case_number
from helpdesk.users.models import Agent, Group, Profile


@dataclass(frozen=True)
class Facts:
    """What may be said of a case when it is opened."""

    subject: str = ""
    priority: str = Priority.NORMAL
    group: Group | None = None
    assignee: Agent | None = None
    language: str = ""
    labels: tuple[Label, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    status: str = Status.OPEN


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
            language=facts.language,
            values=facts.values,
            status=facts.status,
        )
    except IntegrityError as error:
        # One in a thousand new numbers is taken once a million cases exist: begin again with another.
        raise Again from error
    if facts.labels:
        case.labels.set(facts.labels)
    current().hold(case)
    record("case.opened", by=by, case=case, profile=profile)
    return case
