"""Codes, what they propose, and the brakes on guessing."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Level, Widget
from helpdesk.lib.crypto import EncryptedTextField
from helpdesk.users.models import Profile


class Code(models.Model):
    """A code for one account, five minutes, once. hash: keyed; the code itself is never stored.

    profile: the account's own address. payload: user data to store when it is redeemed (JSON, encrypted).
    level: what a redemption is worth: 3, or 2 when made from page data that the admin trusts. sessions: keyed hashes
    of the site's sessions whose token it was made with (`revoking`).
    """

    hash = models.CharField(max_length=64, unique=True)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="codes")
    widget = models.ForeignKey(Widget, models.SET_NULL, null=True, blank=True)
    payload = EncryptedTextField(blank=True, default="")
    level = models.PositiveSmallIntegerField(choices=Level, default=Level.PROVEN)
    method = models.CharField(max_length=8, default="api")
    sessions = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(Profile, models.SET_NULL, null=True, blank=True, related_name="+")
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("profile", "used_at"), name="code_profile"),
            models.Index(fields=("expires_at",), name="code_unused", condition=models.Q(used_at=None)),
        )

    def __str__(self) -> str:
        return f"code #{self.pk}"


class Proposal(models.Model):
    """A code that was sent where the widget asks for confirmation: who wants to be linked, and what came of it.

    profile: who sent it, in which case and message (plain numbers).
    """

    class State(models.TextChoices):
        OPEN = "open", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("expired")

    code = models.OneToOneField(Code, models.PROTECT, related_name="proposal")
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="+")
    case_id = models.BigIntegerField(null=True, blank=True)
    message_id = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("expires_at",), name="proposal_open", condition=models.Q(state="open")),)

    def __str__(self) -> str:
        return f"proposal #{self.pk}"


class Brake(models.Model):
    """Counts against one key (a profile, the whole desk) in a window; says until when nothing is tried."""

    key = models.CharField(max_length=80, unique=True)
    failures = models.PositiveIntegerField(default=0)
    window_started_at = models.DateTimeField(default=timezone.now)
    locks = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key
