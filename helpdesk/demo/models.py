"""What Acme, the company of the demo, keeps of its own: a messenger and the accounts of its customers."""

from typing import Any, Self

from django.db import models
from django.utils import timezone


class Account(models.Model):
    """A customer of Acme, as Acme's own database knows them."""

    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField()
    tariff = models.CharField(max_length=40)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


class Phone(models.Model):
    """A phone with Acme's messenger on it. `login` is what the helpdesk gets to know: `user_custom_id`."""

    login = models.CharField(max_length=60, unique=True)
    owner = models.CharField(max_length=60)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.owner

    @property
    def hue(self) -> int:
        """Which of the six colours the style sheet has for faces."""
        return (self.pk or 0) % 6


class State(models.TextChoices):
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    RECEIVED = "received"


class Bubbles(models.QuerySet["Bubble"]):
    def of(self, phone: Phone) -> Self:
        return self.filter(phone=phone).order_by("at", "id")

    def received(self) -> Self:
        return self.filter(state=State.RECEIVED)


class Bubble(models.Model):
    """One message on a phone.

    Sent: `key` is its own id, the `external_id` of the API, so that a repetition is the same message.
    Received: `key` is the `webhook-id`; `facts` is the object of the webhook; `copies` how often it came.
    """

    phone = models.ForeignKey(Phone, models.CASCADE, related_name="bubbles")
    key = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.SENDING)
    text = models.TextField()
    problem = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    case_id = models.BigIntegerField(null=True)
    sequence = models.PositiveBigIntegerField(default=0)
    tries = models.PositiveIntegerField(default=1)
    copies = models.PositiveIntegerField(default=1)
    latency = models.FloatField(null=True)
    at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)

    objects = Bubbles.as_manager()

    class Meta:
        ordering = ("at", "id")
        indexes = (models.Index(fields=("phone", "at", "id"), name="bubble_thread"),)

    def __str__(self) -> str:
        return self.text[:40]

    @property
    def mine(self) -> bool:
        return self.state != State.RECEIVED

    @property
    def writer(self) -> str:
        """Whose words these are, for the badge on the bubble: rule, api or agent."""
        if self.facts.get("sent_via_rule"):
            return "rule"
        return "api" if self.facts.get("b_from_api") else "agent"

    @property
    def took(self) -> str:
        """From the desk's transaction to this phone, for people."""
        seconds = max(self.latency or 0, 0)
        return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


class Call(models.Model):
    """One HTTP call between Acme and the helpdesk, as Acme saw it. seconds: how long it took."""

    phone = models.ForeignKey(Phone, models.CASCADE, null=True, related_name="calls")
    incoming = models.BooleanField()
    line = models.CharField(max_length=200)
    status = models.PositiveIntegerField()
    seconds = models.FloatField(null=True)
    webhook_id = models.CharField(max_length=80, blank=True, db_index=True)
    verified = models.BooleanField(null=True)
    note = models.CharField(max_length=200, blank=True)
    headers = models.JSONField(default=dict)
    asked = models.TextField(blank=True)
    answered = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.line} {self.status}"

    @property
    def ms(self) -> int | None:
        return None if self.seconds is None else round(self.seconds * 1000)

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


class Outage(models.Model):
    """While the newest row lasts, the receiver answers 503: to watch what the helpdesk does then."""

    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.until}"

    @classmethod
    def left(cls) -> int:
        """Seconds until the receiver works again, 0 if it does."""
        last: Any = cls.objects.order_by("-id").first()
        return max(0, round((last.until - timezone.now()).total_seconds())) if last else 0
