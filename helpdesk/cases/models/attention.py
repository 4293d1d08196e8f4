"""What asks an agent to look at a case, and whose turn it is."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models.case import Case
from helpdesk.cases.models.message import Message
from helpdesk.users.models import Agent


class Mention(models.Model):
    """An agent who was named in a note."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="mentions")
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="mentions")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("message", "agent"), name="one_mention_per_agent"),)

    def __str__(self) -> str:
        return f"{self.agent_id} in {self.message_id}"


class Reason(models.TextChoices):
    """Why an agent is to look at a case."""

    MENTION = "mention", _("You were mentioned")
    RULE = "rule", _("A rule asks you to look")


class Notifications(models.QuerySet["Notification"]):
    def visible_to(self, agent: Agent) -> Self:
        """An agent's own, as far as the agent may still see the case."""
        return self.filter(agent=agent, case__in=Case.objects.visible_to(agent))

    def unread(self) -> Self:
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """A line for one agent: somebody named them, or a rule wants them to look.

    kind: a Reason. event_id: what told it. text may hold a customer's words. read_at is set from the beginning
    where it was told by mail only.
    """

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="notifications")
    case = models.ForeignKey(Case, models.PROTECT, related_name="notifications")
    kind = models.CharField(max_length=20)
    text = models.CharField(max_length=500)
    event_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = Notifications.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("agent", "-id"), name="notification_agent"),
            models.Index(fields=("agent", "-id"), name="notification_unread", condition=Q(read_at__isnull=True)),
        )

    def __str__(self) -> str:
        return self.text

    @property
    def reason(self) -> str:
        """Why, in words."""
        return str(Reason(self.kind).label)


class Turn(models.Model):
    """Who got the last case of those that are given out in turn. key: among whom."""

    key = models.CharField(max_length=100, unique=True)
    last = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return self.key
