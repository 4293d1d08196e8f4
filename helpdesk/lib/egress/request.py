"""What is asked: a request whose address, port and headers were checked without touching the network."""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from requests import PreparedRequest, Request
from requests.exceptions import RequestException
from ssrfguard import BlockedAddressError, SSRFGuardError
from urllib3.exceptions import LocationValueError

from helpdesk.lib.egress.errors import Refused
from helpdesk.lib.egress.networks import MAX_URL, AllowedNetwork, Places, places

METHODS = frozenset({"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"})
AGENT = "helpdesk"
# Headers that say where a message begins, ends or goes: ours alone, or one request could be read as two.
OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}", re.ASCII)  # RFC 9110 token
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8192}")
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
# 0x7f.1 and 127.1 are addresses to the system's resolver, and no top-level domain is a number (RFC 3696).
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.ASCII | re.IGNORECASE)


def check_headers(headers: Mapping[str, str]) -> None:
    """Raise Refused `bad_header` for what HTTP does not allow and for headers that are ours to set."""
    for name, value in headers.items():
        lower = name.lower()
        good = _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)
        if not good or lower in OWN_HEADERS or lower.startswith("proxy-"):
            raise Refused("bad_header", ascii(name[:60]))


def prepare(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, allowed: tuple[AllowedNetwork, ...]
) -> tuple[PreparedRequest, Places]:
    """The request as it will be sent and the places that its port may reach. Raises Refused."""
    if method not in METHODS:
        raise ValueError(f"{method!r} is not one of {', '.join(sorted(METHODS))}")
    check_headers(headers)
    _vet(url, allowed)
    ours = {"User-Agent": AGENT, **headers, "Accept-Encoding": "identity"}
    try:
        request = Request(method, url, headers=ours, data=body).prepare()
    except (RequestException, LocationValueError, ValueError) as error:
        raise Refused("bad_url") from error
    # Once more as it will be sent: requests and the standard library encode some names differently.
    return request, _vet(str(request.url), allowed, limit=8 * MAX_URL)


@lru_cache(maxsize=256)
def _vet(url: str, allowed: tuple[AllowedNetwork, ...], limit: int = MAX_URL) -> Places:
    """The text alone decides, so the same address is looked at once; where its name leads, each connection checks."""
    if len(url) > limit:
        raise Refused("url_too_long", str(limit))
    parts = _split(url)
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    policy = places(port, allowed)
    if policy is None:
        raise Refused("port_not_allowed", str(port))
    try:
        target = policy.check_url(url)
    except SSRFGuardError as error:
        of_address = isinstance(error.__cause__, BlockedAddressError)
        raise Refused("address_not_allowed" if of_address else "bad_url") from error
    if target.address is None and _ENDS_IN_A_NUMBER.fullmatch(target.host):
        raise Refused("bad_url")
    return policy


def _split(url: str) -> SplitResult:
    if _NOT_IN_A_URL.search(url):
        raise Refused("bad_url")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Refused("bad_url") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise Refused("bad_scheme")
    if parts.username is not None or parts.password is not None:
        raise Refused("credentials")
    if not host or port == 0:
        raise Refused("bad_url")
    return parts
