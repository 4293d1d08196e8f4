"""Keys whose signatures we believe, what was refused, and what was revoked."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Widget
from helpdesk.lib.crypto import EncryptedTextField
from helpdesk.users.models import Profile


class Algorithm(models.TextChoices):
    """How a key signs: tokens by the first four, the hash beside an id by the others."""

    HS256 = "HS256", _("HS256 (shared secret)")
    RS256 = "RS256", _("RS256 (public key)")
    ES256 = "ES256", _("ES256 (public key)")
    EDDSA = "EdDSA", _("EdDSA (public key)")
    CHATWOOT = "chatwoot", _("identifier_hash, as for Chatwoot")
    INTERCOM = "intercom", _("user_hash, as for Intercom")


class SigningKey(models.Model):
    """A key whose tokens we believe. kid: in the token's header; algorithm: the key's, never the token's.

    secret: of HS256 and of the hashes; public_key: PEM, of the others. widget, ends_on: of a hash, which counts for
    that widget and to the end of that day.
    """

    HASHES = (Algorithm.CHATWOOT, Algorithm.INTERCOM)

    kid = models.CharField(_("kid in the token’s header"), max_length=120, unique=True)
    title = models.CharField(_("title"), max_length=120)
    algorithm = models.CharField(_("algorithm"), max_length=8, choices=Algorithm, default=Algorithm.HS256)
    secret = EncryptedTextField(editable=False, blank=True, default="")
    public_key = models.TextField(_("public key"), blank=True, default="")
    widget = models.ForeignKey(Widget, models.SET_NULL, null=True, blank=True, verbose_name=_("widget"))
    ends_on = models.DateField(_("accepted until"), null=True, blank=True)
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

    @property
    def is_hash(self) -> bool:
        """Whether it signs an id on the page and no tokens."""
        return self.algorithm in self.HASHES

    @property
    def verifies(self) -> str:
        """What a signature is checked with: the secret, or the public key as PEM."""
        return self.public_key or self.secret


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


class RevokedSession(models.Model):
    """A session of the company's site (`sid` in the token) or one token (`jti`) that is void. hash: keyed, of its id.

    Kept for as long as a token can live. profile: whose it was said to be.
    """

    hash = models.CharField(max_length=64, unique=True)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"session #{self.pk}"
