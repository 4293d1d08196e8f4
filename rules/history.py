"""What the pages about one rule tell: its versions, and what a try of it gave."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.cases.services import reading
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent
from rules import drafts, services, summary
from rules.drafts import Draft
from rules.models import Rule, RuleVersion
from rules.services import looking_back, memory, versions

MOST_VERSIONS = 100
DAYS = (7, 30, looking_back.MOST_DAYS)
USUAL_DAYS = 30


def told(rule: Rule) -> list[tuple[RuleVersion, str, list[str]]]:
    """(version, who saved it, what it changed), newest first."""
    rows = list(rule.versions.all()[: MOST_VERSIONS + 1])
    names = authors(rows)
    found = []
    for row, older in zip(rows[:MOST_VERSIONS], [*rows[1:], None], strict=False):
        lines = services.difference(versions.draft_of(older), versions.draft_of(row)) if older else []
        found.append((row, names.get(row.actor_id or 0, ""), lines))
    return found


def authors(rows: Iterable[RuleVersion]) -> dict[int, str]:
    """{agent: name} of those who saved these versions."""
    ids = {row.actor_id for row in rows if row.actor_kind == "agent" and row.actor_id}
    return {agent.pk: str(agent) for agent in Agent.objects.filter(pk__in=ids)}


def compared(rule: Rule, older: int, newer: int) -> dict[str, Any] | None:
    """Two versions side by side, for a page; None where one of them is not kept."""
    rows = {row.number: row for row in rule.versions.filter(number__in={older, newer})}
    if not {older, newer} <= set(rows):
        return None
    parts = versions.compared(versions.draft_of(rows[older]), versions.draft_of(rows[newer]))
    return {"older": rows[older], "newer": rows[newer], "parts": parts}


def tried(name: str, sent: Mapping[str, str], agent: Agent) -> dict[str, Any]:
    """The context of the part of a page that tells it. sent: draft (JSON), title, and case or days."""
    try:
        draft = _draft(name, sent)
        if "days" in sent:
            days = int(sent["days"]) if is_id(sent["days"]) else USUAL_DAYS
            return _over(draft, days, sent, agent)
        case = reading.named(agent, sent.get("case", "").strip())
        if case is None:
            return {"problem": _("There is no such case.")}
        return {"case": case, "trial": services.on_case(draft, case)}
    except services.BadRule as refusal:
        wrong = (f"{memory.place(path)}: {sentence}" for path, sentence in refusal.errors.items())
        return {"problem": _("Put this right first. %(wrong)s") % {"wrong": " ".join(wrong)}}


def _over(draft: Draft, days: int, sent: Mapping[str, str], agent: Agent) -> dict[str, Any]:
    """What a look over some days found, with what the looks before it had counted."""
    found = services.on_history(draft, days, agent, after=sent.get("after", ""))
    before = [int(sent[name]) if is_id(sent.get(name, "")) else 0 for name in ("asked", "matched")]
    counts = {"asked": before[0] + found.asked, "matched": before[1] + found.matched}
    return {"history": found, "days": days, **counts, "done": [summary.step(step) for step in draft.actions]}


def _draft(name: str, sent: Mapping[str, str]) -> Draft:
    """Raises BadRule."""
    draft, errors = drafts.read({**drafts.rows(sent.get("draft", "")), "list": name, "title": sent.get("title") or "-"})
    if errors:
        raise services.BadRule(errors)
    return draft
