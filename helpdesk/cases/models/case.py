"""A case: what one customer wants, from the first message to closed. It belongs to its profile for ever."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Channel
from helpdesk.users.models import Agent, Group, Person, Profile


class Status(models.TextChoices):
    OPEN = "open", _("open")
    PENDING = "pending", _("pending")
    CLOSED = "closed", _("closed")


class Priority(models.TextChoices):
    LOW = "low", _("low")
    NORMAL = "normal", _("normal")
    HIGH = "high", _("high")
    CRITICAL = "critical", _("critical")


class Via(models.TextChoices):
    """How a case came to be."""

    CHANNEL = "channel", _("a message in a channel")
    WIDGET = "widget", _("the chat widget")
    API = "api", _("the API")
    AGENT = "agent", _("an agent")
    RULE = "rule", _("a rule")


class Label(models.Model):
    title = models.CharField(_("title"), max_length=80, unique=True)

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title


class Cases(models.QuerySet["Case"]):
    """Questions about cases that read as English."""

    def visible_to(self, agent: Agent) -> Self:
        """Admins see all; others the cases of their channels whose group is theirs, none, or that are theirs."""
        if not agent.is_active:
            return self.none()
        if agent.is_admin:
            return self
        mine = Q(group__isnull=True) | Q(group__in=agent.groups.values("pk")) | Q(assignee=agent)
        return self.filter(mine, channel__in=agent.channels.values("pk"))

    def whole(self) -> Self:
        """Without those that were merged into another."""
        return self.filter(merged_into__isnull=True)

    def open(self) -> Self:
        return self.filter(status=Status.OPEN)

    def pending(self) -> Self:
        return self.filter(status=Status.PENDING)

    def active(self) -> Self:
        return self.filter(active=True)

    def awake(self) -> Self:
        """Without those that were put off until later."""
        return self.filter(snoozed_until__isnull=True)

    def snoozed(self) -> Self:
        return self.filter(snoozed_until__isnull=False)

    def at_hand(self) -> Self:
        """What an agent has to look at: open cases that nobody has put off, and chats that are running."""
        return self.filter(Q(status=Status.OPEN, snoozed_until__isnull=True) | Q(active_chat=True), active=True)

    def chats(self) -> Self:
        return self.filter(active_chat=True)

    def of_person(self, person: Person) -> Self:
        return self.filter(profile__person=person)

    def of_customer(self, profile: Profile, *, signed_in: bool) -> Self:
        """What the customer behind a profile may see: signed in, the cases of all profiles of the person."""
        return self.filter(profile__in=profile.known_as(signed_in=signed_in))

    def newest(self) -> Self:
        return self.order_by("-last_activity_at", "-id")

    def for_list(self) -> Self:
        return self.select_related("profile__person", "channel", "assignee", "group")


class Case(models.Model):
    """active: stored condition "an agent could still have to do something": open or pending, and not merged.

    active_chat: a synchronous conversation is running; chat_ends_at: when silence will end it; chat_agent: whose tab.
    last_*: facts of the last public message, for lists. values: {custom field key: value}. reopened: how often it went
    back from closed to open or pending.
    """

    number = models.CharField(max_length=12, unique=True)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="cases")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="cases")
    subject = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    priority = models.CharField(max_length=8, choices=Priority, default=Priority.NORMAL)
    group = models.ForeignKey(Group, models.SET_NULL, null=True, blank=True, related_name="cases")
    assignee = models.ForeignKey(Agent, models.SET_NULL, null=True, blank=True, related_name="cases")
    labels = models.ManyToManyField(Label, blank=True, related_name="cases")
    language = models.CharField(max_length=12, blank=True)
    values = models.JSONField(default=dict, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)
    active_chat = models.BooleanField(default=False)
    chat_ends_at = models.DateTimeField(null=True, blank=True)
    chat_agent = models.ForeignKey(Agent, models.SET_NULL, null=True, blank=True, related_name="chats")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    status_at = models.DateTimeField(default=timezone.now)
    last_activity_at = models.DateTimeField(default=timezone.now)
    last_message_id = models.BigIntegerField(null=True, blank=True)
    last_message_by = models.CharField(max_length=8, blank=True)
    last_message_text = models.CharField(max_length=160, blank=True)
    last_customer_at = models.DateTimeField(null=True, blank=True)
    last_answer_at = models.DateTimeField(null=True, blank=True)
    messages_count = models.PositiveIntegerField(default=0)
    via = models.CharField(max_length=12, choices=Via, default=Via.CHANNEL)
    assigned_at = models.DateTimeField(null=True, blank=True)
    reopened = models.PositiveIntegerField(default=0)
    # The last one that the customer gave, from 1 to 5.
    rating = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = Cases.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=("-last_activity_at", "-id"), name="case_newest"),
            models.Index(fields=("status", "-last_activity_at", "-id"), name="case_status"),
            models.Index(fields=("assignee", "-last_activity_at", "-id"), name="case_assignee"),
            models.Index(
                fields=("channel", "-last_activity_at", "-id"), name="case_active_channel", condition=Q(active=True)
            ),
            models.Index(
                fields=("group", "-last_activity_at", "-id"), name="case_active_group", condition=Q(active=True)
            ),
            models.Index(fields=("profile", "-id"), name="case_profile"),
            models.Index(fields=("chat_ends_at",), name="case_silence", condition=Q(active_chat=True)),
            models.Index(fields=("closed_at",), name="case_closed", condition=Q(closed_at__isnull=False)),
            models.Index(fields=("snoozed_until",), name="case_snoozed", condition=Q(snoozed_until__isnull=False)),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def title(self) -> str:
        """What a list shows: the subject, or the start of the last message."""
        return self.subject or self.last_message_text
