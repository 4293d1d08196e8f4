"""What every page of the inbox has: the views with their numbers, and a list of cases."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from helpdesk.channels.models import Channel
from helpdesk.inbox.banners import banners
from helpdesk.inbox.trays import BY_KEY, DEFAULT, Tray, page, standing
from helpdesk.lib.ids import is_id
from helpdesk.users.models import Agent


def tray_asked(request: HttpRequest) -> Tray:
    """The view that an agent came from; the first one where none is named."""
    return BY_KEY.get(request.GET.get("view", ""), DEFAULT)


def only(request: HttpRequest) -> str:
    """The filter in the address of a list, to be kept in another: `channel=5`, or nothing."""
    asked = request.GET.get("channel", "")
    return urlencode({"channel": asked}) if is_id(asked) else ""


def frame(request: HttpRequest, agent: Agent, tray: Tray, *, open_case: str = "") -> dict[str, Any]:
    """The context of a page. open_case: the number of the case that stands beside the list."""
    after = request.GET.get("after", "")
    channels = _channels(agent)
    channel = next((one for one in channels if str(one.pk) == request.GET.get("channel")), None)
    kept = {"view": tray.key} | ({"channel": channel.pk} if channel else {}) | ({"after": after} if after else {})
    return {
        "agent": agent,
        "tray": tray,
        **standing(agent)._asdict(),
        "page": page(tray, agent, after, channel),
        "after": after,
        "open_case": open_case,
        "channels": channels,
        "channel": channel,
        # In the address of a list; the view is in its path.
        "only": only(request),
        # Goes with every link and form, so that the list beside the case stays the same.
        "kept": urlencode(kept),
        # Asked for by whole pages only.
        "banners": partial(banners, request, agent),
    }


def _channels(agent: Agent) -> list[Channel]:
    """Those whose cases this agent may see, by title."""
    rows = Channel.objects.all()
    return list(rows if agent.is_admin else rows.filter(pk__in=agent.channels.values("pk")))
