"""User-data look-ups: where the company's own user database is asked, and what it said."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Channel, Widget
from helpdesk.lib.crypto import EncryptedTextField
from helpdesk.users.models import Profile


class LookUp(models.Model):
    """How to ask for the data of one user, for one widget or one custom channel.

    url: with `{id}`, or without, then `?id=` is added. headers: JSON {name: value}, encrypted, never shown again.
    mapping: [{"path": "plan.name", "field": key of a user field}], beside the names that everybody uses. whom: nobody
    is asked for until the admin has chosen. cache_seconds: how long an answer is good; for half of it a 404.
    changed_at: answers to earlier settings are old, however new they are.
    """

    class Whom(models.TextChoices):
        SIGNED = "signed", _("only visitors whose id is signed or vouched for")
        ALL = "all", _("all ids, also those that the page's script tells")

    widget = models.OneToOneField(Widget, models.CASCADE, null=True, blank=True, related_name="look_up")
    channel = models.OneToOneField(Channel, models.CASCADE, null=True, blank=True, related_name="look_up")
    active = models.BooleanField(_("active"), default=False)
    url = models.CharField(_("address"), max_length=500, help_text=_("As https://api.example.com/users/{id}"))
    headers = EncryptedTextField(blank=True, default="", editable=False)
    whom = models.CharField(_("for whom"), max_length=8, choices=Whom, blank=True, default="")
    cache_seconds = models.PositiveIntegerField(_("an answer is good for (seconds)"), default=3600)
    mapping = models.JSONField(_("further fields"), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("user data look-up")
        verbose_name_plural = _("API Integration")  # as site owners look for it
        constraints = (
            models.CheckConstraint(
                condition=Q(widget=None, channel__isnull=False) | Q(widget__isnull=False, channel=None),
                name="look_up_of_one_place",
            ),
        )

    def __str__(self) -> str:
        return str(self.widget or self.channel)


class LookUpResult(models.Model):
    """One answer, or why there was none. The last one of a profile says how good its data is.

    outcome: what the visitor's data is now; error: in plain words; names: of what changed.
    """

    class Outcome(models.TextChoices):
        UPDATED = "updated", _("updated")
        UNCHANGED = "unchanged", _("nothing new")
        NOT_FOUND = "not_found", _("not known there")
        REFUSED = "refused", _("refused: check the headers")
        FAILED = "failed", _("failed")

    look_up = models.ForeignKey(LookUp, models.CASCADE, related_name="results")
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    bytes = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome)
    error = models.CharField(max_length=300, blank=True)
    names = models.JSONField(default=list, blank=True)
    asked_by = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("profile", "-id"), name="look_up_profile"),
            models.Index(fields=("look_up", "-id"), name="look_up_log"),
            models.Index(fields=("at",), name="look_up_at"),
        )

    def __str__(self) -> str:
        return f"{self.outcome} #{self.pk}"
