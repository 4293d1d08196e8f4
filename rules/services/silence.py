"""Why no rule did anything for a case: in words, list by list."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from helpdesk.cases.models import Case
from rules import limits
from rules.models import Rule, RuleList, Run, Wait
from rules.services import pausing

# Rules that are named one by one.
MOST = 50


@dataclass(frozen=True)
class Silence:
    """One list. why: what is to be said of all its rules; rules: (title, why not) of those that have a reason."""

    title: str
    why: list[str] = field(default_factory=list)
    rules: list[tuple[str, str]] = field(default_factory=list)


def why_none(case: Case) -> list[Silence]:
    """For each list, what keeps its rules from looking at this case at all."""
    rows = list(Rule.objects.select_related("group").order_by("list", "position", "pk"))
    lists = set(Run.objects.filter(case=case).values_list("list", flat=True))
    paused = set(pausing.present().filter(profile_id=case.profile_id).values_list("rule_id", flat=True))
    clocks = {wait.rule_id: wait for wait in Wait.objects.filter(case=case)}
    told = []
    for name in RuleList:
        mine = [row for row in rows if row.list == name]
        reasons = [(row.title, why) for row in mine if (why := _why(row, paused, clocks))]
        told.append(Silence(str(name.label).capitalize(), list(_of_list(name, mine, case, lists)), reasons[:MOST]))
    return told


def _of_list(name: RuleList, rows: list[Rule], case: Case, lists: set[str]) -> Iterator[str]:
    if not rows:
        yield _("There are no rules in this list.")
        return
    if not any(row.is_running for row in rows):
        yield _("All rules of this list are switched off.")
    if case.merged_into_id:
        yield _("The case was merged into another one: rules look at that one.")
    if name not in lists:
        yield _never(name) % {"days": limits.TRACE_KEPT.days}


def _never(name: RuleList) -> str:
    if name == RuleList.NEW:
        return _(
            "They have not looked at this case: it was made more than %(days)d days ago, or before one of them was on."
        )
    if name == RuleList.UPDATED:
        return _(
            "They have not looked at this case in the last %(days)d days: nothing happened that runs rules. What "
            "opens a case runs the rules for new cases; receipts, typing, and what rules do themselves run none."
        )
    return _("No clock has run out for this case in the last %(days)d days.")


def _why(row: Rule, paused: set[int], clocks: dict[int, Wait]) -> str:
    """ "" for a rule that is asked: what it said stands in the passes."""
    if not row.active:
        return _("is switched off")
    if row.group and not row.group.active:
        return _("its group “%(group)s” is switched off") % {"group": row.group.title}
    if row.problem:
        return _("cannot be used: %(why)s") % {"why": row.problem}
    if row.pk in paused:
        return _("is paused for this customer, whom it answered too often")
    if row.list != RuleList.TIME:
        return ""
    wait = clocks.get(row.pk)
    if wait is None:
        return _("its clock does not run for this case")
    if wait.due_at is None:
        return _("has looked at this case, and waits for its clock to start anew")
    return _("looks at this case on %(at)s") % {"at": date_format(localtime(wait.due_at), "DATETIME_FORMAT")}
