"""The conflicts that wait for a decision, one of them with its card, and the verdict."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from helpdesk.cases.models import Case
from helpdesk.events.occasion import via
from helpdesk.inbox import conflicts
from helpdesk.inbox.access import for_agents
from helpdesk.inbox.banners import banners
from helpdesk.inbox.trays import standing
from helpdesk.inbox.views.cases import address, find, page
from helpdesk.lib.errors import Refusal
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent, Conflict
from helpdesk.users.services import conflicts as verbs


@dataclass(frozen=True)
class Refused:
    """What was not done, to be shown where it was typed."""

    pk: int
    refusal: Refusal
    verdict: str
    reason: str


@require_safe
@for_agents
def index(request: HttpRequest, agent: Agent) -> HttpResponse:
    return render(request, "inbox/conflicts.html", _frame(request, agent))


@require_safe
@for_agents
def rows(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The parts of the page that change when there is a new one."""
    return render(request, "inbox/fresh_conflicts.html", _frame(request, agent))


@require_safe
@for_agents
def one(request: HttpRequest, agent: Agent, pk: int) -> HttpResponse:
    return render(request, "inbox/conflicts.html", _page(request, agent, pk))


@require_POST
@for_agents
def decide(request: HttpRequest, agent: Agent, pk: int) -> HttpResponse:
    """A verdict with its reason; `case`: the number of the case beside which it was given."""
    conflict = _find(agent, pk)
    case = _case(request, agent)
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    try:
        with via("inbox"):
            verbs.decide(conflict, verdict, reason=reason, by=agent)
    except Refusal as refusal:
        request.refused_conflict = Refused(pk, refusal, verdict, reason)  # type: ignore[attr-defined]
        return _again(request, agent, pk, case, refusal)
    return redirect(address(request, case) if case else reverse("inbox:conflict", args=[pk]))


def _again(request: HttpRequest, agent: Agent, pk: int, case: Case | None, refusal: Refusal) -> HttpResponse:
    """The page as it is now, with what was typed, and why it was not done."""
    if case:
        return render(request, "inbox/page.html", page(request, agent, case), status=refusal.status)
    return render(request, "inbox/conflicts.html", _page(request, agent, pk), status=refusal.status)


def _case(request: HttpRequest, agent: Agent) -> Case | None:
    number = request.POST.get("case", "")
    return find(agent, number) if number else None


def _find(agent: Agent, pk: int) -> Conflict:
    try:
        return conflicts.find(agent, pk)
    except Conflict.DoesNotExist:
        raise Http404 from None


def _page(request: HttpRequest, agent: Agent, pk: int) -> dict[str, Any]:
    conflict = _find(agent, pk)
    (card,) = conflicts.cards_of([conflict], agent)
    asking = conflicts.judges() if card.open and not agent.judges else []
    return _frame(request, agent, conflict) | {"card": card, "judges": asking}


def _frame(request: HttpRequest, agent: Agent, opened: Conflict | None = None) -> dict[str, Any]:
    """The list beside the card: those that wait, or, asked for or beside one of them, those that are decided."""
    is_open = opened.state == verbs.State.OPEN if opened else request.GET.get("state") != "decided"
    before = request.GET.get("before", "")
    found = conflicts.listed(agent, is_open=is_open, before=int(before) if is_id(before) else None)
    shown = found[: conflicts.ROWS]
    return {
        "agent": agent,
        **standing(agent)._asdict(),
        "tray": {"key": "conflicts"},
        "rows": [(row, conflicts.called(row, "profile"), conflicts.called(row, "account")) for row in shown],
        "is_open": is_open,
        "opened": opened.pk if opened else None,
        "next": shown[-1].pk if len(found) > conflicts.ROWS else None,
        "banners": partial(banners, request, agent),
    }
