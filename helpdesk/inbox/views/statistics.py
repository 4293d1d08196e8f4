"""Numbers of the last days, by channel and by agent."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.cases.services import statistics
from helpdesk.inbox.access import for_agents
from helpdesk.users.models import Agent


@require_safe
@for_agents
def page(request: HttpRequest, agent: Agent) -> HttpResponse:
    asked = request.GET.get("days", "")
    period = asked if asked in statistics.PERIODS else statistics.USUAL
    context = {
        "agent": agent,
        "period": period,
        "periods": [(key, title) for key, (_length, title) in statistics.PERIODS.items()],
        "numbers": statistics.numbers(agent, period),
    }
    return render(request, "inbox/statistics.html", context)
