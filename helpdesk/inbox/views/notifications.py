"""What asks an agent to look: the list, its short form behind the bell, and what was read; and the agent's status."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.cases.models import Notification
from helpdesk.cases.services import notifying
from helpdesk.events.occasion import via
from helpdesk.inbox.access import for_agents
from helpdesk.inbox.banners import banners
from helpdesk.inbox.trays import MOST, standing
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent, AgentStatus
from helpdesk.users.services import agents

# On a page, and behind the bell.
ROWS, FEW = 25, 8
# Browsers take both for the same.
SLASHES = "/\\"


@require_safe
@for_agents
def index(request: HttpRequest, agent: Agent) -> HttpResponse:
    return render(request, "inbox/notifications.html", _frame(request, agent))


@require_safe
@for_agents
def rows(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The parts of the page that change when there is a new one."""
    return render(request, "inbox/fresh_notifications.html", _frame(request, agent))


@require_safe
@for_agents
def menu(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The newest, for the menu behind the bell."""
    found = Notification.objects.visible_to(agent)
    context = {"rows": found.select_related("case")[:FEW], "unread": found.unread()[:MOST].count()}
    return render(request, "inbox/bell_menu.html", context)


@require_POST
@for_agents
def read(request: HttpRequest, agent: Agent) -> HttpResponse:
    """`notification`: one by its id, which leads to its case; or `all`."""
    wanted = request.POST.get("notification", "")
    if wanted == "all":
        notifying.read_all(agent)
        return redirect("inbox:notifications")
    if not is_id(wanted):
        raise Http404
    try:
        found = notifying.read_one(agent, int(wanted))
    except Notification.DoesNotExist:
        raise Http404 from None
    return redirect("inbox:case", found.case.number)


@require_safe
@for_agents
def statuses(request: HttpRequest, agent: Agent) -> HttpResponse:
    """Which one the agent may choose: in the menu, or a page of its own without a script."""
    rows = [(one.pk, one.title, one.pk == agent.status_id, one.available) for one in AgentStatus.objects.all()]
    context = {"rows": rows, "name": "status", "address": reverse("inbox:agent_status"), "title": _("Your status")}
    return render(request, "inbox/choices.html" if request.headers.get("HX-Request") else "inbox/choose.html", context)


@require_POST
@for_agents
def status(request: HttpRequest, agent: Agent) -> HttpResponse:
    """The agent's own status, by id; then the page from where it was chosen."""
    wanted = request.POST.get("status", "")
    found = AgentStatus.objects.filter(pk=int(wanted)).first() if is_id(wanted) else None
    if found is None:
        raise Http404
    with via("inbox"):
        agents.set_status(agent, found, by=agent)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page of the desk on which somebody was; the first one for whoever does not say."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return reverse("inbox:home")
    parts = urlsplit(page)
    if parts.path == reverse("inbox:agent_statuses"):  # chosen there, without a script
        return reverse("inbox:home")
    # A path that begins with two slashes would lead to another host.
    return f"/{parts.path.lstrip(SLASHES)}" + (f"?{parts.query}" if parts.query else "")


def _frame(request: HttpRequest, agent: Agent) -> dict[str, Any]:
    before = request.GET.get("before", "")
    found = Notification.objects.visible_to(agent).select_related("case")
    if is_id(before):
        found = found.filter(pk__lt=int(before))
    shown = list(found[: ROWS + 1])
    return {
        "agent": agent,
        **standing(agent)._asdict(),
        "tray": {"key": "notifications"},
        "rows": shown[:ROWS],
        "before": before if is_id(before) else "",
        "next": shown[ROWS - 1].pk if len(shown) > ROWS else None,
        "banners": partial(banners, request, agent),
    }
