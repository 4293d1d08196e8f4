"""Making and changing rules."""

from dataclasses import replace
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.errors import Refusal
from helpdesk.lib.fields import FIELDS, remembered
from rules import drafts
from rules.drafts import Draft, Errors
from rules.models import Action, Block, Condition, Rule, RuleList
from rules.services import memory, ordering, versions
from rules.services.clocks import start_clocks


class BadRule(Refusal):
    """errors: {path of a row ("all.0", "actions.1.texts"): a sentence}."""

    code: ClassVar[str] = "bad_rule"
    sentence = gettext_lazy("This rule cannot be used like this.")

    def __init__(self, errors: Errors) -> None:
        super().__init__(fields={path: [sentence] for path, sentence in errors.items()})
        self.errors = errors


@occasion
def save(draft: Draft, *, by: Actor | None, rule: Rule | None = None, seen: int | None = None) -> Rule:
    """Makes a rule at the end of its list, or changes one. seen: the version that was changed.

    Raises BadRule, and RuleChanged where somebody else saved the rule since.
    """
    with remembered():
        clean, errors = drafts.check(draft, FIELDS.now())
    if errors:
        raise BadRule(errors)
    row = Rule.objects.select_for_update().get(pk=rule.pk) if rule else Rule(list=draft.list, version=0)
    if rule and seen is not None:
        versions.check(row, seen)
    if rule and drafts.of(row) == clean and not row.problem:
        return row
    if rule:
        versions.keep_present(row)
    _write(row, clean)
    versions.keep(row, clean, by=by)
    if clean.list == RuleList.TIME and clean.active:
        start_clocks()
    record("rule.saved", by=by, rule=row.pk, version=row.version, title=row.title, list=row.list)
    return row


def _write(row: Rule, draft: Draft) -> None:
    if row.pk is None or row.list != draft.list:
        row.position, row.group = ordering.end(draft.list), None
    row.list, row.title, row.active, row.stop = draft.list, draft.title, draft.active, draft.stop
    row.version, row.problem = row.version + 1, ""
    row.save()
    row.conditions.all().delete()
    row.actions.all().delete()
    blocks = ((Block.ALL, draft.all), (Block.ANY, draft.any))
    terms = [(block, term) for block, block_terms in blocks for term in block_terms]
    Condition.objects.bulk_create(
        Condition(rule=row, block=b, field=t.field, operator=t.operator, value=t.value, position=position)
        for position, (b, t) in enumerate(terms)
    )
    Action.objects.bulk_create(
        Action(rule=row, kind=step.kind, values=step.values, position=position)
        for position, step in enumerate(draft.actions)
    )
    memory.revise()


@occasion
def clone(rule: Rule, *, by: Actor | None) -> Rule:
    """A copy right after the rule, switched off."""
    row = Rule(
        list=rule.list,
        title=_("%s (copy)") % rule.title[: drafts.TITLE_LIMIT - 20],
        active=False,
        stop=rule.stop,
    )
    row.position = ordering.end(rule.list)
    row.problem = rule.problem
    row.save()
    for condition in rule.conditions.all():
        condition.pk, condition.rule = None, row
        condition.save()
    for action in rule.actions.all():
        action.pk, action.rule = None, row
        action.save()
    order = ordering.layout(rule.list, lock=True)
    order.put(row, group=None, before=None, after=rule)
    ordering.number(order)
    row.refresh_from_db(fields=["position", "group"])
    versions.keep(row, drafts.of(row), by=by)
    record("rule.saved", by=by, rule=row.pk, version=row.version, title=row.title, list=row.list)
    return row


@occasion
def switch(rule: Rule, active: bool, *, by: Actor | None) -> Rule:
    """Switches a rule on or off."""
    row = Rule.objects.select_for_update().get(pk=rule.pk)
    if row.active == active:
        return row
    row.active = active
    row.save(update_fields=["active", "updated_at"])
    if active and row.list == RuleList.TIME:
        start_clocks()
    record("rule.saved", by=by, rule=row.pk, version=row.version, title=row.title, list=row.list, active=active)
    return row


@occasion
def restore(rule: Rule, number: int, *, by: Actor | None) -> Rule:
    """Makes an older version the newest one; on or off, and its place, stay.

    Raises BadRule, and RuleVersion.DoesNotExist.
    """
    old = versions.draft_of(rule.versions.get(number=number))
    return save(replace(old, list=rule.list, active=rule.active), by=by, rule=rule)


@occasion
def delete(rule: Rule, *, by: Actor | None) -> None:
    pk, title = rule.pk, rule.title
    rule.delete()
    record("rule.deleted", by=by, rule=pk, title=title)


@occasion
def review() -> None:
    """Finds the rules that make no sense any more, or again, and says so on the rule and in a red event."""
    with remembered():
        fields = FIELDS.now()
        for row in Rule.objects.with_parts().select_related("group").order_by("pk"):
            problem = memory.of(row, fields).problem
            # Two processes may look at once: only the one that changes the row says so.
            changed = problem != row.problem and Rule.objects.filter(pk=row.pk, problem=row.problem).update(
                problem=problem
            )
            if changed and problem and row.is_running:
                record("rule.invalid", by=None, red=True, rule=row.pk, title=row.title, why=problem[:200])
            elif changed and not problem and row.list == RuleList.TIME and row.is_running:
                start_clocks()  # those that rang meanwhile are gone
