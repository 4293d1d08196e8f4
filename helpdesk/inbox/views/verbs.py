"""What an agent does with a case. Each edge finds the case, calls the verb, and shows the page again."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from helpdesk.cases import services as cases
from helpdesk.cases.actions import macros
from helpdesk.cases.models import Case, Macro, Message, Status
from helpdesk.cases.services import reading
from helpdesk.events.occasion import via
from helpdesk.inbox import snoozing
from helpdesk.inbox.access import for_agents
from helpdesk.inbox.people import everybody
from helpdesk.inbox.views.cases import address, find, refused
from helpdesk.lib.errors import Refusal
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent

P = ParamSpec("P")
Verb = Callable[Concatenate[HttpRequest, Agent, Case, P], None]


class NotOffered(Refusal):
    code = "not_offered"
    sentence = _("This page is out of date. Look again, please.")


def verb(do: Verb[P]) -> Callable[..., HttpResponse]:
    """A POST that does one thing to a case that the agent may see, then shows the case again."""

    @wraps(do)
    def view(request: HttpRequest, agent: Agent, number: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        case = find(agent, number)
        try:
            with via("inbox"):
                do(request, agent, case, *args, **kwargs)
        except Refusal as refusal:
            return refused(request, agent, number, refusal)
        return redirect(address(request, case))

    return require_POST(for_agents(cast(Callable[..., HttpResponse], view)))


@verb
def write(request: HttpRequest, agent: Agent, case: Case) -> None:
    """A reply or a note. `last`: the newest message that stood on the page."""
    text = request.POST.get("text", "")
    if request.POST.get("kind") == "note":
        cases.note(case, text, by=agent)
        return
    last = request.POST.get("last", "")
    cases.reply(case, text, by=agent, if_last_message_id=int(last) if last.isdecimal() else None)


@verb
def again(request: HttpRequest, agent: Agent, case: Case, message_id: int) -> None:
    """Sends what could not be delivered once more, and what waits at once."""
    cases.send_again(_message(case, message_id), by=agent)


@verb
def cancel(request: HttpRequest, agent: Agent, case: Case, message_id: int) -> None:
    """Takes back what waits to be sent."""
    cases.cancel_sending(_message(case, message_id), by=agent)


def _message(case: Case, message_id: int) -> Message:
    message = reading.messages_of(reading.parts_of(case)).filter(pk=message_id, note=False).first()
    if message is None:
        raise Http404
    return message


@verb
def assign(request: HttpRequest, agent: Agent, case: Case) -> None:
    """To an agent by id, to the one who asks (`me`), or to nobody."""
    wanted = request.POST.get("agent", "")
    if wanted == "me":
        cases.assign(case, agent, by=agent)
    elif not wanted:
        cases.assign(case, None, by=agent)
    else:
        cases.assign(case, _colleague(case, wanted), by=agent)


def _colleague(case: Case, wanted: str) -> Agent:
    found, may = everybody(case.channel).get(int(wanted) if wanted.isdecimal() else 0, (None, False))
    if found is None or not may:
        raise NotOffered
    return found


@verb
def status(request: HttpRequest, agent: Agent, case: Case) -> None:
    cases.set_status(case, _status(request), by=agent)


@verb
def end_chat(request: HttpRequest, agent: Agent, case: Case) -> None:
    cases.end_chat(case, _status(request), by=agent)


@verb
def snooze(request: HttpRequest, agent: Agent, case: Case) -> None:
    """`for`: a preset of the menu, or `now` to wake it; else `until`, as a field for date and time sends it."""
    wanted = request.POST.get("for", "")
    if wanted == "now":
        cases.wake(case, by=agent)
    else:
        cases.snooze(case, snoozing.until(wanted, request.POST.get("until", "")), by=agent)


@verb
def macro(request: HttpRequest, agent: Agent, case: Case) -> None:
    wanted = request.POST.get("macro", "")
    found = Macro.objects.of(agent).filter(pk=int(wanted)).first() if is_id(wanted) else None
    if found is None:
        raise Http404
    macros.run_macro(case, found, by=agent)


def _status(request: HttpRequest) -> Status:
    try:
        return Status(request.POST.get("status", ""))
    except ValueError:
        raise NotOffered from None
