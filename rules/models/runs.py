"""What rules did, what they wait for, and where one was stopped."""

from typing import Self

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models import Case
from rules.models.rules import Rule, RuleList


class Runs(models.QuerySet["Run"]):
    def keep(self, run: "Run") -> None:
        """Writes a new one. Each pass does so, hence plain SQL: 0.02 ms instead of 0.09. Its id is not read back."""
        fields = [field for field in self.model._meta.concrete_fields if not field.primary_key]
        names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
        values = [field.get_db_prep_save(getattr(run, field.attname), connection) for field in fields]
        marks = ", ".join(["%s"] * len(fields))
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {self.model._meta.db_table} ({names}) VALUES ({marks})", values)  # noqa: S608

    def of_rule(self, rule_id: int) -> Self:
        """Those in which this rule fired, failed or was paused; also one that is deleted by now."""
        did = Firing.objects.filter(rule_id=rule_id, occasion=OuterRef("occasion"), case=OuterRef("case"))
        return self.filter(Exists(did))


class Run(models.Model):
    """One pass over a list for a case, with its trace. Kept a fortnight.

    trace: what `rules.services.traces` packs, at most 2 kB: for each rule `[id, version, "fired"]` or
    `[id, version, index of the first condition that failed, the value it saw, cut at 60 characters]`.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="runs")
    # Before `list`, which hides the built-in from what follows in this class.
    fired = models.JSONField(default=list)
    list = models.CharField(max_length=8, choices=RuleList)
    occasion = models.UUIDField()
    event_id = models.BigIntegerField(null=True)
    trace = models.BinaryField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = Runs.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("occasion", "case", "list"), condition=~Q(list="time"), name="once_per_occasion"
            ),
        )
        indexes = (models.Index(fields=("case", "-id"), name="run_case"),)

    def __str__(self) -> str:
        return f"{self.list} {self.case_id}"


class Firing(models.Model):
    """What one rule did in a pass, so that it can be found from the rule. outcome: fired, failed or paused.

    By occasion, case and list of the pass and not by its id, which is not read back. No key to the rule: one that is
    deleted at this moment must not undo what the customer wrote. Kept as long as the pass.
    """

    rule_id = models.BigIntegerField()
    case = models.ForeignKey(Case, models.PROTECT, related_name="firings")
    occasion = models.UUIDField()
    outcome = models.CharField(max_length=8)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("rule_id", "-id"), name="firing_of_rule"),)

    def __str__(self) -> str:
        return f"{self.rule_id} {self.outcome} {self.case_id}"


class Wait(models.Model):
    """A time rule's clock for one case. due_at: when it rings; empty: not before the clock starts anew.

    rung_for: the start of the clock for which the rule was done with; it is done once for each start.
    """

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="waits")
    case = models.ForeignKey(Case, models.PROTECT, related_name="waits")
    due_at = models.DateTimeField(null=True, blank=True)
    rung_for = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("rule", "case"), name="one_wait_per_rule_and_case"),)
        indexes = (models.Index(fields=("due_at",), name="wait_due", condition=Q(due_at__isnull=False)),)

    def __str__(self) -> str:
        return f"{self.rule_id} {self.case_id} {self.due_at}"


class Pause(models.Model):
    """A rule that answered one customer too often, and is kept from answering them until `until`.

    events: ids of the events that show it, oldest first (what the customer wrote, what the rule did).
    """

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="pauses")
    case = models.ForeignKey(Case, models.PROTECT, related_name="pauses")
    profile_id = models.BigIntegerField()
    events = models.JSONField(default=list)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        indexes = (models.Index(fields=("rule", "profile_id", "until"), name="pause_of_rule"),)

    def __str__(self) -> str:
        return f"{self.rule_id} {self.profile_id} until {self.until:%H:%M}"
