"""Where no machine decides who somebody is: conflicts, what agents decided for ever, values that name nobody."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.users.models.people import Operation, Profile


class Conflict(models.Model):
    """Two people claim the same, and an agent has to judge.

    profile: the side that just came; account: the side that has it already. value: the address or id that was told
    (empty for a code). evidence: what was known of both at that moment, {"profile": {...}, "account": {...}}.
    case_id: where it arose, as a plain number.
    """

    class Kind(models.TextChoices):
        TAKEN = "taken", _("the address belongs to another id of this channel")
        PROVEN = "proven", _("somebody else is proven to be behind the address")
        CODE = "code", _("the code of another person")
        ACCOUNTS = "accounts", _("two accounts of your own")
        CLAIMED = "claimed", _("the address of a proven person was typed")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        LINKED = "linked", _("the same person")
        MOVED = "moved", _("the address was moved")
        REJECTED = "rejected", _("not the same person")

    kind = models.CharField(max_length=12, choices=Kind)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="conflicts")
    account = models.ForeignKey(Profile, models.PROTECT, related_name="conflicts_about")
    value = models.CharField(max_length=320, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    case_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    found_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    actor_kind = models.CharField(max_length=12, blank=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    operation = models.ForeignKey(Operation, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("profile", "account"), condition=Q(state="open"), name="one_open_conflict_of_two"
            ),
        )
        indexes = (
            models.Index(fields=("profile", "state"), name="conflict_profile"),
            models.Index(fields=("account", "state"), name="conflict_account"),
        )

    def __str__(self) -> str:
        return f"{self.profile_id} / {self.account_id}"


class Apart(models.Model):
    """“Not the same person”, an agent's word: no machine links the people of these two profiles again.

    one is the profile with the lower id. lifted_at: when somebody decided otherwise.
    """

    one = models.ForeignKey(Profile, models.PROTECT, related_name="+")
    other = models.ForeignKey(Profile, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=12, default="desk")
    actor_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="apart_in_order"),
            models.UniqueConstraint(fields=("one", "other"), condition=Q(lifted_at=None), name="apart_once"),
        )
        indexes = (models.Index(fields=("other",), name="apart_other"),)

    def __str__(self) -> str:
        return f"{self.one_id} ≠ {self.other_id}"


class BlockedValue(models.Model):
    """An address that many share and that therefore links nobody: `info@*`, `*@kiosk.example`, `+49 30 1234567`."""

    pattern = models.CharField(
        _("address"),
        max_length=320,
        unique=True,
        help_text=_("An e-mail address or a phone number; a star stands for anything: info@*"),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ("pattern",)
        verbose_name = _("shared address")
        verbose_name_plural = _("shared addresses")

    def __str__(self) -> str:
        return self.pattern
