"""Addresses that rules and macros call."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.crypto import EncryptedTextField


class Method(models.TextChoices):
    POST = "POST", "POST"
    PUT = "PUT", "PUT"
    PATCH = "PATCH", "PATCH"
    GET = "GET", "GET"
    DELETE = "DELETE", "DELETE"


class Webhook(models.Model):
    """Where a rule sends what it has to say. headers: encrypted {name: value}; secret: signs as Standard Webhooks.

    Both are here and not in the rule, so that they stand in no version, export or trace.
    """

    title = models.CharField(_("title"), max_length=120, unique=True)
    url = models.URLField(_("URL"), max_length=2000)
    method = models.CharField(_("method"), max_length=6, choices=Method, default=Method.POST)
    headers = EncryptedTextField(blank=True, default="", editable=False)
    secret = EncryptedTextField(blank=True, default="", editable=False)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("title",)
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.title
