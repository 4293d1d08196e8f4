"""One visitor in one browser or app."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Level, Widget
from helpdesk.users.models import Profile


class Sessions(models.QuerySet["Session"]):
    def alive(self) -> Self:
        return self.filter(ended_at=None, expires_at__gt=timezone.now())

    def seen_since(self, moment: datetime) -> Self:
        """Whose widget has spoken with us since then."""
        return self.alive().filter(seen_at__gte=moment)


class Session(models.Model):
    """What the token in a visitor's hand stands for. hash: keyed, of the token.

    profile: who writes. account: who is signed in, as which the profile is linked to a person; null for an anonymous
    visitor. level: how sure we were of that at sign-in. claimed: an id that the page named without a proof.
    seat: the same for the same account at the same level. signed_at: when the proof was made; sids: keyed hashes of
    the site's own sessions that it names.
    consented_at: when the visitor agreed to the text of consent.
    """

    widget = models.ForeignKey(Widget, models.CASCADE, related_name="sessions")
    hash = models.CharField(max_length=64, unique=True)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="+")
    account = models.ForeignKey(Profile, models.PROTECT, null=True, blank=True, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level, default=Level.ANONYMOUS)
    claimed = models.CharField(max_length=255, blank=True)
    seat = models.CharField(max_length=60, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    sids = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    typed_at = models.DateTimeField(null=True, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = Sessions.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = (
            models.Index(fields=("widget", "seen_at"), name="session_seen"),
            models.Index(fields=("expires_at",), name="session_expiry"),
            models.Index(fields=("account",), name="session_account", condition=Q(ended_at=None)),
        )

    def __str__(self) -> str:
        return f"session #{self.pk}"

    @property
    def signed_in(self) -> bool:
        """Whether a proof was shown for it: a code that was pasted in the chat is none, it may be somebody else's.

        The proof is about the account: where an agent has linked the one who writes to another person since, it says
        nothing about that person.
        """
        return self.account is not None and self.account.person_id == self.profile.person_id
