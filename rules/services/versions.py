"""What a rule was before: each save is a version; two can be compared, an old one put back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.events.services import Actor
from helpdesk.lib.errors import Refusal
from helpdesk.lib.fields import FIELDS, Field, remembered
from rules import drafts, summary
from rules.drafts import Draft
from rules.models import Rule, RuleVersion


class RuleChanged(Refusal):
    """Somebody saved the rule meanwhile. lines: what is different now, in words."""

    code = "rule_changed"
    status = 409
    sentence = gettext_lazy("This rule was changed in the meantime. What is different now: %s")

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def __str__(self) -> str:
        return str(self.sentence) % " · ".join(self.lines)


def keep(row: Rule, draft: Draft, *, by: Actor | None) -> None:
    """Keeps what a rule is from now on, and what it was, where that was never kept."""
    kind, pk = by.actor if by else ("desk", None)
    body = drafts.write(draft)
    RuleVersion.objects.create(rule=row, number=row.version, body=body, actor_kind=kind, actor_id=pk)


def keep_present(row: Rule) -> None:
    """For a rule that is older than this table: its present state, before it is changed."""
    if not row.versions.filter(number=row.version).exists():
        RuleVersion.objects.create(rule=row, number=row.version, body=drafts.write(drafts.of(row)), at=row.updated_at)


def check(row: Rule, seen: int) -> None:
    """Raises RuleChanged where the rule is not the version that was seen any more."""
    if row.version == seen:
        return
    before = row.versions.filter(number=seen).first()
    lines = difference(draft_of(before), drafts.of(row)) if before else []
    raise RuleChanged(lines or [_("version %(now)d instead of %(seen)d") % {"now": row.version, "seen": seen}])


def draft_of(version: RuleVersion) -> Draft:
    draft, _errors = drafts.read(version.body)
    return draft


@dataclass(frozen=True)
class Part:
    """A part of a rule in two versions. lines: (added, removed or kept; in words), in order."""

    title: str
    lines: list[tuple[str, str]]

    @property
    def changed(self) -> bool:
        return any(change != KEPT for change, _line in self.lines)


ADDED, REMOVED, KEPT = "added", "removed", "kept"


def compared(before: Draft, after: Draft) -> list[Part]:
    """Two versions side by side, row by row; parts that are empty in both are left out."""
    with remembered():
        fields = FIELDS.now()
        sides = [_whole(draft, fields) for draft in (before, after)]
    parts = [Part(title, list(_lines(old, new))) for (title, old), (_title, new) in zip(*sides, strict=True)]
    return [part for part in parts if part.lines]


def _whole(draft: Draft, fields: Mapping[str, Field]) -> list[tuple[str, list[str]]]:
    """A rule in words, by parts."""
    stop = _("It stops after this rule") if draft.stop else _("It goes on after this rule")
    return [
        (_("Title"), [draft.title]),
        (_("If all of these are true"), _terms(draft, "all", fields)),
        (_("and any of these"), _terms(draft, "any", fields)),
        (_("Then do this, in order"), _steps(draft)),
        (_("After it"), [stop]),
    ]


def _lines(before: list[str], after: list[str]) -> Iterable[tuple[str, str]]:
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from ((KEPT, line) for line in before[i:j])
        else:
            yield from ((REMOVED, line) for line in before[i:j])
            yield from ((ADDED, line) for line in after[k:m])


def difference(before: Draft, after: Draft) -> list[str]:
    """What the second has that the first has not, and the other way round, a sentence each."""
    with remembered():
        fields = FIELDS.now()
        lines = list(_plain(before, after))
        lines += _changes(_("Condition"), _terms(before, "all", fields), _terms(after, "all", fields))
        lines += _changes(_("Condition of “any”"), _terms(before, "any", fields), _terms(after, "any", fields))
        return lines + _changes(_("Action"), _steps(before), _steps(after))


def _plain(before: Draft, after: Draft) -> Iterable[str]:
    if before.title != after.title:
        yield _("Title: “%(old)s” is now “%(new)s”") % {"old": before.title, "new": after.title}
    if before.stop != after.stop:
        yield _("It stops after this rule now") if after.stop else _("It goes on after this rule now")


def _terms(draft: Draft, block: str, fields: Mapping[str, Field]) -> list[str]:
    return [summary.term(one, fields) for one in getattr(draft, block)]


def _steps(draft: Draft) -> list[str]:
    """With all that was entered: two messages may differ in their text alone."""
    return [
        " ".join([summary.step(one), *(f"“{text}”" for text in _texts(one.values))]).strip() for one in draft.actions
    ]


def _texts(values: Mapping[str, object]) -> Iterable[str]:
    for value in values.values():
        if isinstance(value, Mapping):
            yield from (f"{code}: {text}" for code, text in value.items())


def _changes(name: str, before: list[str], after: list[str]) -> list[str]:
    lines = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            lines += [_("%(what)s removed: %(line)s") % {"what": name, "line": one} for one in before[i:j]]
            lines += [_("%(what)s added: %(line)s") % {"what": name, "line": one} for one in after[k:m]]
    return lines
