"""The database is away: whoever asks is told to come again in a moment, and never shown more than that."""

import logging
import sqlite3
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.defaults import server_error

RETRY_AFTER = 5  # seconds
CODE = "unavailable"
PROBLEM = "application/problem+json"
# SQLite has one class of errors for a missing table and for a moment's trouble; these are about the moment.
MOMENTARY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")


def is_away(error: BaseException | None) -> bool:
    """Whether the database could not be used at this moment: gone, starting, full, or somebody held a lock too long."""
    if not isinstance(error, InterfaceError | OperationalError):
        return False
    if isinstance(error.__cause__, sqlite3.Error):
        return getattr(error.__cause__, "sqlite_errorname", "").startswith(MOMENTARY)
    return True


def sentence() -> str:
    return _("The database is away for a moment. Nothing was done; please try again.")


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler500: 503 where the database is away, and the page of a bug for all else.

    Called while the error is being handled, also for one that a middleware met. Views of the API answer by themselves.
    """
    return answer(request) if is_away(sys.exception()) else server_error(request)


def answer(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After: a page for browsers, a problem document (RFC 9457) for programs."""
    headers = {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}
    if "text/html" in request.headers.get("Accept", ""):
        return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
    problem = {
        "type": f"urn:helpdesk:problem:{CODE}",
        "title": "Service Unavailable",
        "status": 503,
        "detail": sentence(),
        "code": CODE,
    }
    return JsonResponse(problem, status=503, content_type=PROBLEM, headers=headers)


class Brief(logging.Filter):
    """Makes one line of each traceback that says no more than that the database is away: there are many then."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if is_away(error):
            why = (str(error).strip() or type(error).__name__).splitlines()[0]
            record.msg, record.args = "%s: the database is away (%s)", (record.getMessage(), why)
            record.exc_info = record.exc_text = None
        return True
