"""What customers think of the help they got."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models.case import Case
from helpdesk.cases.models.message import Message
from helpdesk.users.models import Agent

SCORES = {
    "1": _("very bad"),
    "2": _("bad"),
    "3": _("middling"),
    "4": _("good"),
    "5": _("very good"),
}


def rating_token() -> str:
    """What the link in the customer's hand carries: 160 bits."""
    return secrets.token_urlsafe(20)


class Rating(models.Model):
    """One request for a rating and its answer. score: 1 (bad) to 5 (very good), empty until it is given.

    message: the one that asked. agent: who was assigned then. token: of the customer's link, valid until expires_at.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="ratings")
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="ratings")
    token = models.CharField(max_length=40, unique=True, default=rating_token)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    rated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(score__isnull=True) | Q(score__range=(1, 5)), name="score_from_1_to_5"),
        )
        indexes = (
            models.Index(fields=("case", "-id"), name="rating_case"),
            models.Index(fields=("rated_at",), name="rating_given", condition=Q(rated_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.case_id} {self.score}"
