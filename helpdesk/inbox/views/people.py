"""Who is who: merging and splitting people on a plan, and taking it back.

Each page is whole by itself; with the script of the inbox its middle part stands in a dialog over the case.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.events.occasion import via
from helpdesk.inbox import who
from helpdesk.inbox.access import for_agents
from helpdesk.inbox.views.frame import only
from helpdesk.lib.errors import Refusal
from helpdesk.lib.ids import is_id
from helpdesk.users.errors import NoReason, PlanStale
from helpdesk.users.models import Agent, Person, Plan, Profile
from helpdesk.users.services import plans, reading, searching, undoing

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Agent, Person, P], HttpResponse]
MOST_OPERATIONS = 30


def for_judges(view: View[P]) -> Callable[..., HttpResponse]:
    """Calls the view with a person whom the agent sees. Raises PermissionDenied where they may not judge, Http404."""

    @wraps(view)
    def come_in(request: HttpRequest, agent: Agent, person_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not agent.judges:
            raise PermissionDenied
        return view(request, agent, _person(agent, person_id), *args, **kwargs)

    return for_agents(cast(Callable[..., HttpResponse], come_in))


def _person(agent: Agent, text: str) -> Person:
    seen = reading.seen_by(agent).filter(person=int(text)) if is_id(text) else Profile.objects.none()
    profile = seen.select_related("person").first()
    if profile is None:
        raise Http404
    return profile.person


@require_safe
@for_judges
def merge(request: HttpRequest, agent: Agent, person: Person) -> HttpResponse:
    """With whom? Found by name, address or id."""
    text = request.GET.get("q", "")
    found = [(one, list(one.profiles.all())) for one in searching.people(agent, text, without=person)]
    people = [(one, who.called(one, profiles), profiles) for one, profiles in found]
    return _page(request, person, "merge", q=text, people=people, most=len(people) == searching.MOST)


@require_POST
@for_judges
def merge_plan(request: HttpRequest, agent: Agent, person: Person) -> HttpResponse:
    """with: the other person; into: who stays."""
    other, into = request.POST.get("with", ""), request.POST.get("into", "")
    if not is_id(other) or (into and not is_id(into)):
        raise Http404
    return _planned(
        request, person, lambda: plans.merge_plan([person.pk, int(other)], into=int(into or person.pk), by=agent)
    )


@require_safe
@for_judges
def split(request: HttpRequest, agent: Agent, person: Person) -> HttpResponse:
    """Which profiles are somebody else's?"""
    return _page(request, person, "split", profiles=_profiles(person))


@require_POST
@for_judges
def split_plan(request: HttpRequest, agent: Agent, person: Person) -> HttpResponse:
    ticked = request.POST.getlist("user")
    mine = {one.pk for one in _profiles(person)}
    if not all(is_id(one) and int(one) in mine for one in ticked):
        raise Http404
    return _planned(request, person, lambda: plans.split_plan(map(int, ticked), by=agent))


@require_POST
@for_judges
def decide(request: HttpRequest, agent: Agent, person: Person) -> HttpResponse:
    """Applies a plan that was shown; shows it again where the reason is missing, and a new one where it is stale."""
    plan_hash, reason = request.POST.get("plan_hash", ""), request.POST.get("reason", "")
    try:
        with via("inbox"):
            operation = plans.apply(plan_hash, reason=reason, by=agent)
    except (NoReason, PlanStale) as refusal:
        plan = plans.find(plan_hash, by=agent)
        if plan is None:
            return _refused(request, person, refusal)
        return _again(request, agent, person, plan, refusal)
    messages.success(request, who.DONE[operation.kind], extra_tags="ok")
    return _back(request)


def _again(request: HttpRequest, agent: Agent, person: Person, plan: Plan, refusal: Refusal) -> HttpResponse:
    make = (lambda: plan) if isinstance(refusal, NoReason) else (lambda: plans.again(plan, by=agent))
    typed = {"reason": request.POST.get("reason", ""), "errors": refusal.fields.get("reason", [])}
    try:
        told = None if refusal.fields else refusal
        return _planned(request, person, make, status=refusal.status, refusal=told, **typed)
    except Http404:
        return _refused(request, person, refusal)


@require_safe
@for_judges
def operations(request: HttpRequest, agent: Agent, person: Person) -> HttpResponse:
    return _operations(request, agent, person)


@require_POST
@for_judges
def undo(request: HttpRequest, agent: Agent, person: Person, pk: int) -> HttpResponse:
    operation = _about(agent, person).filter(pk=pk).first()
    if operation is None:
        raise Http404
    try:
        with via("inbox"):
            plans.undo(operation, reason=request.POST.get("reason", ""), by=agent)
    except Refusal as refusal:
        return _operations(request, agent, person, refusal=refusal)
    messages.success(request, _("It is as it was before."), extra_tags="ok")
    return _back(request)


def _operations(request: HttpRequest, agent: Agent, person: Person, refusal: Refusal | None = None) -> HttpResponse:
    rows = undoing.named(_about(agent, person)).order_by("-pk")[:MOST_OPERATIONS]
    status = refusal.status if refusal else 200
    return _page(request, person, "operations", status=status, done=who.listed(rows, agent), refusal=refusal)


def _about(agent: Agent, person: Person) -> Any:
    return reading.operations_of(person.pk, reading.operations_seen_by(agent))


def _profiles(person: Person) -> list[Profile]:
    return list(Profile.objects.filter(person=person).select_related("channel", "person").order_by("pk"))


def _planned(
    request: HttpRequest, person: Person, make: Callable[[], Plan], status: int = 200, **more: Any
) -> HttpResponse:
    """A plan, or why there is none."""
    try:
        plan = make()
    except Person.DoesNotExist:
        raise Http404 from None
    except Refusal as refusal:
        return _refused(request, person, refusal)
    people, into = plan.asked.get("people", []), plan.asked.get("into")
    both = {
        "other": next((one for one in people if one != person.pk), None),
        "swapped": next((one for one in people if one != into), None),
    }
    return _page(request, person, "plan", status=status, **both, **who.told(plan), **more)


def _refused(request: HttpRequest, person: Person, refusal: Refusal) -> HttpResponse:
    return _page(request, person, "refused", status=refusal.status, refusal=refusal)


def _page(request: HttpRequest, person: Person, part: str, status: int = 200, **context: Any) -> HttpResponse:
    kept = request.GET.copy()
    kept.pop("q", None)
    context |= {
        "person": person,
        "name": who.called(person, _profiles(person)),
        "part": f"inbox/person_{part}.html",
        "kept": kept.urlencode(),
        "kept_pairs": list(kept.items()),
        "back": _address(request),
    }
    return render(request, "inbox/person.html", context, status=status)


def _address(request: HttpRequest) -> str:
    """Where the agent came from: the case with the list beside it, or the inbox."""
    number = request.GET.get("case", "")
    kept = {name: request.GET[name] for name in ("view", "after") if name in request.GET}
    query = "&".join(part for part in (urlencode(kept), only(request)) if part)
    home = reverse("inbox:case", args=[number]) if number.replace("-", "").isalnum() else reverse("inbox:home")
    return home + (f"?{query}" if query else "")


def _back(request: HttpRequest) -> HttpResponse:
    """To the page below; a script that holds a dialog open is told where that is."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=200, headers={"HX-Redirect": _address(request)})
    return redirect(_address(request))
