"""What went wrong, out of the many exceptions of four libraries."""

import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException, RemoteDisconnected

from requests.exceptions import RequestException
from ssrfguard import SSRFGuardError
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from helpdesk.lib.egress.errors import EgressError, Refused, TooSlow, Unreachable
from helpdesk.lib.egress.wire import HeadTooLarge

# All that sending and reading raises. ValueError: garbage that http.client, email or urllib3 could not read.
FAULTS = (
    EgressError,
    HeadTooLarge,
    SSRFGuardError,
    RequestException,
    HTTPError,
    HTTPException,
    OSError,
    ValueError,
)

# The first row that matches an exception or one of its causes names the fault.
_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (HeadTooLarge, "head_too_large"),
    (socket.gaierror, "name_unknown"),
    (ssl.SSLError, "tls"),
    (NewConnectionError, "connect_failed"),
    (ConnectTimeoutError, "connect_slow"),
    (RemoteDisconnected, "broken_off"),
    (HTTPException, "protocol"),
    (ConnectionError, "broken_off"),
)


def explain(error: BaseException, seconds: float) -> EgressError:
    """The error to raise for `error` in a call with a deadline of `seconds`."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, EgressError):
            return cause
        if isinstance(cause, SSRFGuardError):
            return Refused("address_not_allowed")
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable("certificate", cause.verify_message)
    for kind, reason in _REASONS:
        if any(isinstance(cause, kind) for cause in causes):
            return Unreachable(reason)
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return TooSlow("too_slow", f"{seconds:g}")
    return Unreachable("protocol")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, what it was raised from, and what it carries, outermost first."""
    seen: list[BaseException] = []
    todo = [error]
    while todo:
        error = todo.pop(0)
        if error is None or error in seen:
            continue
        seen.append(error)
        yield error
        carried = [item for item in (*error.args, getattr(error, "reason", None)) if isinstance(item, BaseException)]
        todo += [error.__cause__, *carried, error.__context__]
