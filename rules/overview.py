"""What the page of a list shows of each rule: its number, what it does, and whether it ever did."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from helpdesk.lib.fields import FIELDS, remembered
from rules import drafts, services, summary
from rules.models import Rule, RuleGroup
from rules.services.ordering import Section

# A rule that is on and has not fired for so long may be one that nobody needs, or that never can.
IDLE = timedelta(days=30)
# From so many rules on, a list is asked for words.
MANY = 20


@dataclass(frozen=True)
class Line:
    """One rule. number: its place in the whole list, from 1. idle: on for long, and has not fired in that time."""

    number: int
    rule: Rule
    when: str
    then: str
    paused: int
    idle: bool


@dataclass(frozen=True)
class Block:
    """A rule without a group, or a group with its rules. size: of the group, also where not all are shown."""

    group: RuleGroup | None
    lines: list[Line]
    size: int = 1


@dataclass(frozen=True)
class Overview:
    """A list. words: what was asked for; then `blocks` has only what fits, and cannot be put in order."""

    blocks: list[Block]
    count: int
    shown: int
    words: str = ""

    @property
    def many(self) -> bool:
        return self.count > MANY


def overview(name: str, words: str = "") -> Overview:
    """The rules and groups of a list. The same number of queries for few and for many."""
    now = timezone.now()
    running = Count("pauses", filter=Q(pauses__until__gt=now, pauses__lifted_at=None))
    rows = Rule.objects.filter(list=name).with_parts().annotate(paused=running)
    layout = services.layout(name, rows=rows)
    wanted = words.casefold().split()
    with remembered():
        fields = FIELDS.now()
        lines = {}
        for number, rule in enumerate(layout.rules(), 1):
            draft = drafts.of(rule)
            when, then = summary.conditions(draft, fields), summary.actions(draft)
            lines[rule.pk] = Line(number, rule, when, then, rule.paused, _idle(rule, now))  # type: ignore[attr-defined]
    blocks = list(_blocks(layout, lines, wanted))
    return Overview(blocks, len(lines), sum(len(block.lines) for block in blocks), " ".join(words.split()))


def _idle(rule: Rule, now: datetime) -> bool:
    long_ago = now - IDLE
    return rule.is_running and rule.created_at < long_ago and (rule.fired_at is None or rule.fired_at < long_ago)


def _blocks(layout: services.Layout, lines: dict[int, Line], wanted: list[str]) -> Iterator[Block]:
    for item in layout.items:
        group, rules = (item.group, item.rules) if isinstance(item, Section) else (None, [item])
        title = group.title if group else ""
        found = [lines[rule.pk] for rule in rules if _fits(lines[rule.pk], title, wanted)]
        if found or not wanted:
            yield Block(group, found, len(rules))


def _fits(line: Line, group: str, wanted: list[str]) -> bool:
    text = f"{line.rule.title} {line.when} {line.then} {line.rule.problem} {group}".casefold()
    return all(word in text for word in wanted)
