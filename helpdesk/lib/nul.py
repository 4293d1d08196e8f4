"""Requests with a NUL in them: no person and no honest program writes one, and PostgreSQL takes it in no text."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

Next = Callable[[HttpRequest], Any]


@sync_and_async_middleware
def refused(get_response: Next) -> Next:
    """Middleware: answers 400 to a NUL in path, query or cookies. Bodies are checked where they are read."""
    if iscoroutinefunction(get_response):

        async def later(request: HttpRequest) -> Any:
            return _answer() if _has_nul(request) else await get_response(request)

        return later

    def now(request: HttpRequest) -> Any:
        return _answer() if _has_nul(request) else get_response(request)

    return now


def _has_nul(request: HttpRequest) -> bool:
    if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return True
    return any("\0" in value for value in request.COOKIES.values())


def _answer() -> HttpResponse:
    return HttpResponse("This address cannot be right.\n", status=400, content_type="text/plain; charset=utf-8")
