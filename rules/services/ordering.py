"""The order of a list: groups, and rules without one, from top to bottom; the rules of a group follow each other.

One running number goes through all of it, so rules ordered by their position alone stand as they run.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.errors import Refusal
from rules.models import Rule, RuleGroup, RuleList
from rules.services import memory
from rules.services.clocks import start_clocks


class OrderChanged(Refusal):
    """An order was given that does not name just the rules and groups that the list has."""

    code: ClassVar[str] = "order_changed"
    status: ClassVar[int] = 409
    sentence = _("The rules of this list were changed in the meantime. Load the page again to see them as they are.")


class OtherList(Refusal):
    code: ClassVar[str] = "other_list"
    sentence = _("A rule moves within its own list only.")


@dataclass(eq=False)
class Section:
    """A group with its rules, in order."""

    group: RuleGroup
    rules: list[Rule] = field(default_factory=list)


Item = Rule | Section


@dataclass(eq=False)
class Layout:
    """One list as people see it: rules without a group, and groups."""

    items: list[Item]

    def rules(self) -> Iterator[Rule]:
        """From top to bottom, as they run."""
        for item in self.items:
            yield from item.rules if isinstance(item, Section) else [item]

    def sections(self) -> Iterator[Section]:
        return (item for item in self.items if isinstance(item, Section))

    def section(self, group: RuleGroup) -> Section:
        """Raises OtherList."""
        found = next((one for one in self.sections() if one.group.pk == group.pk), None)
        if found is None:
            raise OtherList
        return found

    def around(self, rule: Rule) -> tuple[list[Any], Section | None]:
        """Where a rule stands: among the rules of its section, or among the items. Raises OtherList."""
        section = next((one for one in self.sections() if rule in one.rules), None)
        if section is None and rule not in self.items:
            raise OtherList
        return (section.rules, section) if section else (self.items, None)

    def step(self, rule: Rule, way: int) -> bool:
        """A place up (-1) or down (1): over the edge of its group, and into a group that it meets."""
        rows, section = self.around(rule)
        at = rows.index(rule)
        if not 0 <= at + way < len(rows):
            if section is None:
                return False
            self.items.insert(self.items.index(section) + (way > 0), rows.pop(at))
            return True
        met = rows[at + way]
        row = rows.pop(at)
        if isinstance(met, Section):
            met.rules.insert(0 if way > 0 else len(met.rules), row)
        else:
            rows.insert(at + way, row)
        return True

    def put(self, rule: Rule, *, group: RuleGroup | None, before: Rule | None, after: Rule | None) -> None:
        """Right before or after another rule, in its group; else to the end of a group, or of the list."""
        beside = before or after
        if beside == rule:
            return
        rows, _section = self.around(rule)
        row = rows[rows.index(rule)]
        if beside is not None:
            target, _section = self.around(beside)
        else:
            target = self.section(group).rules if group else self.items
        rows.remove(row)
        at = len(target) if beside is None else target.index(beside) + (after is not None)
        target.insert(at, row)


def layout(name: str, *, rows: Iterable[Rule] | None = None, lock: bool = False) -> Layout:
    """A list in its order. rows: its rules, where they were read with more; lock: nobody else orders it meanwhile."""
    groups = RuleGroup.objects.filter(list=name)
    rules = Rule.objects.filter(list=name).order_by("pk")
    sections = {row.pk: Section(row) for row in (groups.order_by("pk").select_for_update() if lock else groups)}
    loose: list[tuple[tuple[int, int, int], Item]] = []
    found = rows if rows is not None else (rules.select_for_update() if lock else rules)
    for rule in sorted(found, key=lambda row: (row.position, row.pk)):
        if rule.group_id in sections:
            rule.group = sections[rule.group_id].group
            sections[rule.group_id].rules.append(rule)
        else:
            loose.append(((rule.position, 1, rule.pk), rule))
    loose += [((one.group.position, 0, one.group.pk), one) for one in sections.values()]
    return Layout([item for _key, item in sorted(loose, key=lambda pair: pair[0])])


def end(name: str) -> int:
    """A place after all rules and groups of a list."""
    tables = (Rule.objects.all(), RuleGroup.objects.all())
    lasts = [rows.filter(list=name).aggregate(last=Max("position"))["last"] for rows in tables]
    return max((last + 1 for last in lasts if last is not None), default=0)


def number(ordered: Layout) -> bool:
    """Writes the order down; gives whether it is another one."""
    rules, groups = [], []
    place = 0
    for item in ordered.items:
        section = item if isinstance(item, Section) else None
        if section:
            groups += _placed(section.group, place)
            place += 1
        for rule in section.rules if section else [item]:
            group_id = section.group.pk if section else None
            moved = rule.group_id != group_id  # type: ignore[union-attr]
            rule.group_id = group_id  # type: ignore[union-attr]
            rules += _placed(rule, place, moved)
            place += 1
    Rule.objects.bulk_update(rules, ["position", "group"])
    RuleGroup.objects.bulk_update(groups, ["position"])
    memory.revise()
    return bool(rules or groups)


def _placed(row: Any, place: int, moved: bool = False) -> list[Any]:
    """The row, if it has to be written."""
    changed = moved or row.position != place
    row.position = place
    return [row] if changed else []


@occasion
def move(rule: Rule, places: int, *, by: Actor | None) -> None:
    """Moves a rule up (negative) or down in its list, through groups; over the end means to the end."""
    order = layout(rule.list, lock=True)
    way = 1 if places > 0 else -1
    # From one end to the other takes a step for each rule, and two for each group.
    for _step in range(min(abs(places), 3 * len(order.items) + sum(1 for _rule in order.rules()))):
        if not order.step(rule, way):
            break
    _moved(order, rule, by)


@occasion
def put(
    rule: Rule,
    *,
    by: Actor | None,
    group: RuleGroup | None = None,
    before: Rule | None = None,
    after: Rule | None = None,
) -> None:
    """Puts a rule right before or after another one, in its group; else at the end of a group or of its list.

    Raises OtherList.
    """
    order = layout(rule.list, lock=True)
    order.put(rule, group=group, before=before, after=after)
    _moved(order, rule, by)


def _moved(order: Layout, rule: Rule, by: Actor | None) -> None:
    row = next(one for one in order.rules() if one == rule)
    old, group_id = row.position, row.group_id
    if not number(order):
        return
    rule.position, rule.group_id = row.position, row.group_id
    record("rule.moved", by=by, rule=row.pk, title=row.title, old=old, new=row.position, group=row.group_id)
    if row.list == RuleList.TIME and row.group_id != group_id:
        start_clocks()


@occasion
def arrange(name: str, order: list[tuple[int | None, list[int]]], *, by: Actor | None) -> None:
    """The whole order of a list at once. order: (None, [rule]) for a rule without a group, (group, [its rules]).

    Raises OrderChanged where these are not just the rules and groups of the list.
    """
    old = layout(name, lock=True)
    rules = {rule.pk: rule for rule in old.rules()}
    groups = {section.group.pk: section.group for section in old.sections()}
    named = [pk for _group, pks in order for pk in pks]
    named_groups = [group_id for group_id, _pks in order if group_id is not None]
    if sorted(named) != sorted(rules) or sorted(named_groups) != sorted(groups):
        raise OrderChanged
    before = {pk: rule.group_id for pk, rule in rules.items()}
    items: list[Item] = []
    for group_id, pks in order:
        rows = [rules[pk] for pk in pks]
        items += rows if group_id is None else [Section(groups[group_id], rows)]
    if number(Layout(items)):
        record("rules.ordered", by=by, list=name)
        if name == RuleList.TIME and any(rule.group_id != before[pk] for pk, rule in rules.items()):
            start_clocks()
