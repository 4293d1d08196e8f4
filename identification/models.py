"""Codes, keys, and the brakes on guessing."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Level, Widget
from helpdesk.lib.crypto import EncryptedTextField
from helpdesk.users.models import Profile


class Code(models.Model):
    """A code for one account, five minutes, once. hash: keyed; the code itself is never stored.

    profile: the account's own address. payload: user data to store when it is redeemed (JSON, encrypted).
    level: what a redemption is worth: 3, or 2 when made from page data that the admin trusts.
    """

    hash = models.CharField(max_length=64, unique=True)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="codes")
    widget = models.ForeignKey(Widget, models.SET_NULL, null=True, blank=True)
    payload = EncryptedTextField(blank=True, default="")
    level = models.PositiveSmallIntegerField(choices=Level, default=Level.PROVEN)
    method = models.CharField(max_length=8, default="api")
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


class Brake(models.Model):
    """Counts against one key (a profile, the whole desk) in a window; says until when nothing is tried."""

    key = models.CharField(max_length=80, unique=True)
    failures = models.PositiveIntegerField(default=0)
    window_started_at = models.DateTimeField(default=timezone.now)
    locks = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key


class Algorithm(models.TextChoices):
    HS256 = "HS256", _("HS256 (shared secret)")


class SigningKey(models.Model):
    """A key whose tokens we believe. kid: in the token's header; algorithm: the key's, never the token's."""

    kid = models.CharField(_("kid in the token’s header"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=120)
    algorithm = models.CharField(_("algorithm"), max_length=8, choices=Algorithm, default=Algorithm.HS256)
    secret = EncryptedTextField(editable=False, blank=True, default="")
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")

    def __str__(self) -> str:
        return f"{self.title} ({self.kid})"


class TokenRefusal(models.Model):
    """Why a widget's visitors were refused, for its page in the admin. A row per widget, reason and hour."""

    widget = models.ForeignKey(Widget, models.CASCADE, related_name="refusals")
    reason = models.CharField(max_length=20)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("widget", "reason", "hour"), name="one_refusal_row_per_hour"),)

    def __str__(self) -> str:
        return self.reason
