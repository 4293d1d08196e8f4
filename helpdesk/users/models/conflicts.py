"""Where no machine decides who somebody is: conflicts, what agents decided for ever, values that name nobody."""

import re
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.stars import STAR, matches
from helpdesk.lib.text import BadAddress, normal_email, normal_phone, one_line
from helpdesk.users.models.people import Operation, Profile


class Conflicts(models.QuerySet["Conflict"]):
    """Conflicts, asked for in words."""

    def open(self) -> Self:
        return self.filter(state=Conflict.State.OPEN)

    def of_pair(self, one: int, other: int) -> Self:
        """Those between these two profiles, whichever came first."""
        return self.filter(Q(profile=one, account=other) | Q(profile=other, account=one))

    def of_profiles(self, profiles: Any) -> Self:
        """Those in which one of these profiles is a side. profiles: a QuerySet or ids."""
        return self.filter(Q(profile__in=profiles) | Q(account__in=profiles))

    def between_seen(self, profiles: models.QuerySet[Profile]) -> Self:
        """Those of which both sides are among these profiles."""
        return self.filter(profile__in=profiles, account__in=profiles)


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

    objects = Conflicts.as_manager()

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


class Aparts(models.QuerySet["Apart"]):
    def of(self, profile: Profile) -> Self:
        """Those of which this profile is an end."""
        return self.filter(Q(one=profile) | Q(other=profile))


class Apart(models.Model):
    """“Not the same person”, an agent's word: no machine links the people of these two profiles again.

    one is the profile with the lower id. lifted_at: when somebody decided otherwise. operation, lifted_by: with which
    it was decided, and with which it was taken back.
    """

    one = models.ForeignKey(Profile, models.PROTECT, related_name="+")
    other = models.ForeignKey(Profile, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    actor_kind = models.CharField(max_length=12, default="desk")
    actor_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    operation = models.ForeignKey(Operation, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_by = models.ForeignKey(Operation, models.PROTECT, null=True, blank=True, related_name="+")

    objects = Aparts.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="apart_in_order"),
            models.UniqueConstraint(fields=("one", "other"), condition=Q(lifted_at=None), name="apart_once"),
        )
        indexes = (models.Index(fields=("other",), name="apart_other"),)

    def __str__(self) -> str:
        return f"{self.one_id} ≠ {self.other_id}"


class BlockedValue(models.Model):
    """An address that many share and that therefore links nobody: `info@*`, `*@kiosk.example`, `+493012345678`.

    pattern: in the spelling of addresses, lower case or E.164; a star stands for any number of characters.
    """

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

    def clean(self) -> None:
        """One spelling for each pattern. Raises ValidationError with a sentence, at the field."""
        try:
            self.pattern = _normal_pattern(self.pattern)
        except BadAddress as error:
            raise ValidationError({"pattern": str(error)}) from error

    def covers(self, address: str) -> bool:
        """Whether this address, in its normal spelling, is one of those."""
        return matches(self.pattern, address)


# Letters and digits that a pattern has to name beside its stars; with fewer it would be nearly everybody.
LEAST_OF_EMAIL, LEAST_OF_PHONE = 2, 3
_PHONE_SIGNS = frozenset("+0123456789 ()-./*")


def _normal_pattern(text: str) -> str:
    """As addresses are stored: e-mail in lower case, numbers as `+49…`. Raises BadAddress."""
    pattern = one_line(text)
    is_phone = set(pattern) <= _PHONE_SIGNS and any(sign.isdigit() for sign in pattern)
    if STAR not in pattern:
        return normal_phone(pattern) if is_phone else normal_email(pattern)
    if is_phone:
        return _phone_pattern(pattern)
    pattern = re.sub(r"\*+", STAR, pattern.lower())
    if sum(sign.isalnum() for sign in pattern) < LEAST_OF_EMAIL:
        raise BadAddress(_("This would be everybody's address: name a part of it, as info@* or *@kiosk.example."))
    if pattern.count("@") != 1 or not pattern.isascii() or " " in pattern:
        raise BadAddress(_("An e-mail address has one @ and no spaces: info@* or *@kiosk.example."))
    return pattern


def _phone_pattern(pattern: str) -> str:
    pattern = re.sub(r"\*+", STAR, re.sub(r"[ ()./-]", "", pattern))
    if sum(sign.isdigit() for sign in pattern) < LEAST_OF_PHONE:
        raise BadAddress(_("This would be everybody's number: give at least three digits."))
    if not re.fullmatch(r"(\+|\*)[0-9*]*", pattern):
        raise BadAddress(_("A number begins with + and the country's code, or with a star: +49 30 1234*"))
    return pattern
