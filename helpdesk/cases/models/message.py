"""What was said in a case, and how far it got."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models.case import Case
from helpdesk.channels.models import Channel, Level
from helpdesk.users.models import Agent, Profile


class Author(models.TextChoices):
    PROFILE = "profile", _("customer")
    AGENT = "agent", _("agent")
    RULE = "rule", _("rule")
    DESK = "desk", _("desk")


class Delivery(models.TextChoices):
    """How far an answer got. NONE: nothing has to be delivered (a customer's message, a note)."""

    NONE = "none", _("not to be delivered")
    QUEUED = "queued", _("queued")
    SENDING = "sending", _("sending")
    DELIVERED = "delivered", _("delivered")
    READ = "read", _("read")
    RETRYING = "retrying", _("will be tried again")
    REFUSED = "refused", _("refused by the receiver")
    FAILED = "failed", _("failed")
    OFF = "off", _("the channel is switched off")
    CANCELLED = "cancelled", _("not sent, as an agent wished")


class Messages(models.QuerySet["Message"]):
    def visible_to(self, agent: Agent) -> Self:
        """The messages of the cases that this agent may see."""
        return self.filter(case__in=Case.objects.visible_to(agent))

    def public(self) -> Self:
        return self.filter(note=False)

    def of_customer(self, profile: Profile, *, signed_in: bool) -> Self:
        """What was said by and to the customer behind a profile, and nothing of others in the same case."""
        mine = list(profile.known_as(signed_in=signed_in).values_list("pk", flat=True))
        return self.public().filter(Q(profile__in=mine) | Q(to__in=mine))

    def in_order(self) -> Self:
        return self.order_by("created_at", "id")


class Message(models.Model):
    """One message or note. text is what was typed; html is cleaned. level: how sure we were of its author then.

    external_id: the sender's own id, unique with the writing profile; of an agent's answers and notes, in the case.
    to: whom an answer is for; it leaves by `channel` only. rule_id: which rule wrote it.
    delivery, attempts, next_try_at, delivered_at, problem: the state on the bubble.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="messages")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="messages")
    author = models.CharField(max_length=8, choices=Author)
    profile = models.ForeignKey(Profile, models.PROTECT, null=True, blank=True, related_name="messages")
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, blank=True, related_name="messages")
    to = models.ForeignKey(Profile, models.PROTECT, null=True, blank=True, related_name="answers")
    rule_id = models.BigIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    note = models.BooleanField(default=False)
    from_api = models.BooleanField(default=False)
    level = models.PositiveSmallIntegerField(choices=Level, default=Level.ANONYMOUS)
    # Null, not empty, keeps it out of the constraint.
    external_id = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    delivery = models.CharField(max_length=10, choices=Delivery, default=Delivery.NONE)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = Messages.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("profile", "external_id"),
                condition=Q(external_id__isnull=False),
                name="one_message_per_external_id",
            ),
            models.UniqueConstraint(
                fields=("case", "agent", "note", "external_id"),
                condition=Q(external_id__isnull=False, profile__isnull=True),
                name="one_answer_per_external_id",
            ),
        )
        indexes = (
            models.Index(fields=("case", "created_at", "id"), name="message_case"),
            models.Index(fields=("created_at",), name="message_time"),
        )

    def __str__(self) -> str:
        return self.text[:60]


def upload_path(attachment: "Attachment", name: str) -> str:
    return f"attachments/{attachment.token.hex[:2]}/{attachment.token.hex}"


class Attachment(models.Model):
    """A file of a message, stored under a random name; `name` is data only. state: ready | fetching | failed."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    token = models.UUIDField(default=uuid.uuid4, unique=True)
    file = models.FileField(upload_to=upload_path, blank=True, max_length=200)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(default=0)
    mime = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=8, default="ready")
    source_url = models.TextField(blank=True)
    problem = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name
