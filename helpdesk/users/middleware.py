"""Dates and words as the agent who asks has set them."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation


class AgentsZoneMiddleware:
    """Activates the agent's time zone and language; for others the desk's zone and the browser's language.

    Without a session cookie nobody is looked for: the API pays no query for it.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self.is_async:
            return self._later(request)
        settle(request, request.user if _has_session(request) else None)
        return self.get_response(request)

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        settle(request, await request.auser() if _has_session(request) else None)
        response: HttpResponseBase = await self.get_response(request)
        return response


def settle(request: HttpRequest, agent: Any) -> None:
    """Sets zone and language of this request. One that we no longer know is as good as none."""
    timezone.activate(_zone(getattr(agent, "timezone", "")))
    language = getattr(agent, "language", "")
    if language in dict(settings.LANGUAGES):
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


def _has_session(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or settings.DESK_TIME_ZONE)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(settings.DESK_TIME_ZONE)
