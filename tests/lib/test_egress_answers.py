"""Servers that say too much, or something that is not HTTP, or are somebody else: attacks 10–12."""

import gzip
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from helpdesk.lib import egress
from tests.lib.rogue import OK, Authority, Rogue, answers, answers_and_closes, rogue

MEGABYTE = 1_048_576
DEADLINE = 3.0  # seconds; none of these is to come near it


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def floods(head: bytes, piece: bytes) -> Callable[[Rogue, socket.socket], None]:
    def talk(server: Rogue, line: socket.socket) -> None:
        server.read_request(line)
        line.sendall(head)
        while not server.gone.is_set():
            line.sendall(piece)

    return talk


BLOCK = b"x" * 65_536
CHUNK = b"10000\r\n" + BLOCK + b"\r\n"
FLOODS = {
    "ten gigabytes": floods(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n", BLOCK),
    "no length": floods(b"HTTP/1.1 200 OK\r\n\r\n", BLOCK),
    "endless chunks": floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK),
    "redirect with endless chunks": floods(
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK
    ),
}


@pytest.mark.promise("A10", "P10")
@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("name", FLOODS)
def test_a_body_without_end_is_read_to_the_cap_and_its_status_counts(name: str) -> None:
    before = resident()
    with rogue(FLOODS[name]) as server:
        answer = egress.call("GET", server.url(), deadline=DEADLINE)
        assert resident() - before < 5 * MEGABYTE
    assert answer.status == (302 if "redirect" in name else 200)
    assert (len(answer.body), answer.truncated) == (65_536, True)


@pytest.mark.promise("A10", "P10")
@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("status", [b"200 OK", b"302 Found"])
def test_a_packed_body_is_not_unpacked(status: bytes) -> None:
    bomb = gzip.compress(bytes(50 * MEGABYTE))
    head = b"HTTP/1.1 %b\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (status, len(bomb))
    before = resident()
    with rogue(answers(head + bomb)) as server:
        answer = egress.call("GET", server.url())
        assert resident() - before < 5 * MEGABYTE
    assert answer.body == bomb[:65_536]


HEADS = {
    "one header of 1 MB": b"HTTP/1.1 200 OK\r\nX: " + b"x" * MEGABYTE + b"\r\n\r\n",
    "10,000 headers": b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 10_000 + b"\r\n",
    "6 MB of headers": b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"x" * 64_000 + b"\r\n") * 99 + b"\r\n",
    "a status line of 1 MB": b"HTTP/1.1 200 " + b"x" * MEGABYTE + b"\r\n\r\n",
    "100 Continue without end": b"HTTP/1.1 100 Continue\r\nX: x\r\n\r\n" * 100_000,
}


@pytest.mark.promise("A10", "P10")
@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("name", HEADS)
def test_headers_without_end_are_an_error(name: str) -> None:
    before = resident()
    with rogue(answers_and_closes(HEADS[name])) as server:
        with pytest.raises(egress.Unreachable) as caught:
            egress.call("GET", server.url(), deadline=DEADLINE)
        assert resident() - before < 5 * MEGABYTE
    # More than 100 headers are too many for Python's http.client, which comes first.
    assert caught.value.reason == ("protocol" if name == "10,000 headers" else "head_too_large")


@pytest.mark.promise("A11")
@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nok\r\n",
        b"HTTP/1.1 200 OK\r\nX-Cut: he",
        b"HTTP/1.1 200 OK\r\nX-Cut: here\r\n",
        b"HTTP/1.1 20",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"<html>an answer of 1991</html>",
        b"<html>\r\nan answer of 1991\r\n</html>\r\n",
        b"\x00\xff\xfe\x80 \x01\r\n\r\n",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n",
    ],
)
def test_an_answer_that_is_not_http_is_a_failure_without_a_traceback(raw: bytes) -> None:
    with rogue(answers_and_closes(raw)) as server, pytest.raises(egress.Unreachable) as caught:
        egress.call("GET", server.url())
    assert caught.value.reason == "protocol"


@pytest.mark.promise("A12")
@pytest.mark.parametrize(
    ("name", "days", "trusted"),
    [("127.0.0.1", -1, True), ("elsewhere.example.com", 1, True), ("127.0.0.1", 1, False)],
    ids=["expired", "wrong host", "unknown authority"],
)
def test_a_wrong_certificate_is_a_failure_in_clear_words(
    settings: Settings, authority: Authority, name: str, days: int, trusted: bool
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    settings.EGRESS_CA_FILE = authority.file if trusted else ""
    with rogue(answers(OK), authority.context(name=name, days=days)) as server:
        with pytest.raises(egress.Unreachable) as caught:
            egress.call("POST", server.url(), body=b"secret")
        assert server.requests == []
    assert caught.value.reason == "certificate"
    assert "certificate" in str(caught.value)


@pytest.mark.promise("A12")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_server_that_only_speaks_old_tls_is_a_failure(settings: Settings, authority: Authority) -> None:
    settings.EGRESS_ALLOW_NETWORKS, settings.EGRESS_CA_FILE = "127.0.0.0/8", authority.file
    context = authority.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old = ssl.create_default_context(cafile=authority.file)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    with rogue(answers(OK), context) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            assert old.wrap_socket(line, server_hostname="127.0.0.1").version() == "TLSv1.1"
        with pytest.raises(egress.Unreachable) as caught:
            egress.call("GET", server.url())
    assert caught.value.reason == "tls"
