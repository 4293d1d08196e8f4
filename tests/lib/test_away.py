"""A database that is away is answered with 503 and a time to come again, wherever it is noticed."""

import asyncio
import logging
import sqlite3
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import path

from helpdesk.lib import away

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def lost() -> OperationalError:
    return OperationalError("server closed the connection unexpectedly\n\tThis probably means …")


def sync_view(request: HttpRequest) -> HttpResponse:
    raise lost()


async def async_view(request: HttpRequest) -> HttpResponse:
    raise lost()


def buggy_view(request: HttpRequest) -> HttpResponse:
    raise ProgrammingError("there is no such table")


handler500 = "helpdesk.lib.away.failed"
urlpatterns = [path("sync/", sync_view), path("async/", async_view), path("buggy/", buggy_view)]


def from_sqlite(name: str) -> OperationalError:
    error = OperationalError("of SQLite")
    error.__cause__ = sqlite3.OperationalError("of SQLite")
    error.__cause__.sqlite_errorname = name
    return error


def broken() -> Any:
    raise lost()


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("where", ["/sync/", "/async/"])
@pytest.mark.promise("P7")
def test_a_browser_gets_a_page_and_a_program_a_problem_document(where: str) -> None:
    client = Client(raise_request_exception=False)
    page = client.get(where, headers=BROWSER)
    assert (page.status_code, page["Retry-After"], page["Content-Type"]) == (503, "5", "text/html; charset=utf-8")
    assert "Back in a moment" in page.content.decode()
    assert "server closed" not in page.content.decode()
    problem = client.get(where, headers={"Accept": "*/*"})
    assert (problem.status_code, problem["Content-Type"]) == (503, "application/problem+json")
    assert (problem.json()["code"], problem.json()["status"]) == ("unavailable", 503)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("where", ["/sync/", "/async/"])
def test_the_same_holds_on_the_event_loop(where: str) -> None:
    async def ask() -> Any:
        return await AsyncClient(raise_request_exception=False).get(where, headers=BROWSER)

    page = asyncio.run(ask())
    assert (page.status_code, page["Retry-After"]) == (503, "5")


@pytest.mark.urls(__name__)
def test_a_bug_is_still_a_bug() -> None:
    assert Client(raise_request_exception=False).get("/buggy/").status_code == 500


@pytest.mark.django_db
def test_a_page_whose_session_cannot_be_read_is_answered_so_too(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The first look into the database is a middleware's."""
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    monkeypatch.setattr(connection, "cursor", broken)
    page = client.get("/", headers=BROWSER)
    assert (page.status_code, page["Retry-After"]) == (503, "5")


@pytest.mark.django_db
def test_the_api_answers_with_a_problem_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "cursor", broken)
    answer = Client().get("/api/v1/cases/", headers={"Authorization": "Bearer hd_x_y", **BROWSER})
    assert (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (503, "5", away.PROBLEM)
    assert answer.json()["code"] == "unavailable"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (lost(), True),
        (InterfaceError("connection already closed"), True),
        (from_sqlite("SQLITE_BUSY"), True),
        (from_sqlite("SQLITE_FULL"), True),
        (from_sqlite("SQLITE_IOERR_WRITE"), True),
        (from_sqlite("SQLITE_ERROR"), False),
        (ProgrammingError("no such table"), False),
        (ValueError("nonsense"), False),
        (None, False),
    ],
)
def test_what_counts_as_away(error: BaseException | None, expected: bool) -> None:
    assert away.is_away(error) is expected


def test_the_log_has_one_line_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    log, brief = logging.getLogger("test.away"), away.Brief()
    log.addFilter(brief)
    try:
        with caplog.at_level(logging.ERROR):
            for error in (lost(), ValueError("a bug")):
                try:
                    raise error
                except (OperationalError, ValueError):
                    log.exception("%s failed", "the sweep")
    finally:
        log.removeFilter(brief)
    first, second = caplog.records
    assert first.getMessage() == ("the sweep failed: the database is away (server closed the connection unexpectedly)")
    assert first.exc_info is None
    assert second.exc_info
