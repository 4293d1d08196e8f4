"""Channels that the customer's own software serves."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from channels_custom import headers
from helpdesk.channels.models import Channel
from helpdesk.lib import egress
from helpdesk.lib.crypto import EncryptedTextField


class BodyFormat(models.TextChoices):
    JSON = "json", _("JSON")
    FORM = "form", _("form fields, PHP style")


class Also(models.TextChoices):
    """What a channel can be told besides answers; the value is the `type` of the webhook."""

    MESSAGE_STATUS = "message_status", _("an answer that could not be delivered, or was cancelled")
    CASE_CLOSED = "case_closed", _("a case that was closed")
    USER_MERGED = "user_merged", _("a user who was recognised as the same person as another profile")


class CustomChannel(Channel):
    """A channel whose answers we POST to `webhook_url`, signed with `secret` (and `old_secret` during rotation).

    headers: the customer's own, checked by `headers.parsed`. also_sends: values of Also.
    """

    channel_ptr = models.OneToOneField(Channel, models.CASCADE, parent_link=True, primary_key=True)
    webhook_url = models.CharField(
        _("Webhook URL"), max_length=2048, blank=True, help_text=_("The address that all agents' answers go to.")
    )
    body_format = models.CharField(_("body"), max_length=4, choices=BodyFormat, default=BodyFormat.JSON)
    headers = EncryptedTextField(
        _("Extra headers"), blank=True, default="", help_text=_("“Name: value”, one on a line; sent with each message.")
    )
    also_sends = models.JSONField(_("Also tell about"), default=list, blank=True)
    secret = EncryptedTextField(_("secret"), editable=False)
    old_secret = EncryptedTextField(editable=False, blank=True, default="")
    old_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    switched_off_at = models.DateTimeField(null=True, blank=True, editable=False)
    switched_off_why = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("custom channel")
        verbose_name_plural = _("custom channels")

    def __str__(self) -> str:
        return self.title

    @property
    def lane_group(self) -> str:
        """The key of its endpoint in the outbox."""
        return f"channel:{self.pk}"

    @property
    def off(self) -> str:
        """Why nothing leaves through this channel, in words; empty if it does."""
        if not self.active:
            return _text("This channel is not active.")
        if not self.webhook_url:
            return _text("This channel has no webhook URL.")
        return (self.switched_off_why or _text("This channel is switched off.")) if self.switched_off_at else ""

    def tells(self, what: Also) -> bool:
        """Whether its software is told of this: it wants to, and can be reached."""
        return what in self.also_sends and not self.off

    def valid_secrets(self, now: datetime) -> list[str]:
        """All secrets that sign at this moment, the newest first: two during rotation."""
        old = self.old_secret if self.old_secret_until and now < self.old_secret_until else ""
        return [secret for secret in (self.secret, old) if secret]

    def clean(self) -> None:
        """Refuses an address that may not be called, in words."""
        try:
            if self.webhook_url:
                egress.check(self.webhook_url)
        except egress.EgressError as error:
            raise ValidationError({"webhook_url": str(error)}) from error
        try:
            headers.parsed(self.headers)
        except ValueError as error:
            raise ValidationError({"headers": str(error)}) from error
