"""Who may come in: agents with a session. What they may see is decided by the QuerySets."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone
from django.views.decorators.cache import never_cache

from helpdesk.users.models import Agent
from helpdesk.users.services import agents

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Agent, P], HttpResponse]


def for_agents(view: View[P]) -> Callable[..., HttpResponse]:
    """Calls the view with the agent who asks; sends others to sign in.

    A part of a page is answered with 401 and the way to sign in: a sign-in form has no place inside the page.
    """

    @wraps(view)
    def come_in(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        agent = request.user
        if isinstance(agent, Agent) and agent.is_active:
            if agent.seen_at is None or agent.seen_at < timezone.now() - agents.SIGN_OF_LIFE:
                agents.seen(agent.pk)
            return view(request, agent, *args, **kwargs)
        if request.headers.get("HX-Request"):
            return _sign_in_first(request)
        return redirect_to_login(request.get_full_path())

    return never_cache(come_in)


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    back: Any = urlsplit(request.headers.get("HX-Current-URL", "/"))
    here = f"{back.path or '/'}?{back.query}".rstrip("?")
    door = redirect_to_login(here, resolve_url(settings.LOGIN_URL))
    return HttpResponse(status=401, headers={"HX-Redirect": door["Location"]})
