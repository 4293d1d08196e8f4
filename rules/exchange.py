"""Rules as JSON for a file: groups, labels, agents and choices by name, so that another desk can read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.cases.actions import ACTIONS
from helpdesk.events.services import Actor
from helpdesk.lib.fields import FIELDS, Field, remembered
from helpdesk.lib.fields.choices import from_names, to_names
from rules import drafts, services
from rules.drafts import Draft, Step, Term
from rules.models import Rule, RuleGroup, RuleList
from rules.services.grouping import TITLE_LIMIT


@dataclass(frozen=True)
class Change:
    """What a file does to one rule. verb: new, change or same. changes: {part: (before, after)}."""

    list: str
    title: str
    verb: str
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)


class WrongRules(Exception):
    """lines: one for each mistake, beginning with its place in the file, as `rules[2].all[0]: …`."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def export() -> list[dict[str, Any]]:
    """All rules, list by list, in their order."""
    with remembered():
        fields = FIELDS.now()
        rows = sorted(
            Rule.objects.with_parts().select_related("group"), key=lambda row: RuleList.values.index(row.list)
        )
        return [_shown(drafts.of(row), fields) | _group_of(row) for row in rows]


def _group_of(row: Rule) -> dict[str, str]:
    return {"group": row.group.title} if row.group else {}


def _shown(draft: Draft, fields: Mapping[str, Field]) -> dict[str, Any]:
    """A draft as a file has it."""
    return drafts.write(
        replace(
            draft,
            all=tuple(_term_named(term, fields) for term in draft.all),
            any=tuple(_term_named(term, fields) for term in draft.any),
            actions=tuple(_step_named(step) for step in draft.actions),
        )
    )


def _term_named(term: Term, fields: Mapping[str, Field]) -> Term:
    choices = fields[term.field].choices if term.field in fields else None
    return replace(term, value=to_names(choices, term.value)) if choices else term


def _step_named(step: Step) -> Step:
    if step.kind not in ACTIONS:
        return step
    inputs = {one.name: one for one in ACTIONS.get(step.kind).inputs}
    values = {
        name: inputs[name].to_names(value, step.values) if name in inputs else value
        for name, value in step.values.items()
    }
    return replace(step, values=values)


def _into(name: str, title: str, by: Actor | None) -> RuleGroup:
    """The group of this title. One without rules goes to the end, so that a file's order becomes the list's."""
    found = RuleGroup.objects.filter(list=name, title=title).first()
    group = found or services.make_group(name, title, by=by)
    if found and not found.rules.exists():
        services.move_group(group, Rule.objects.filter(list=name).count() + RuleGroup.objects.count(), by=by)
    return group


@transaction.atomic
def load(items: Any, *, by: Actor | None = None) -> list[Change]:
    """Makes and changes rules, found by list and title; deletes none. All or nothing: raises WrongRules.

    For a plan, call it in a transaction that is rolled back: then the file's other parts count, too.
    """
    if not isinstance(items, list):
        raise WrongRules([_("rules: this has to be a list")])
    with remembered():
        fields = FIELDS.now()
        wrong: list[str] = []
        wanted = [_read(item, f"rules[{index}]", fields, wrong) for index, item in enumerate(items)]
        groups = [_group(item, f"rules[{index}].group", wrong) for index, item in enumerate(items)]
        wrong += _twice(wanted)
        if wrong:
            raise WrongRules(wrong)
        return [_put(draft, group, fields, by) for draft, group in zip(wanted, groups, strict=True)]


def _group(item: Any, place: str, wrong: list[str]) -> str:
    """The title of a rule's group; empty where the file speaks of none, and the rule stays where it is."""
    title = item.get("group", "") if isinstance(item, Mapping) else ""
    if not isinstance(title, str) or len(title) > TITLE_LIMIT:
        wrong.append(_("%(place)s: this has to be the title of a group") % {"place": place})
        return ""
    return " ".join(title.split())


def _read(item: Any, place: str, fields: Mapping[str, Field], wrong: list[str]) -> Draft:
    if isinstance(item, Mapping):
        item = {name: value for name, value in item.items() if name != "group"}
    draft, misshapen = drafts.read(item)
    draft = replace(
        draft,
        all=tuple(_term_stored(term, fields) for term in draft.all),
        any=tuple(_term_stored(term, fields) for term in draft.any),
        actions=tuple(_step_stored(step) for step in draft.actions),
    )
    clean, errors = drafts.check(draft, fields)
    wrong += [f"{place}{_path(path)}: {sentence}" for path, sentence in {**errors, **misshapen}.items()]
    return clean


def _path(path: str) -> str:
    """ "actions.1.texts" → ".actions[1].texts"."""
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in path.split(".") if part)


def _term_stored(term: Term, fields: Mapping[str, Field]) -> Term:
    choices = fields[term.field].choices if term.field in fields else None
    return replace(term, value=from_names(choices, term.value)) if choices else term


def _step_stored(step: Step) -> Step:
    if step.kind not in ACTIONS:
        return step
    inputs = {one.name: one for one in ACTIONS.get(step.kind).inputs}
    values = {name: inputs[name].from_names(value) if name in inputs else value for name, value in step.values.items()}
    return replace(step, values=values)


def _twice(wanted: list[Draft]) -> list[str]:
    seen: set[tuple[str, str]] = set()
    wrong = []
    for index, draft in enumerate(wanted):
        if (draft.list, draft.title) in seen:
            wrong.append(_("rules[%d].title: the file has this rule twice") % index)
        seen.add((draft.list, draft.title))
    return wrong


def _put(draft: Draft, group: str, fields: Mapping[str, Field], by: Actor | None) -> Change:
    rows = Rule.objects.filter(list=draft.list, title=draft.title).with_parts().select_related("group")
    row = rows.first()
    before = _shown(drafts.of(row), fields) if row else {}
    after = _shown(draft, fields)
    changes = {part: (before[part], after[part]) for part in before if before[part] != after[part]}
    old = row.group.title if row and row.group else ""
    saved = services.save(draft, rule=row, by=by)
    if group and group != old:
        services.put(saved, group=_into(draft.list, group, by), by=by)
        changes |= {"group": (old, group)} if row else {}
    return Change(draft.list, draft.title, "change" if changes else "same" if row else "new", changes)
