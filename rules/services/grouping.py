"""Groups of rules: they collapse, move and are switched off as one."""

from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.errors import Refusal
from rules.models import Rule, RuleGroup, RuleList
from rules.services.clocks import start_clocks
from rules.services.ordering import Section, layout, number

TITLE_LIMIT = 120


class BadGroup(Refusal):
    """Its title cannot be this one; `fields` says why."""

    code: ClassVar[str] = "bad_group"
    sentence = gettext_lazy("This group cannot be used like this.")


@occasion
def make_group(name: str, title: str, *, by: Actor | None, active: bool = True) -> RuleGroup:
    """A group at the end of a list. Raises BadGroup."""
    if name not in RuleList.values:
        raise BadGroup(fields={"list": [_("There is no such list of rules.")]})
    order = layout(name, lock=True)
    group = RuleGroup(list=name, title=_checked(name, title), active=active)
    group.save()
    order.items.append(Section(group))
    number(order)
    _record("rule_group.saved", group, by)
    return group


def _checked(name: str, title: str, but: RuleGroup | None = None) -> str:
    """The title as it is kept. Raises BadGroup."""
    clean = " ".join(title.split())
    if not clean or len(clean) > TITLE_LIMIT or not clean.isprintable():
        wrong = _("Enter a title of at most %(limit)d characters.") % {"limit": TITLE_LIMIT}
        raise BadGroup(fields={"title": [wrong]})
    same = RuleGroup.objects.filter(list=name, title=clean).first()
    if same and same != but:
        raise BadGroup(fields={"title": [_("There is a group of this title in this list.")]})
    return clean


@occasion
def rename_group(group: RuleGroup, title: str, *, by: Actor | None) -> RuleGroup:
    """Raises BadGroup."""
    row = RuleGroup.objects.select_for_update().get(pk=group.pk)
    clean = _checked(row.list, title, but=row)
    if clean != row.title:
        row.title = clean
        row.save(update_fields=["title"])
        _record("rule_group.saved", row, by)
    return row


@occasion
def switch_group(group: RuleGroup, active: bool, *, by: Actor | None) -> RuleGroup:
    """Off: its rules are not asked. On again: the clocks of its time rules start anew."""
    row = RuleGroup.objects.select_for_update().get(pk=group.pk)
    if row.active == active:
        return row
    row.active = active
    row.save(update_fields=["active"])
    if active and row.list == RuleList.TIME:
        start_clocks()
    _record("rule_group.switched", row, by, active=active)
    return row


@occasion
def move_group(group: RuleGroup, places: int, *, by: Actor | None) -> None:
    """Moves a group with its rules up (negative) or down; over the end means to the end."""
    order = layout(group.list, lock=True)
    section = order.section(group)
    old = order.items.index(section)
    new = max(0, min(len(order.items) - 1, old + places))
    order.items.insert(new, order.items.pop(old))
    if number(order):
        _record("rule_group.moved", section.group, by, old=old, new=new)


@occasion
def delete_group(group: RuleGroup, *, by: Actor | None) -> None:
    """Its rules stay where they are. Those of a group that is off are switched off: deleting starts nothing."""
    order = layout(group.list, lock=True)
    section = order.section(group)
    at = order.items.index(section)
    order.items[at : at + 1] = section.rules
    number(order)
    if not section.group.active:
        Rule.objects.filter(pk__in=[rule.pk for rule in section.rules]).update(active=False)
    _record("rule_group.deleted", section.group, by)
    section.group.delete()


def _record(kind: str, group: RuleGroup, by: Actor | None, **data: object) -> None:
    record(kind, by=by, group=group.pk, title=group.title, list=group.list, **data)
