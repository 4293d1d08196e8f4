"""What the calls about rules take and answer."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from helpdesk.lib.api import Strict
from rules import drafts, services
from rules.models import Rule, RuleGroup, RuleList, RuleVersion, Run
from rules.orders import order_of
from rules.services import looking_back, traces, trying, versions
from rules.services.grouping import TITLE_LIMIT


class RuleBody(Strict):
    """A rule. Conditions: `{"field", "operator", "value"}`; actions: `{"kind", "values"}`; see `rules/fields/`.

    group_id: of a group of its list; it goes to the end of that, null takes it out.
    version: of a change, the version that was read; refused with 409 `rule_changed` where it is another one by now.
    """

    list = serializers.ChoiceField(RuleList.choices, required=False)
    title = serializers.CharField(required=False, max_length=drafts.TITLE_LIMIT)
    active = serializers.BooleanField(required=False)
    stop = serializers.BooleanField(required=False)
    all = serializers.ListField(child=serializers.DictField(), required=False)
    any = serializers.ListField(child=serializers.DictField(), required=False)
    actions = serializers.ListField(child=serializers.DictField(), required=False)
    group_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)
    version = serializers.IntegerField(required=False, min_value=1)


class Try(Strict):
    """On which case, or over how many days. rule: one that is not saved; without it, the one in the address.

    next: of an earlier answer over the same days, to go on behind it.
    """

    case_id = serializers.CharField(required=False, max_length=20)
    days = serializers.IntegerField(required=False, min_value=1, max_value=looking_back.MOST_DAYS)
    next = serializers.CharField(required=False, max_length=40)
    rule = RuleBody(required=False)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("case_id" in data) == ("days" in data):
            raise serializers.ValidationError({"case_id": [_("Give either case_id or days.")]})
        return data


class Move(Strict):
    """Exactly one: places up (negative) or down; the rule that it comes right before or after; the end of a group.

    group: null is the end of the list, without a group.
    """

    places = serializers.IntegerField(required=False, min_value=-10_000, max_value=10_000)
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    after = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    group = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**62)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if len(data) != 1:
            raise serializers.ValidationError({"places": [_("Give one of places, before, after and group.")]})
        return data


class Places(Strict):
    places = serializers.IntegerField(min_value=-10_000, max_value=10_000)


class Restore(Strict):
    version = serializers.IntegerField(min_value=1)


class Ordered(Strict):
    """A whole list from top to bottom. order: ids of rules, and groups as `{"group_id": 2, "rules": [3, 4]}`."""

    list = serializers.ChoiceField(RuleList.choices)
    order = serializers.JSONField()

    def validate_order(self, given: Any) -> Any:
        try:
            return order_of(given)
        except ValueError:
            raise serializers.ValidationError(
                _("This has to be a list of ids of rules, and of groups with theirs.")
            ) from None


class GroupBody(Strict):
    title = serializers.CharField(required=False, max_length=TITLE_LIMIT)
    active = serializers.BooleanField(required=False)


class NewGroup(GroupBody):
    list = serializers.ChoiceField(RuleList.choices)
    title = serializers.CharField(max_length=TITLE_LIMIT)


def show(row: Rule) -> dict[str, Any]:
    """problem: in words, why it cannot be used at present. running: it is on, and so is its group."""
    return {
        "rule_id": row.pk,
        **drafts.write(drafts.of(row)),
        "group_id": row.group_id,
        "running": row.is_running,
        "position": row.position,
        "version": row.version,
        "problem": row.problem,
        "fired_at": row.fired_at.isoformat() if row.fired_at else None,
        "created_at": row.created_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
    }


def show_group(row: RuleGroup) -> dict[str, Any]:
    rules = sorted(row.rules.all(), key=lambda rule: (rule.position, rule.pk))
    return {
        "group_id": row.pk,
        "list": row.list,
        "title": row.title,
        "active": row.active,
        "position": row.position,
        "rules": [rule.pk for rule in rules],
    }


def show_version(row: RuleVersion, older: RuleVersion | None, name: str) -> dict[str, Any]:
    after = versions.draft_of(row)
    return {
        "version": row.number,
        "at": row.at.isoformat(),
        "by": row.actor_kind,
        "staff_id": row.actor_id if row.actor_kind == "agent" else None,
        "staff_full_name": name,
        "rule": row.body,
        "changes": services.difference(versions.draft_of(older), after) if older else [],
    }


def show_comparison(found: dict[str, Any]) -> dict[str, Any]:
    parts = [
        {"title": part.title, "rows": [{"change": change, "row": line} for change, line in part.lines]}
        for part in found["parts"]
    ]
    return {"from": found["older"].number, "to": found["newer"].number, "parts": parts}


def show_trial(trial: trying.Trial) -> dict[str, Any]:
    return {
        "matches": trial.matches,
        "conditions": [
            {"path": one.path, "condition": one.sentence, "held": one.held, "saw": one.saw, "problem": one.problem}
            for one in trial.conditions
        ],
        "actions": [
            {
                "path": one.path,
                "action": one.sentence,
                "changes": one.changes,
                "texts": one.texts,
                "problem": one.problem,
            }
            for one in trial.actions
        ],
        "problem": trial.problem,
    }


def show_history(found: looking_back.History) -> dict[str, Any]:
    """changes: in words, what would happen in a case; null where that was not tried, which only the newest few are."""
    cases = [
        {"case_id": case.pk, "case_number": case.number, "title": case.title, "changes": changes}
        for case, changes in found.lines
    ]
    return {"asked": found.asked, "matched": found.matched, "cases": cases, "next": found.next or None}


def show_run(row: Run) -> dict[str, Any]:
    """took_ms: from the first question to the last action; version: of the rule, as it was asked."""
    return {
        "run_id": row.pk,
        "case_id": row.case_id,
        "list": row.list,
        "at": row.at.isoformat(),
        "took_ms": traces.took(row),
        "fired": row.fired,
        "rules": [
            {
                "rule_id": line.rule_id,
                "version": line.version,
                "title": line.title,
                "outcome": line.outcome,
                "why": line.why,
            }
            for line in services.explain(row)
        ],
    }
