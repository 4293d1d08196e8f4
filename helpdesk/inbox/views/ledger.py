"""The ledger of one person: a page, and the same as a file."""

import csv
import io
import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from helpdesk.inbox import ledger
from helpdesk.inbox.access import for_agents
from helpdesk.inbox.people import name_of
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent, Profile
from helpdesk.users.services import ledger as kept
from helpdesk.users.services import reading

NUMBER = re.compile(r"\d{3}-\d{6}", re.ASCII)


@require_safe
@for_agents
def page(request: HttpRequest, agent: Agent, person_id: str) -> HttpResponse:
    """Newest first, `before` an event's id, of one `group` or of all."""
    profile, group = find(agent, person_id), _group(request)
    events = kept.of(profile.person, agent, group)
    before, case = request.GET.get("before", ""), request.GET.get("case", "")
    if is_id(before):
        events = events.filter(pk__lt=int(before))
    entries = ledger.entries(events[: ledger.SHOWN + 1], profile.person, agent)
    more = len(entries) > ledger.SHOWN
    entries = entries[: ledger.SHOWN]
    context: dict[str, Any] = {
        "agent": agent,
        "person": profile.person,
        "name": name_of(profile),
        "entries": entries,
        "next": entries[-1].id if more else None,
        "later": is_id(before),
        "group": group,
        "groups": ledger.groups(group),
        "case": case if NUMBER.fullmatch(case) else "",
    }
    return render(request, "inbox/ledger.html", context)


@require_safe
@for_agents
def table(request: HttpRequest, agent: Agent, person_id: str) -> HttpResponse:
    """The same entries as CSV (RFC 4180), in UTF-8 with a mark at its beginning, by which spreadsheets know it."""
    profile, group = find(agent, person_id), _group(request)
    events = kept.of(profile.person, agent, group)[: ledger.MOST_ROWS]
    file = io.StringIO()
    csv.writer(file).writerows(ledger.table(events, profile.person, agent))
    made = HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    day = timezone.localdate().isoformat()
    made["Content-Disposition"] = f'attachment; filename="ledger-{profile.person_id}-{day}.csv"'
    return made


def find(agent: Agent, person_id: str) -> Profile:
    """The first profile of a person whom the agent may see. Raises Http404 for all others."""
    theirs = reading.seen_by(agent).filter(person=int(person_id)) if is_id(person_id) else Profile.objects.none()
    profile = theirs.select_related("person", "channel").order_by("pk").first()
    if profile is None:
        raise Http404
    return profile


def _group(request: HttpRequest) -> str:
    asked = request.GET.get("group", "")
    return asked if asked in kept.GROUPS else ""
