"""A profile is one address in one channel. A person is who we think is behind it, for now."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Channel, Level


class Company(models.Model):
    name = models.CharField(_("name"), max_length=200)
    domains = models.CharField(_("e-mail domains"), max_length=500, blank=True)
    address = models.TextField(_("address"), blank=True)
    note = models.TextField(_("note"), blank=True)
    values = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = _("company")
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Who we think is behind one or more profiles.

    name, position, language, note, company, values ({custom field key: value}) and metadata ({key: text, number, true
    or false}) are what `Value` rows of the linked profiles add up to; they are written by `values.settle` alone.
    tokens_void_before: signed tokens that are older are refused. codes_locked_at: after too many wrong codes, until an
    agent lifts it.
    """

    name = models.CharField(max_length=200, blank=True)
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="people")
    position = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=12, blank=True)
    note = models.TextField(blank=True)
    values = models.JSONField(default=dict, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    blocked = models.BooleanField(default=False)
    tokens_void_before = models.DateTimeField(null=True, blank=True)
    codes_locked_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"


class ProfileKind(models.TextChoices):
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")
    TELEGRAM = "telegram", _("Telegram name")
    EXTERNAL = "external", _("external id")
    VISITOR = "visitor", _("widget visitor")
    CUSTOM = "custom", _("custom channel")


class Profile(models.Model):
    """One address in one channel, for ever. Its id is the API's `user_id`.

    channel is set for kinds visitor and custom; e-mail, phone and external id are desk-wide.
    level: how sure we are that `person` is behind it. display: what the channel claims ({name, picture …}).
    """

    kind = models.CharField(max_length=12, choices=ProfileKind)
    channel = models.ForeignKey(Channel, models.PROTECT, null=True, blank=True, related_name="profiles")
    address = models.CharField(max_length=320)
    display = models.JSONField(default=dict, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="profiles")
    level = models.PositiveSmallIntegerField(choices=Level, default=Level.ANONYMOUS)
    identified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "channel", "address"), condition=Q(channel__isnull=False), name="profile_in_channel"
            ),
            models.UniqueConstraint(
                fields=("kind", "address"), condition=Q(channel__isnull=True), name="profile_in_desk"
            ),
        )

    def __str__(self) -> str:
        return self.address

    @property
    def actor(self) -> tuple[str, int | None]:
        return "profile", self.pk

    @property
    def is_identified(self) -> bool:
        """Level 2 or more: vouched for or proven."""
        return self.level >= Level.VOUCHED

    @property
    def name(self) -> str:
        return self.person.name or str(self.display.get("name") or "")

    def known_as(self, *, signed_in: bool) -> "models.QuerySet[Profile]":
        """The profiles whose history this one may read: all of the person's, where somebody signed in as that person
        and we are still sure of it; else its own.
        """
        mine = {"person": self.person_id} if signed_in and self.is_identified else {"pk": self.pk}
        return Profile.objects.filter(**mine)


class Method(models.TextChoices):
    FIRST = "first", _("first seen")
    CODE = "code", _("identification code")
    TOKEN = "token", _("signed token")
    API = "api", _("told by your server")
    PAGE = "page", _("told by your page")
    AGENT = "agent", _("linked by an agent")
    UNDO = "undo", _("undone")


class Operation(models.Model):
    """A link, unlink, merge or split that can be undone. plan: what it does; hash: of the plan as it was shown."""

    kind = models.CharField(max_length=10)
    plan = models.JSONField(default=dict)
    plan_hash = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=12, default="desk")
    actor_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="undoes")

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class Link(models.Model):
    """From when to when we held a profile to be a person's, how we knew, and how sure we were."""

    profile = models.ForeignKey(Profile, models.PROTECT, related_name="links")
    person = models.ForeignKey(Person, models.PROTECT, related_name="links")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    method = models.CharField(max_length=12, choices=Method)
    level = models.PositiveSmallIntegerField(choices=Level)
    evidence = models.JSONField(default=dict, blank=True)
    event_id = models.BigIntegerField(null=True, blank=True)
    operation = models.ForeignKey(Operation, models.PROTECT, null=True, blank=True, related_name="links")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("profile",), condition=Q(until__isnull=True), name="one_open_link"),
        )
        indexes = (models.Index(fields=("person", "until"), name="link_person"),)

    def __str__(self) -> str:
        return f"{self.profile_id} → {self.person_id}"

    def tell(self) -> dict[str, Any]:
        """The link as evidence for people: method, level and time."""
        return {"method": self.get_method_display(), "level": self.level, "since": self.since, **self.evidence}
