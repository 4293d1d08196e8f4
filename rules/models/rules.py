"""Rules: when something comes in, changes, or stays quiet, look at these conditions, then do that."""

import uuid
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RuleList(models.TextChoices):
    NEW = "new", _("new cases")
    UPDATED = "updated", _("updated cases")
    TIME = "time", _("time")


class RuleGroup(models.Model):
    """Rules of one list that stand together: they collapse, move and are switched off as one.

    position: among the groups and the rules without one; the rules of a group follow each other.
    """

    # Before `list`, which hides the built-in from what follows in this class.
    title = models.CharField(_("title"), max_length=120)
    position = models.PositiveIntegerField(_("position"), default=0)
    active = models.BooleanField(_("active"), default=True)
    list = models.CharField(_("list"), max_length=8, choices=RuleList)

    class Meta:
        ordering = ("list", "position", "id")
        verbose_name = _("group of rules")
        verbose_name_plural = _("groups of rules")
        constraints = (models.UniqueConstraint(fields=("list", "title"), name="one_group_per_title"),)

    def __str__(self) -> str:
        return self.title


class Rules(models.QuerySet["Rule"]):
    def with_parts(self) -> Self:
        return self.prefetch_related("conditions", "actions")

    def running(self) -> Self:
        """Those that are asked: they are on, and in no group that is off."""
        return self.filter(active=True).exclude(group__active=False)


class Rule(models.Model):
    """It matches when all conditions of block ALL hold and, if there are any in block ANY, one of those.

    version grows with each change; problem says in words why a rule cannot be used (a deleted label, say).
    """

    list = models.CharField(_("list"), max_length=8, choices=RuleList)
    title = models.CharField(_("title"), max_length=200)
    group = models.ForeignKey(
        RuleGroup, models.SET_NULL, null=True, blank=True, verbose_name=_("group"), related_name="rules"
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    active = models.BooleanField(_("active"), default=True)
    stop = models.BooleanField(_("stop after this rule"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    problem = models.CharField(max_length=300, blank=True, editable=False)
    fired_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = Rules.as_manager()

    class Meta:
        ordering = ("list", "position", "id")
        indexes = (models.Index(fields=("list", "position", "id"), name="rule_list"),)

    def __str__(self) -> str:
        return self.title

    @property
    def is_running(self) -> bool:
        """Whether it is asked at all: it is on, and so is its group."""
        return self.active and (self.group is None or self.group.active)


class Block(models.TextChoices):
    ALL = "all", _("all of these")
    ANY = "any", _("any of these")


class Condition(models.Model):
    """field and operator are keys of `helpdesk.cases.fields`; value is what that operator takes, as JSON."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="conditions")
    block = models.CharField(_("block"), max_length=3, choices=Block, default=Block.ALL)
    field = models.CharField(_("field"), max_length=120)
    operator = models.CharField(_("operator"), max_length=40)
    value = models.JSONField(_("value"), null=True, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return f"{self.field} {self.operator} {self.value!r}"


class Action(models.Model):
    """kind is a key of `helpdesk.cases.actions`; values is what that action takes ({name: value})."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="actions")
    kind = models.CharField(_("action"), max_length=40)
    values = models.JSONField(_("values"), default=dict, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.kind


class RuleVersion(models.Model):
    """What a rule was, from this save to the next. body: as `rules.drafts.write` gives it."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    actor_kind = models.CharField(max_length=12, default="desk")
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("rule", "number"), name="one_row_per_version"),)

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class Revision(models.Model):
    """One row. Its token is another one after every change of a rule, or of something that rules name.

    Prepared rules are kept in memory beside the token they were read with. A token is random and not a
    number, so that one that was rolled back never comes again.
    """

    token = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.token)


class OfOneList(models.Manager["Rule"]):
    """The rules of one of the three lists."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def get_queryset(self) -> models.QuerySet["Rule"]:
        return Rules(self.model, using=self._db).filter(list=self.name)


class NewCasesRule(Rule):
    objects: ClassVar[OfOneList] = OfOneList(RuleList.NEW)

    class Meta:
        proxy = True
        verbose_name = _("rule for new cases")
        verbose_name_plural = _("New cases")


class UpdatedCasesRule(Rule):
    objects: ClassVar[OfOneList] = OfOneList(RuleList.UPDATED)

    class Meta:
        proxy = True
        verbose_name = _("rule for updated cases")
        verbose_name_plural = _("Updated cases")


class TimeRule(Rule):
    objects: ClassVar[OfOneList] = OfOneList(RuleList.TIME)

    class Meta:
        proxy = True
        verbose_name = _("time rule")
        verbose_name_plural = _("Time")
