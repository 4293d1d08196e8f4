"""The list of cases."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.inbox.access import for_agents
from helpdesk.inbox.trays import BY_KEY, DEFAULT, Tray
from helpdesk.inbox.views.frame import frame
from helpdesk.users.models import Agent


@require_safe
@for_agents
def home(request: HttpRequest, agent: Agent) -> HttpResponse:
    return render(request, "inbox/page.html", frame(request, agent, DEFAULT))


@require_safe
@for_agents
def tray(request: HttpRequest, agent: Agent, key: str) -> HttpResponse:
    return render(request, "inbox/page.html", frame(request, agent, _tray(key)))


@require_safe
@for_agents
def rows(request: HttpRequest, agent: Agent, key: str) -> HttpResponse:
    """The parts of the page that change when any case does."""
    context = frame(request, agent, _tray(key), open_case=request.GET.get("open", ""))
    return render(request, "inbox/fresh_list.html", context)


def _tray(key: str) -> Tray:
    try:
        return BY_KEY[key]
    except KeyError:
        raise Http404 from None
