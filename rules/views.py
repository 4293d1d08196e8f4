"""What rules did with a case, for its agents: a page for each pass, and one on why nothing happened."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from helpdesk.cases.models import Case
from helpdesk.cases.services import reading
from helpdesk.events.models import Event
from helpdesk.inbox.access import for_agents
from helpdesk.users.models import Agent
from rules import limits, services
from rules.models import Run
from rules.services import showing

# Passes that the page of a case lists.
MOST = 50


@require_safe
@for_agents
def runs(request: HttpRequest, agent: Agent, number: str) -> HttpResponse:
    """The last passes, and what keeps rules from looking at this case."""
    case = _case(agent, number)
    context = {"case": case, "runs": showing.listed(case, MOST), "silences": services.why_none(case), **_who(agent)}
    return render(request, "rules/runs.html", context)


@require_safe
@for_agents
def run(request: HttpRequest, agent: Agent, number: str, pk: int) -> HttpResponse:
    """Each rule of one pass: what it did, or the condition that did not hold and the value it saw."""
    case = _case(agent, number)
    row = Run.objects.filter(pk=pk, case__in=reading.parts_of(case)).first()
    if row is None:
        raise Http404
    return render(request, "rules/run.html", {"case": case, "shown": showing.show(row), **_who(agent)})


@require_safe
@for_agents
def of_event(request: HttpRequest, agent: Agent, number: str, pk: int) -> HttpResponse:
    """The pass in which a rule caused this event; where its trace is gone, a page that says so."""
    case = _case(agent, number)
    event = Event.objects.filter(pk=pk, case_id__in=reading.parts_of(case)).first()
    if event is None:
        raise Http404
    found = showing.run_of(event)
    if found:
        return redirect("case_run", number=case.number, pk=found.pk)
    context = {"case": case, "title": showing.title_of(event), "days": limits.TRACE_KEPT.days, **_who(agent)}
    return render(request, "rules/gone.html", context)


def _case(agent: Agent, number: str) -> Case:
    try:
        return reading.find(agent, number)
    except Case.DoesNotExist:
        raise Http404 from None


def _who(agent: Agent) -> dict[str, Any]:
    return {"may_edit": agent.is_admin}
