"""The properties of a case: assignee, group, priority, labels, subject, custom fields."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.cases.models import Case, Label
from helpdesk.cases.services import holding
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.ids import is_id
from helpdesk.lib.text import check_text
from helpdesk.users.errors import UnknownField
from helpdesk.users.models import Agent, CustomField, FieldLevel, Group
from helpdesk.users.services import values


@occasion
def assign(case: Case, agent: Agent | None, *, by: Actor | None) -> Case:
    case = holding.hold(case.pk)
    if case.assignee_id != (agent.pk if agent else None):
        old, case.assignee = case.assignee_id, agent
        case.assigned_at = timezone.now() if agent else None
        case.save(update_fields=["assignee", "assigned_at"])
        name = str(agent) if agent else str(_("nobody"))
        record("case.assigned", by=by, case=case, old=old, new=agent.pk if agent else None, assignee=name)
    return case


@occasion
def set_group(case: Case, group: Group | None, *, by: Actor | None) -> Case:
    case = holding.hold(case.pk)
    if case.group_id != (group.pk if group else None):
        old, case.group = case.group_id, group
        case.save(update_fields=["group"])
        title = group.title if group else str(_("none"))
        record("case.group_changed", by=by, case=case, old=old, new=group.pk if group else None, group=title)
    return case


@occasion
def set_priority(case: Case, priority: str, *, by: Actor | None) -> Case:
    case = holding.hold(case.pk)
    if case.priority != priority:
        old, case.priority = case.priority, priority
        case.save(update_fields=["priority"])
        record("case.priority_changed", by=by, case=case, old=old, new=priority)
    return case


@occasion
def set_subject(case: Case, subject: str, *, by: Actor | None) -> Case:
    subject = check_text(subject, limit=300).strip()
    case = holding.hold(case.pk)
    if case.subject != subject:
        old, case.subject = case.subject, subject
        case.save(update_fields=["subject"])
        record("case.subject_changed", by=by, case=case, old=old, new=subject)
    return case


@occasion
def add_labels(case: Case, labels: Iterable[Label], *, by: Actor | None) -> Case:
    case = holding.hold(case.pk)
    there = set(case.labels.values_list("pk", flat=True))
    added = [label for label in labels if label.pk not in there]
    if added:
        case.labels.add(*added)
        _labels_changed(case, by, added=added)
    return case


@occasion
def remove_labels(case: Case, labels: Iterable[Label], *, by: Actor | None) -> Case:
    case = holding.hold(case.pk)
    there = set(case.labels.values_list("pk", flat=True))
    removed = [label for label in labels if label.pk in there]
    if removed:
        case.labels.remove(*removed)
        _labels_changed(case, by, removed=removed)
    return case


def _labels_changed(
    case: Case, by: Actor | None, *, added: Sequence[Label] = (), removed: Sequence[Label] = ()
) -> None:
    change = ", ".join([f"+{label.title}" for label in added] + [f"−{label.title}" for label in removed])
    record(
        "case.labels_changed",
        by=by,
        case=case,
        added=[label.pk for label in added],
        removed=[label.pk for label in removed],
        change=change,
    )


@occasion
def set_value(case: Case, name: str, value: Any, *, by: Actor | None) -> Case:
    """Sets a custom field of level case, by key or `cf_<id>`. Raises UnknownField, BadValue."""
    field = custom_field(name)
    parsed = values.parse(field, value, name)
    case = holding.hold(case.pk)
    old = case.values.get(field.key)
    if old != parsed:
        case.values = {key: was for key, was in {**case.values, field.key: parsed}.items() if was is not None}
        case.save(update_fields=["values"])
        record(
            "case.value_changed",
            by=by,
            case=case,
            key=field.key,
            old=old,
            field=field.title,
            new=field.title_of(parsed),
        )
    return case


def custom_field(name: str) -> CustomField:
    fields = CustomField.objects.filter(level=FieldLevel.CASE, active=True)
    number = name.removeprefix("cf_")
    found = fields.filter(key=name).first() or (is_id(number) and fields.filter(pk=int(number)).first())
    if not found:
        raise UnknownField(fields={name: [_("There is no such case field.")]})
    return found
