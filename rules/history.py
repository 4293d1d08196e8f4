"""What the pages about one rule tell: its versions, and what a try of it gave."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.cases.models import Case
from helpdesk.cases.services import reading
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent
from rules import drafts, services, summary
from rules.drafts import Draft
from rules.models import Rule, RuleVersion
from rules.services import memory, trying, versions

MOST_VERSIONS = 100
DAYS = (1, 7, 30, trying.MOST_DAYS)


def told(rule: Rule) -> list[tuple[RuleVersion, str, list[str]]]:
    """(version, who saved it, what it changed), newest first."""
    rows = list(rule.versions.all()[: MOST_VERSIONS + 1])
    ids = {row.actor_id for row in rows if row.actor_kind == "agent" and row.actor_id}
    names = {agent.pk: str(agent) for agent in Agent.objects.filter(pk__in=ids)}
    found = []
    for row, older in zip(rows[:MOST_VERSIONS], [*rows[1:], None], strict=False):
        lines = services.difference(versions.draft_of(older), versions.draft_of(row)) if older else []
        found.append((row, names.get(row.actor_id or 0, ""), lines))
    return found


def tried(name: str, sent: Mapping[str, str], agent: Agent) -> dict[str, Any]:
    """The context of the part of a page that tells it. sent: draft (JSON), title, and case or days."""
    try:
        draft = _draft(name, sent)
        if "days" in sent:
            days = int(sent["days"]) if is_id(sent["days"]) else DAYS[1]
            steps = [summary.step(step) for step in draft.actions]
            return {"history": services.on_history(draft, days, agent), "done": steps}
        case = _case(sent.get("case", "").strip(), agent)
        if case is None:
            return {"problem": _("There is no such case.")}
        return {"case": case, "trial": services.on_case(draft, case)}
    except services.BadRule as refusal:
        wrong = (f"{memory.place(path)}: {sentence}" for path, sentence in refusal.errors.items())
        return {"problem": _("Put this right first. %(wrong)s") % {"wrong": " ".join(wrong)}}


def _draft(name: str, sent: Mapping[str, str]) -> Draft:
    """Raises BadRule."""
    draft, errors = drafts.read({**drafts.rows(sent.get("draft", "")), "list": name, "title": sent.get("title") or "-"})
    if errors:
        raise services.BadRule(errors)
    return draft


def _case(text: str, agent: Agent) -> Case | None:
    by: dict[str, Any] = {"number": text} if "-" in text else {"pk": int(text)} if is_id(text) else {"pk": 0}
    return reading.seen_by(agent).select_related("profile__person", "channel").filter(**by).first()
