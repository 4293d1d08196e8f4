"""What happened, one row each: timeline, audit log, cursor of the live feed and trigger of everything else."""

from typing import Any

from django.db import models
from django.utils import timezone

from helpdesk.events.columns import TransactionIdField


class Event(models.Model):
    """One thing that happened. Ids are plain numbers: the log outlives what it tells about.

    actor_kind: agent | profile | rule | desk. via: the edge it came through (inbox, api, widget, channel, timer …).
    cause_id: the event that caused this one. red: somebody has to look at it.
    """

    kind = models.CharField(max_length=60)
    case_id = models.BigIntegerField(null=True, blank=True)
    message_id = models.BigIntegerField(null=True, blank=True)
    profile_id = models.BigIntegerField(null=True, blank=True)
    person_id = models.BigIntegerField(null=True, blank=True)
    actor_kind = models.CharField(max_length=12, default="desk")
    actor_id = models.BigIntegerField(null=True, blank=True)
    via = models.CharField(max_length=12, blank=True)
    cause_id = models.BigIntegerField(null=True, blank=True)
    occasion = models.UUIDField()
    red = models.BooleanField(default=False)
    data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    tx = TransactionIdField()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=("case_id", "id"), name="event_case"),
            models.Index(fields=("profile_id", "kind", "id"), name="event_profile_kind"),
            models.Index(fields=("person_id", "kind", "id"), name="event_person_kind"),
            models.Index(fields=("tx", "id"), name="event_cursor"),
            models.Index(fields=("id",), name="event_red", condition=models.Q(red=True)),
        )

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def actor(self) -> tuple[str, int | None]:
        """Who stands behind what this event causes: the same actor, or the rule that fired."""
        if self.kind == "rule.fired":
            return "rule", self.data.get("rule")
        return self.actor_kind, self.actor_id

    def get(self, name: str, default: Any = None) -> Any:
        return self.data.get(name, default)
