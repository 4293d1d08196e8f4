"""One case: its page, and the parts of it that change."""

from typing import Any

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.cases.models import Case, Macro
from helpdesk.cases.services import mentions, reading
from helpdesk.inbox import snoozing, timeline
from helpdesk.inbox.access import for_agents
from helpdesk.inbox.people import Names, everybody, name_of
from helpdesk.inbox.views.frame import frame, only, tray_asked
from helpdesk.lib.errors import Refusal
from helpdesk.users.models import Agent, Link

# More of them nobody finds in a menu.
MOST_MACROS = 50


@require_safe
@for_agents
def case(request: HttpRequest, agent: Agent, number: str) -> HttpResponse:
    found = find(agent, number)
    if found.number != number:
        return redirect(address(request, found))
    return render(request, "inbox/page.html", page(request, agent, found))


@require_safe
@for_agents
def fresh(request: HttpRequest, agent: Agent, number: str) -> HttpResponse:
    """Header, timeline and panels, each for its own place in the page. What the agent is typing stays."""
    found = find(agent, number)
    context = {"agent": agent, "kept": request.GET.urlencode(), "only": only(request), "tray": tray_asked(request)}
    return render(request, "inbox/fresh_case.html", context | details(request, agent, found))


@require_safe
@for_agents
def colleagues(request: HttpRequest, agent: Agent, number: str) -> JsonResponse:
    """Whom a note about this case can name: {"names": [["Ben Adler", "agent"], ["Support", "group"]]}."""
    return JsonResponse({"names": mentions.titles_for(find(agent, number))})


@require_safe
@for_agents
def macros(request: HttpRequest, agent: Agent, number: str) -> HttpResponse:
    """Those that this agent may run here: in the menu, or a page of its own without a script."""
    case = find(agent, number)
    context = {
        "rows": [(one.pk, one.title, None, None) for one in Macro.objects.of(agent)[:MOST_MACROS]],
        "name": "macro",
        "address": f"{reverse('inbox:macro', args=[case.number])}?{request.GET.urlencode()}",
        "title": _("Macros"),
    }
    return render(request, "inbox/choices.html" if request.headers.get("HX-Request") else "inbox/choose.html", context)


def find(agent: Agent, number: str) -> Case:
    """The case that the agent asks for, or the one that it was merged into. Raises Http404 for all others."""
    try:
        found = reading.find(agent, number)
        if found.merged_into:
            found = reading.find(agent, found.merged_into.number)
    except Case.DoesNotExist:
        raise Http404 from None
    return found


def address(request: HttpRequest, case: Case) -> str:
    """The page of a case, with the list that stands beside it now."""
    query = request.GET.urlencode()
    return reverse("inbox:case", args=[case.number]) + (f"?{query}" if query else "")


def refused(request: HttpRequest, agent: Agent, number: str, refusal: Refusal) -> HttpResponse:
    """The page as it is now, with what was typed, and why it was not done."""
    context = page(request, agent, find(agent, number))
    context |= {"refusal": refusal, "typed": request.POST.get("text", ""), "kind": request.POST.get("kind", "reply")}
    return render(request, "inbox/page.html", context, status=refusal.status)


def page(request: HttpRequest, agent: Agent, case: Case) -> dict[str, Any]:
    tray = tray_asked(request)
    return frame(request, agent, tray, open_case=case.number) | details(request, agent, case)


def details(request: HttpRequest, agent: Agent, case: Case) -> dict[str, Any]:
    """All that is shown of one case."""
    person = case.profile.person
    prefetch_related_objects([person], Prefetch("links", Link.objects.select_related("profile__channel", "operation")))
    if getattr(case, "has_labels", False):
        prefetch_related_objects([case], "labels")
    agents = everybody(case.channel)
    names = Names(name_of(case.profile), {pk: one for pk, (one, _may) in agents.items()})
    shown = request.GET.get("show", "")
    number = int(shown) if shown.isdecimal() and len(shown) < 6 else timeline.SHOWN
    return {
        "case": case,
        "timeline": timeline.read(case, names, person.links.all(), number),
        "has_macros": getattr(case, "has_macros", True),
        "snoozes": snoozing.choices(),
        "team": [one for one, may in agents.values() if may],
        "panels": [_panel(request, path, case, agent) for path in settings.INBOX_PANELS],
    }


def _panel(request: HttpRequest, path: str, case: Case, agent: Agent) -> SafeString:
    """A panel as markup; higher apps hang theirs in by name."""
    made = import_string(path)(case, agent)
    if made is None:
        return SafeString()
    template, context = made
    return render_to_string(template, {**context, "case": case, "agent": agent}, request=request)
