"""Asking a company's user database for one user: the address, the headers, and one GET through the door."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from helpdesk.lib import egress
from helpdesk.outbox import schedule
from identification.models import LookUp
from identification.services.look_up_answers import CAP, BadAnswer, parse

TIMEOUT = 10.0  # seconds, for everything
PLACE = "{id}"
MOST_HEADERS = 20
# Failures of the connection, before a server could have worked on the request.
NOT_REACHED = frozenset({"connect_failed", "connect_slow", "name_unknown", "name_slow"})
DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
HEAD = 2_000  # characters of an answer that a test shows


class BadUrl(ValueError):
    """An address that no id can be asked at; str() says why."""


@dataclass(frozen=True)
class Reply:
    """What came back. answer: of a 200 that could be read. error: in words where there is no usable answer.

    again: worth another try. head: the beginning of the answer, for the admin who tests.
    """

    seconds: float
    status: int | None = None
    bytes: int = 0
    answer: dict[str, Any] | None = None
    error: str = ""
    again: bool = False
    timed_out: bool = False
    retry_after: float | None = None
    head: str = ""

    @property
    def not_found(self) -> bool:
        return self.status == HTTPStatus.NOT_FOUND

    @property
    def denied(self) -> bool:
        return self.status in DENIED


def address(template: str, user_id: str) -> str:
    """Where this user is asked for: the id percent-encoded in the place of `{id}`, else as `id` in the query.

    Raises BadUrl for an id that would lead elsewhere: browsers, servers and libraries all walk up at `..`, however it
    is encoded.
    """
    coded = quote(user_id, safe="")
    parts = urlsplit(template)
    if PLACE not in template:
        query = f"{parts.query}&id={coded}" if parts.query else f"id={coded}"
        return urlunsplit(parts._replace(query=query, fragment=""))
    if PLACE in parts.path and _walks(user_id):
        raise BadUrl(_("an id with a step of dots cannot stand in the path of an address"))
    return urlunsplit(parts._replace(path=parts.path.replace(PLACE, coded), query=parts.query.replace(PLACE, coded)))


def _walks(user_id: str) -> bool:
    """Whether it would be a step in a path for any server that decodes once or twice before it looks."""
    decoded = (user_id, unquote(user_id), unquote(unquote(user_id)))
    return any({".", ".."} & set(re.split(r"[/\\]", text)) for text in decoded)


def same_server(one: str, other: str) -> bool:
    """Whether two addresses lead to the same scheme, host and port: headers are for one server."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def check_url(template: str) -> None:
    """Raises BadUrl or egress.Refused with a sentence for an address that cannot be asked."""
    parts = urlsplit(template)
    if PLACE in f"{parts.scheme}{parts.netloc}":
        raise BadUrl(_("{id} may stand in the path or in the query, not in the name of the server."))
    if parts.fragment or "#" in template:
        raise BadUrl(_("What stands behind # is never sent to a server."))
    if any(mark in template.replace(PLACE, "") for mark in "{}"):
        raise BadUrl(_("The only thing that can be filled in is {id}."))
    egress.check(template.replace(PLACE, "1"))  # as it was typed: splitting it would lose tabs and line ends


def headers_of(look_up: LookUp) -> dict[str, str]:
    """The admin's own headers, in the clear. They are for the request and for nothing else."""
    return dict(json.loads(look_up.headers)) if look_up.headers else {}


def check_headers(wanted: Mapping[str, str]) -> None:
    """Raises ValueError with a sentence that names the header."""
    if len(wanted) > MOST_HEADERS:
        raise ValueError(_("At most %(most)d headers.") % {"most": MOST_HEADERS})
    try:
        egress.check_headers(wanted)
    except egress.Refused as error:
        raise ValueError(str(error)) from error


def ask(look_up: LookUp, user_id: str) -> Reply:
    """One GET. Whatever happens becomes a Reply; no transaction may be open."""
    began = time.monotonic()
    try:
        answer = egress.call(
            "GET",
            address(look_up.url, user_id),
            headers={"Accept": "application/json", **headers_of(look_up)},
            deadline=min(TIMEOUT, schedule.deadline()),
            cap=CAP,
        )
    except BadUrl as error:
        return Reply(time.monotonic() - began, error=str(error))
    except egress.EgressError as error:
        return _not_answered(error, time.monotonic() - began)
    return _weighed(answer)


def _not_answered(error: egress.EgressError, seconds: float) -> Reply:
    again = isinstance(error, egress.Unreachable) and error.reason in NOT_REACHED
    return Reply(seconds, error=str(error), again=again, timed_out=isinstance(error, egress.TooSlow))


def _weighed(answer: egress.Answer) -> Reply:
    facts: dict[str, Any] = {"status": answer.status, "bytes": len(answer.body), "head": _head(answer.body)}
    if answer.status == HTTPStatus.OK:
        try:
            found = parse(answer.body, answer.headers, truncated=answer.truncated)
            return Reply(answer.seconds, answer=found, **facts)
        except BadAnswer as error:
            return Reply(answer.seconds, error=str(error), **facts)
    again = answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    wait = schedule.retry_after(answer.headers.get("Retry-After")) if again else None
    return Reply(answer.seconds, error=_sentence(answer.status), again=again, retry_after=wait, **facts)


def _sentence(status: int) -> str:
    """Why an answer with this status brings no data; empty for 404, which is an answer."""
    if status == HTTPStatus.NOT_FOUND:
        return ""
    if status in DENIED:
        return _("the server answered %(status)d: check the headers") % {"status": status}
    if 300 <= status < 400:
        return _("the server answered %(status)d: redirects are not followed") % {"status": status}
    return _("the server answered %(status)d") % {"status": status}


def _head(body: bytes) -> str:
    return body[: 4 * HEAD].decode(errors="replace")[:HEAD].replace("\0", "\ufffd")
