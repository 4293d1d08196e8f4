"""What a merge, split or link would do, as it was shown to an agent."""

from django.db import models
from django.utils import timezone

from helpdesk.users.models.agents import Agent
from helpdesk.users.models.people import Operation


class Plan(models.Model):
    """A plan of one agent. hash: of what was asked, by whom, and of all that the outcome depends on.

    asked: {"into": person, "people": [..]} or {"profiles": [..]} or {"profile": .., "account": ..}. body: as shown.
    operation: what came of it.
    """

    hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=10)
    asked = models.JSONField(default=dict)
    body = models.JSONField(default=dict)
    actor = models.ForeignKey(Agent, models.CASCADE, related_name="plans")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    operation = models.ForeignKey(Operation, models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.kind} {self.hash[:8]}"
