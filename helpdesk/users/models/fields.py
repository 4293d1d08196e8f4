"""Custom fields, and what each source said a profile's values are."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.users.models.people import Profile


class FieldLevel(models.TextChoices):
    USER = "user", _("user")
    CASE = "case", _("case")
    COMPANY = "company", _("company")


class FieldKind(models.TextChoices):
    TEXT = "text", _("text")
    TEXTAREA = "textarea", _("text area")
    CHECKBOX = "checkbox", _("checkbox")
    DROPDOWN = "select", _("dropdown")
    DATE = "date", _("date")


class CustomField(models.Model):
    """A field that the admin made. choices of a dropdown: [{"key": "1", "title": "VIP"}], keys are stable for ever."""

    key = models.SlugField(
        _("key"), max_length=60, help_text=_("How the API, rules and texts name it; it cannot be changed later.")
    )
    title = models.CharField(_("title"), max_length=120)
    level = models.CharField(_("belongs to"), max_length=8, choices=FieldLevel, default=FieldLevel.USER)
    kind = models.CharField(_("type"), max_length=10, choices=FieldKind, default=FieldKind.TEXT)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    active = models.BooleanField(_("active"), default=True)
    on_user_data = models.BooleanField(_("show in “User data” beside the case"), default=True)
    on_user_page = models.BooleanField(_("show on the “User page”"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        ordering = ("level", "position", "title")
        verbose_name = _("custom field")
        verbose_name_plural = _("custom fields")
        constraints = (models.UniqueConstraint(fields=("level", "key"), name="one_key_per_level"),)

    def __str__(self) -> str:
        return self.title

    def title_of(self, value: object) -> str:
        """What a person reads for a stored value: a dropdown's choice by its title."""
        titles = {str(choice["key"]): str(choice["title"]) for choice in self.choices}
        return titles.get(str(value), "" if value is None else str(value))


class Source(models.TextChoices):
    """Who said it. `values.RANK` tells which outranks which."""

    AGENT = "agent", _("an agent")
    RULE = "rule", _("a rule")
    API = "api", _("your server")
    CODE = "code", _("an identification code")
    TOKEN = "token", _("a signed token")
    PROVEN_LOOKUP = "proven_lookup", _("a look-up of a proven id")
    CHANNEL = "channel", _("the channel")
    PAGE = "page", _("your page")
    LOOKUP = "lookup", _("a look-up")
    BROWSER = "browser", _("the browser")


class Value(models.Model):
    """What one source said of one profile: kept beside what others said, so that an unmerge can recompute.

    key: name, position, language, note, company (a company's id), claimed_email, claimed_phone, `cf:<custom field
    key>` or `md:<key of the metadata>`.
    """

    profile = models.ForeignKey(Profile, models.PROTECT, related_name="values_said")
    key = models.CharField(max_length=110)
    source = models.CharField(max_length=14, choices=Source)
    value = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("profile", "key", "source"), name="one_value_per_source"),)
        indexes = (models.Index(fields=("key",), condition=Q(key__startswith="cf:"), name="value_custom"),)

    def __str__(self) -> str:
        return f"{self.key}={self.value!r}"
