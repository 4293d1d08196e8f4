"""What every page of the inbox has: the views with their numbers, and a list of cases."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from helpdesk.inbox.trays import BY_KEY, DEFAULT, Tray, counted, page
from helpdesk.users.models import Agent


def tray_asked(request: HttpRequest) -> Tray:
    """The view that an agent came from; the first one where none is named."""
    return BY_KEY.get(request.GET.get("view", ""), DEFAULT)


def frame(request: HttpRequest, agent: Agent, tray: Tray, *, open_case: str = "") -> dict[str, Any]:
    """The context of a page. open_case: the number of the case that stands beside the list."""
    after = request.GET.get("after", "")
    kept = {"view": tray.key} | ({"after": after} if after else {})
    return {
        "agent": agent,
        "tray": tray,
        "trays": counted(agent),
        "page": page(tray, agent, after),
        "after": after,
        "open_case": open_case,
        # Goes with every link and form, so that the list beside the case stays the same.
        "kept": urlencode(kept),
    }
