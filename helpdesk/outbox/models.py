"""What must happen outside, in order, at least once. The row is the queue; whatever wakes us is only an alarm clock."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

CAP = 2  # lanes of one group that are worked on at a time, by all processes together, unless its endpoint says more
RAMP = timedelta(seconds=30)  # in which a recovered endpoint gets all its places back


class Lanes(models.QuerySet["Lane"]):
    def due(self, now: datetime) -> Self:
        """Those whose first unfinished job is due. Never asks whether it was tried before."""
        return self.filter(due_at__lte=now)

    def free(self, now: datetime) -> Self:
        """Those that nobody works on, or whose worker is gone."""
        return self.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))

    def leased(self, now: datetime) -> Self:
        return self.filter(lease_until__gt=now)


class Lane(models.Model):
    """A line of jobs that leave one after the other. `group` shares a cap on concurrent leases (an endpoint).

    sequence, last_public_id: of the newest job. due_at: of the first unfinished job, empty when there is
    none; written only with the row locked, by whoever adds a job, writes an outcome, retries or cancels.
    """

    key = models.CharField(max_length=200, unique=True)
    group = models.CharField(max_length=120, blank=True)
    sequence = models.PositiveBigIntegerField(default=0)
    last_public_id = models.CharField(max_length=60, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)

    objects = Lanes.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=("group", "lease_until"), name="lane_leased", condition=Q(lease_until__isnull=False)),
            models.Index(fields=("group", "due_at"), name="lane_due", condition=Q(due_at__isnull=False)),
        )

    def __str__(self) -> str:
        return self.key


class Condition(models.TextChoices):
    """How an endpoint is, the worst first."""

    PAUSED = "paused", _("paused")
    OPEN = "open", _("does not answer; tried now and then")
    ASKED = "asked", _("asked us to wait")
    FAILING = "failing", _("the last try failed")
    WELL = "well", _("well")


class Endpoints(models.QuerySet["Endpoint"]):
    def in_trouble(self) -> Self:
        """Those at which a success would change something, and those to which nothing may leave."""
        failing = Q(failing_since__isnull=False) | Q(open_since__isnull=False)
        return self.filter(failing | Q(not_before__isnull=False) | Q(paused_at__isnull=False))


class Endpoint(models.Model):
    """What the lanes of one group have in common: the other side, how it is, and how many may leave to it at a time.

    A group without a row is well and has the usual cap. not_before: nothing leaves earlier (it asked for that, or
    open_since: it failed so often that one try at a time finds out whether it is back; probes failed since then).
    failing_since, failed_at: the first and last failure after the last success; warned: what was said about it.
    timeouts: in a row. recovered_at: from then on places grow back to the cap; recover: its lanes wait no longer.
    """

    key = models.CharField(max_length=120, unique=True)
    cap = models.PositiveSmallIntegerField(default=CAP)
    paused_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    open_since = models.DateTimeField(null=True, blank=True)
    probes = models.PositiveIntegerField(default=0)
    timeouts = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    warned = models.PositiveSmallIntegerField(default=0)
    recovered_at = models.DateTimeField(null=True, blank=True)
    recover = models.BooleanField(default=False)

    objects = Endpoints.as_manager()

    def __str__(self) -> str:
        return self.key

    def condition(self, now: datetime) -> Condition:
        if self.paused_at:
            return Condition.PAUSED
        if self.open_since:
            return Condition.OPEN
        if self.not_before and self.not_before > now:
            return Condition.ASKED
        return Condition.FAILING if self.failing_since else Condition.WELL

    @property
    def in_trouble(self) -> bool:
        """Whether a success would change anything."""
        return bool(self.failing_since or self.open_since or self.not_before)

    def room(self, now: datetime) -> int:
        """How many of its lanes may be worked on at this moment, by all processes together."""
        if self.paused_at or (self.not_before and self.not_before > now):
            return 0
        if self.open_since:
            return 1
        if self.recovered_at is None or self.cap <= CAP:
            return self.cap
        grown = min((now - self.recovered_at) / RAMP, 1.0)
        return CAP + int((self.cap - CAP) * max(grown, 0.0))


class State(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    PARKED = "parked", _("parked")
    CANCELLED = "cancelled", _("cancelled")


class Job(models.Model):
    """One thing to do.

    sequence: gapless number in its lane, from 1. body: facts for the kind. payload: bytes frozen at creation.
    public_id: what the outside sees (`msg_` + UUIDv7), for ever the same. due_at: not before.
    attempts: tries with an outcome; refusals: those among them that the receiver refused. starts is written
    before each try and set to `attempts` with each outcome, so that a job that kills its process is found
    out.
    """

    lane = models.ForeignKey(Lane, models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    sequence = models.PositiveBigIntegerField()
    public_id = models.CharField(max_length=60, unique=True)
    body = models.JSONField(default=dict)
    payload = models.BinaryField(null=True)
    case_id = models.BigIntegerField(null=True, blank=True)
    message_id = models.BigIntegerField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    refusals = models.PositiveIntegerField(default=0)
    starts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    facts: Any = None  # what the kind read for the try that comes; never stored

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=("lane", "id"), name="job_head", condition=Q(state="waiting")),
            models.Index(fields=("id",), name="job_parked", condition=Q(state="parked")),
            models.Index(fields=("message_id",), name="job_message"),
        )
        constraints = (models.UniqueConstraint(fields=("lane", "sequence"), name="job_sequence"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class Attempt(models.Model):
    """One try of a job: when, how long (seconds), where to, what came back, and which process did it.

    group: of its lane, for the log of an endpoint.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="tries")
    group = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=300, blank=True)
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    ok = models.BooleanField()
    status = models.PositiveIntegerField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)
    head = models.TextField(blank=True)
    worker = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("group", "started_at"), name="attempt_group", condition=~Q(group="")),)

    def __str__(self) -> str:
        return f"{self.job_id}.{self.number}"


class Heartbeat(models.Model):
    """When a pump or worker was last alive, for health pages; also when a rare task was last done."""

    name = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
