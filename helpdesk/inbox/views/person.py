"""The page of one person: who they are, how we know, what is known, and their cases."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.cases.services import reading
from helpdesk.events.occasion import via
from helpdesk.inbox import known, sureness, user_form
from helpdesk.inbox.access import for_agents
from helpdesk.inbox.people import name_of
from helpdesk.inbox.views.ledger import find
from helpdesk.lib.errors import Refusal
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent, CustomField, FieldLevel, Link, Person, Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.services import blocking, values

CASES = 25


@require_safe
@for_agents
def page(request: HttpRequest, agent: Agent, person_id: str) -> HttpResponse:
    """Their cases newest first, `before` an id."""
    profile = find(agent, person_id)
    return _page(request, agent, profile, user_form.fields_of(profile.person))


@require_POST
@for_agents
def save(request: HttpRequest, agent: Agent, person_id: str) -> HttpResponse:
    """Says what the agent changed; what was not changed here may have been changed elsewhere meanwhile, and stays."""
    profile = find(agent, person_id)
    fields = user_form.typed(user_form.fields_of(profile.person), request.POST)
    try:
        with via("inbox"):
            values.say(profile, Source.AGENT, user_form.said(fields, profile.person), by=agent)
    except Refusal as refusal:
        fields = user_form.with_errors(fields, refusal.fields)
        return _page(request, agent, profile, fields, status=422)
    messages.success(request, _("Saved."))
    return redirect("inbox:person", profile.person_id)


@require_POST
@for_agents
def block(request: HttpRequest, agent: Agent, person_id: str) -> HttpResponse:
    """`blocked`: yes or no."""
    person = find(agent, person_id).person
    wanted = request.POST.get("blocked") == "yes"
    if wanted != person.blocked:
        with via("inbox"):
            (blocking.block if wanted else blocking.unblock)(person, by=agent)
    said = _("Blocked: what they write makes no case any more.") if wanted else _("Not blocked any more.")
    messages.success(request, said)
    return redirect("inbox:person", person.pk)


def _page(
    request: HttpRequest, agent: Agent, profile: Profile, fields: list[user_form.Field], *, status: int = 200
) -> HttpResponse:
    links = Link.objects.filter(until=None).select_related("profile__channel").order_by("profile_id")
    person = (
        Person.objects.select_related("company").prefetch_related(Prefetch("links", links)).get(pk=profile.person_id)
    )
    told = known.of(person, list(CustomField.objects.filter(active=True, on_user_page=True)))
    best = max(told.links, key=lambda link: (link.profile.level, -link.profile_id))
    cases, more = _cases(request, agent, person)
    context: dict[str, Any] = {
        "agent": agent,
        "person": person,
        "name": name_of(profile),
        "sure": sureness.of_link(best, best.profile.level, told.who),
        "addresses": told.addresses(None),
        "company_rows": list(known.of_fields(told.fields, FieldLevel.COMPANY, known.company_values(person))),
        "rows": told.rows,
        "metadata": told.metadata,
        "origin": told.origin,
        "claims": told.claims(person),
        "fields": fields,
        "failed": any(one.error for one in fields),
        "cases": cases,
        "next": cases[-1].pk if more else None,
    }
    return render(request, "inbox/user_page.html", context, status=status)


def _cases(request: HttpRequest, agent: Agent, person: Person) -> tuple[list[Any], bool]:
    before = request.GET.get("before", "")
    found = reading.seen_by(agent).whole().of_person(person).select_related("channel", "assignee").order_by("-pk")
    if is_id(before):
        found = found.filter(pk__lt=int(before))
    rows = list(found[: CASES + 1])
    return rows[:CASES], len(rows) > CASES
