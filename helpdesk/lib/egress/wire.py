"""The connection: opened only to a checked address, ended by the call's clock, verified by our own roots."""

import ssl
from functools import lru_cache
from http.client import HTTPException, HTTPResponse
from time import monotonic
from typing import IO, Any

import certifi
from requests import PreparedRequest, Response
from requests.adapters import DEFAULT_POOLBLOCK
from requests.structures import CaseInsensitiveDict
from ssrfguard.requests import SafeAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from helpdesk.lib.egress.clock import Clock, Watch, running
from helpdesk.lib.egress.names import Names
from helpdesk.lib.egress.networks import ATTEMPTS, AllowedNetwork, Places, places

HEAD_LIMIT = 65_536  # bytes of status line and headers, those of every "100 Continue" before them included
# Seconds a connection may rest. Servers close theirs after 2 s or more; who comes too late loses a request.
KEPT = 1.5
DESTINATIONS = 64  # servers that connections are kept for
CONNECTIONS = 16  # kept for each of them


class HeadTooLarge(Exception):
    """More than HEAD_LIMIT bytes before the body."""


class HeadBrokenOff(HTTPException):
    """The connection ended inside the headers. (http.client would take that for their end.)"""


class _Head:
    """The head of an answer, line by line, up to the limit."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._left = HEAD_LIMIT

    def readline(self, limit: int) -> bytes:
        line = self._source.readline(min(limit, self._left + 1))
        self._left -= len(line)
        if self._left < 0:
            raise HeadTooLarge
        if self._left < HEAD_LIMIT and not line.endswith(b"\n"):
            raise HeadBrokenOff
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


class LimitedResponse(HTTPResponse):
    """An answer whose head is bounded. http.client's own bound is 6.5 MB, and none for "100 Continue"."""

    def begin(self) -> None:
        source = self.fp
        self.fp = _Head(source)  # type: ignore[assignment]
        try:
            super().begin()
        finally:
            if self.fp is not None:
                self.fp = source


class _Watched(HTTPConnection):
    """Mixed into ssrfguard's connections: hands the socket to the clock of the call."""

    response_class = LimitedResponse
    clock: Clock | None = None
    rested_at = 0.0

    @property
    def is_connected(self) -> bool:
        return super().is_connected and monotonic() - self.rested_at < KEPT

    def _new_conn(self) -> Any:
        clock = running()
        if clock is None:
            raise RuntimeError("A connection outside of egress.call.")
        clock.check()
        # Half of what is left is for the name, a quarter for each of two addresses: never more than is left.
        self.timeout = min(float(self.timeout or clock.left()), clock.left() / 2 / ATTEMPTS)
        line = super()._new_conn()
        self._hold(clock, line)
        line.settimeout(clock.left())
        return line

    def request(self, *args: Any, **kwargs: Any) -> None:
        clock = running()
        if clock is not None and self.sock is not None:
            if self.clock is not clock:
                self._hold(clock, self.sock)
            self.timeout = clock.left()
        super().request(*args, **kwargs)

    def _hold(self, clock: Clock, line: Any) -> None:
        clock.hold(line)
        self.clock = clock

    def rest(self) -> None:
        """Before the connection is kept for the next call: a clock must not cut what is no longer its own."""
        self.rested_at = monotonic()
        clock, self.clock = self.clock, None
        if clock is not None and not clock.let_go():
            self.close()


class _Pool(HTTPConnectionPool):
    """Mixed into ssrfguard's pools."""

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.rest()
        super()._put_conn(conn)


def _watched(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    connection = type("Connection", (_Watched, pool.ConnectionCls), {})
    return type("Pool", (_Pool, pool), {"ConnectionCls": connection})


class Adapter(SafeAdapter):
    """ssrfguard's transport. Only its `send` is used: a Session would read the whole body of a redirect."""

    def __init__(self, policy: Places, names: Names, tls: ssl.SSLContext) -> None:
        self.tls = tls
        super().__init__(policy=policy, resolver=names, pool_connections=DESTINATIONS, pool_maxsize=CONNECTIONS)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = DEFAULT_POOLBLOCK, **pool_kwargs: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=self.tls, **pool_kwargs)
        pools = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {scheme: _watched(pool) for scheme, pool in pools.items()}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing: our context verifies. (requests would read the roots for each connection, 20 ms.)"""

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Without the cookies that requests would look for."""
        response = Response()
        response.status_code = resp.status
        response.headers = CaseInsensitiveDict(resp.headers)
        response.raw = resp
        return response


@lru_cache(maxsize=8)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """TLS 1.2 or newer, verified by the public roots and those in `ca_file` (PEM), if any; no environment.

    Raises ValueError with one sentence if the file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(certifi.where())
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise ValueError(f"{ca_file!r} is not a readable file of certificates (PEM).") from error
    return context


class Door:
    """What calls share in one process: the watching thread, the look-up threads, the kept connections."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """For a forked process: it has none of the threads and must not use its parent's connections."""
        self.watch = Watch()
        self.names = Names()
        self.adapter = lru_cache(maxsize=64)(self._adapter)

    def _adapter(self, port: int, allowed: tuple[AllowedNetwork, ...], ca_file: str) -> Adapter:
        """Each port and each setting has connections of its own: none was checked by the rules of another."""
        policy = places(port, allowed)
        if policy is None:
            raise LookupError(port)
        return Adapter(policy, self.names, tls_context(ca_file))
