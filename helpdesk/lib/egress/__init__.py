"""The only door to the network.

A call goes to the public internet on ports 80 and 443, or to a network in `settings.EGRESS_ALLOW_NETWORKS`;
it connects to the very address that was checked, ends at its deadline whatever the server does, and reads no
more than it was told to. No redirects, proxies, cookies, netrc or environment. Certificates are always
verified, by the public roots and those in `settings.EGRESS_CA_FILE`.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.datastructures import CaseInsensitiveMapping
from requests import PreparedRequest
from ssrfguard import SSRFGuardError, resolve

from helpdesk.lib.egress.clock import Clock, limited
from helpdesk.lib.egress.errors import EgressError, Refused, TooSlow, Unreachable
from helpdesk.lib.egress.faults import FAULTS, explain
from helpdesk.lib.egress.networks import AllowedNetwork, parse_networks
from helpdesk.lib.egress.request import check_headers, prepare
from helpdesk.lib.egress.wire import Door, tls_context

__all__ = [
    "AllowedNetwork",
    "Answer",
    "EgressError",
    "Refused",
    "TooSlow",
    "Unreachable",
    "call",
    "check",
    "check_ca_file",
    "check_headers",
    "parse_networks",
]

_CHUNK = 16_384  # bytes
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_door = Door()


os.register_at_fork(after_in_child=_door.renew)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said. `body` is as it came, at most `cap` bytes; `truncated` says that there was more.

    `headers` compare without case; `seconds` from the start of the call to the end of the reading.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    truncated: bool


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    deadline: float = 15.0,
    connect: float = 3.0,
    cap: int = 65_536,
    allow: Iterable[AllowedNetwork] | None = None,
) -> Answer:
    """Send one request and read the answer, whatever its status; 3xx is not followed.

    `deadline`: seconds for everything; `connect`: for each of at most two addresses; `cap`: bytes of body to
    read. `allow` replaces `settings.EGRESS_ALLOW_NETWORKS`. Raises Refused, TooSlow or Unreachable.
    """
    allowed = _allowed(allow)
    with limited(deadline, _door.watch) as clock:
        request, policy = prepare(method, url, headers or {}, body, allowed)
        (port,) = policy.allowed_ports
        adapter = _door.adapter(port, allowed, settings.EGRESS_CA_FILE or "")
        try:
            answer = _exchange(adapter, request, clock, connect, cap)
        except FAULTS as error:
            clock.check()
            raise explain(error, deadline) from error
        clock.check()
        return answer


def check(url: str, *, allow: Iterable[AllowedNetwork] | None = None) -> None:
    """Raise Refused if `url` could not be called: for people who type one, before it is saved.

    Resolves the name but does not connect. A name that is not found, or not within 2 s, passes: it may exist
    tomorrow, and every call checks again.
    """
    request, policy = prepare("GET", url, {}, None, _allowed(allow))
    try:
        resolve(policy.check_url(str(request.url)), policy=policy, resolver=_door.names)
    except SSRFGuardError as error:
        raise Refused("address_not_allowed") from error
    except Unreachable:
        return


def check_ca_file(path: str) -> None:
    """Raise ValueError with one sentence if `path` cannot be `settings.EGRESS_CA_FILE`."""
    tls_context(path)


def _allowed(allow: Iterable[AllowedNetwork] | None) -> tuple[AllowedNetwork, ...]:
    return parse_networks(settings.EGRESS_ALLOW_NETWORKS) if allow is None else tuple(allow)


def _exchange(adapter: Any, request: PreparedRequest, clock: Clock, connect: float, cap: int) -> Answer:
    response = adapter.send(request, stream=True, timeout=(connect, clock.seconds))
    try:
        _check_length(response.headers.get("Content-Length", "0"))
        body, truncated = _read(response.raw, cap)
    finally:
        response.close()
    headers = CaseInsensitiveMapping(dict(response.headers))
    return Answer(response.status_code, headers, body, clock.spent(), truncated)


def _check_length(text: str) -> None:
    """A length such as -1, or two that differ, is not HTTP; urllib3 would read until the connection ends."""
    lengths = {part.strip() for part in text.split(",")}
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths.pop()):
        raise Unreachable("protocol")


def _read(raw: Any, cap: int) -> tuple[bytes, bool]:
    """Undecoded bytes, so that a small packed answer cannot grow in memory."""
    body = bytearray()
    while len(body) <= cap:
        chunk = raw.read1(min(_CHUNK, cap + 1 - len(body)), decode_content=False)
        if not chunk:
            return bytes(body), False
        body += chunk
    return bytes(body[:cap]), True
