"""The people who answer, what they may see, and the keys with which programs act for them."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from helpdesk.channels.models import Channel

# An open inbox gives a sign of life each minute. Ten bridge a lost connection, a restart, a closed and opened lid;
# whoever was longer away is not there, whatever the status says.
THERE_FOR = timedelta(minutes=10)


class Group(models.Model):
    """A team of agents that cases are given to."""

    title = models.CharField(_("title"), max_length=120, unique=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("title",)
        verbose_name = _("group")
        verbose_name_plural = _("groups")

    def __str__(self) -> str:
        return self.title


class Role(models.Model):
    """What an agent does: first line, billing, team lead. Rules give cases to it; it gives no rights."""

    title = models.CharField(_("title"), max_length=80, unique=True)

    class Meta:
        ordering = ("title",)
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return self.title


class AgentStatus(models.Model):
    """What agents say about themselves: online, in a meeting, away. available: cases may be given to them."""

    title = models.CharField(_("title"), max_length=60, unique=True)
    available = models.BooleanField(
        _("available"), default=True, help_text=_("On: rules may give cases to agents with this status.")
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        ordering = ("position", "id")
        verbose_name = _("status of agents")
        verbose_name_plural = _("statuses of agents")

    def __str__(self) -> str:
        return self.title


class Team(models.QuerySet["Agent"]):
    """Questions about agents that read as English."""

    def available(self) -> Self:
        """Those who can be given something now: active, with a status that says so, and an inbox that is open."""
        return self.filter(is_active=True, status__available=True, seen_at__gt=_there_since())


def _there_since() -> datetime:
    return now() - THERE_FOR


class Agents(BaseUserManager["Agent"]):
    """How agents are made."""

    def get_queryset(self) -> Team:
        return Team(self.model, using=self._db)

    def available(self) -> Team:
        return self.get_queryset().available()

    def create_user(self, email: str, password: str | None = None, **more: Any) -> "Agent":
        agent = self.model(email=self.normalize_email(email).lower(), **more)
        agent.set_password(password)
        agent.save()
        return agent

    def create_superuser(self, email: str, password: str | None = None, **more: Any) -> "Agent":
        return self.create_user(email, password, is_admin=True, **more)


class Agent(AbstractBaseUser):
    """Somebody who answers. Admins see everything and set the desk up; others see their channels and groups."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("full name"), max_length=150)
    is_admin = models.BooleanField(
        _("administrator"), default=False, help_text=_("Sees all cases and sets the desk up.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    may_merge = models.BooleanField(
        _("may link and merge people"),
        default=False,
        help_text=_("Decides conflicts, links, merges and splits people and undoes it. Administrators always may."),
    )
    language = models.CharField(_("language"), max_length=12, blank=True)
    timezone = models.CharField(_("time zone"), max_length=60, blank=True)
    channels = models.ManyToManyField(Channel, blank=True, verbose_name=_("channels"), related_name="agents")
    groups = models.ManyToManyField(Group, blank=True, verbose_name=_("groups"), related_name="agents")
    role = models.ForeignKey(
        Role, models.SET_NULL, null=True, blank=True, verbose_name=_("role"), related_name="agents"
    )
    # Empty: none was chosen yet, which counts as not available.
    status = models.ForeignKey(
        AgentStatus, models.SET_NULL, null=True, blank=True, verbose_name=_("status"), related_name="agents"
    )
    status_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The last sign of life of an open inbox, to the minute.
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = Agents()

    class Meta:
        ordering = ("name", "email")
        verbose_name = _("agent")
        verbose_name_plural = _("agents")

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def actor(self) -> tuple[str, int | None]:
        return "agent", self.pk

    @property
    def is_staff(self) -> bool:
        return self.is_admin

    @property
    def is_superuser(self) -> bool:
        return self.is_admin

    @property
    def is_available(self) -> bool:
        """The same question as `Team.available` asks, about one agent; reads the status where it is not at hand."""
        if not self.is_active or self.seen_at is None or self.seen_at <= _there_since():
            return False
        return self.status is not None and self.status.available

    @property
    def judges(self) -> bool:
        """Whether this agent may say who is who: link, merge, split, decide conflicts, undo."""
        return self.is_active and (self.is_admin or self.may_merge)

    def sees(self, channel: Channel) -> bool:
        """Whether cases of this channel may be theirs to read and to open; groups decide further."""
        return self.is_active and (self.is_admin or self.channels.filter(pk=channel.pk).exists())

    def seen_channels(self) -> "models.QuerySet[Channel]":
        """The channels whose cases may be theirs."""
        if not self.is_active:
            return Channel.objects.none()
        return Channel.objects.all() if self.is_admin else self.channels.all()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and self.is_admin

    def has_perms(self, perms: Any, obj: Any = None) -> bool:
        return self.is_active and self.is_admin

    def has_module_perms(self, app: str) -> bool:
        return self.is_active and self.is_admin

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class Scope(models.TextChoices):
    READ = "read", _("read")
    WRITE = "write", _("read and write")
    CHANNEL = "channel", _("one custom channel")
    ADMIN = "admin", _("everything, settings too")


class ApiKey(models.Model):
    """A key with which a program acts for an agent. Only its hash is kept; `head` tells keys apart in lists."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="api_keys", verbose_name=_("acts for"))
    name = models.CharField(_("name"), max_length=120)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    head = models.CharField(max_length=12, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    channel = models.ForeignKey(
        Channel, models.CASCADE, null=True, blank=True, verbose_name=_("only for channel"), related_name="api_keys"
    )
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.head}…)"


class StoredAnswer(models.Model):
    """The answer to a POST with an Idempotency-Key, kept 24 hours. status 0: still under way."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("api_key", "key"), name="one_answer_per_key"),)

    def __str__(self) -> str:
        return self.key
