"""Servers and name servers that never let go: attack 9 and promise P10."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pytest_django import Settings

from helpdesk.lib import egress
from helpdesk.lib.egress import names
from tests.lib.nameserver import Row, resolver, row
from tests.lib.rogue import OK, Authority, Rogue, answers, rogue

DEADLINE = 0.6  # seconds
SLACK = 0.5  # seconds after the deadline until the slot must be free; the promise is 1 s


@contextmanager
def ends_in_time(deadline: float = DEADLINE) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start <= deadline + SLACK


def drips_headers(server: Rogue, line: socket.socket) -> None:
    server.read_request(line)
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    server.drip(line, b"X-More: 1\r\n")


def drips_status_line(server: Rogue, line: socket.socket) -> None:
    server.read_request(line)
    server.drip(line, b"H")


def drips_body(server: Rogue, line: socket.socket) -> None:
    server.read_request(line)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    server.drip(line, b"x")


def drips_body_without_length(server: Rogue, line: socket.socket) -> None:
    server.read_request(line)
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    server.drip(line, b"x")


def drips_chunks(server: Rogue, line: socket.socket) -> None:
    server.read_request(line)
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    server.drip(line, b"1\r\nx\r\n")


def drips_trailers(server: Rogue, line: socket.socket) -> None:
    server.read_request(line)
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
    server.drip(line, b"X-More: 1\r\n")


def drips_continue(server: Rogue, line: socket.socket) -> None:
    server.read_request(line)
    server.drip(line, b"HTTP/1.1 100 Continue\r\n\r\n")


def drips_handshake(server: Rogue, line: socket.socket) -> None:
    line.recv(65_536)
    line.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")  # 16 kB of a ServerHello are to come
    server.drip(line, b"\x03")


def never_answers(server: Rogue, line: socket.socket) -> None:
    server.wait_until_gone(line)


def never_reads(server: Rogue, line: socket.socket) -> None:
    server.gone.wait(20)


@pytest.mark.promise("A9", "P10")
@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "talk",
    [
        drips_headers,
        drips_status_line,
        drips_body,
        drips_body_without_length,
        drips_chunks,
        drips_trailers,
        drips_continue,
        never_answers,
        never_reads,
    ],
)
def test_a_server_that_takes_its_time_is_cut_at_the_deadline(talk: Callable[..., None]) -> None:
    with rogue(talk) as server, ends_in_time(), pytest.raises(egress.TooSlow) as caught:
        egress.call("POST", server.url(), body=b"x" * 8 * 1_000_000, deadline=DEADLINE)
    assert caught.value.reason == "too_slow"
    assert "0.6" in str(caught.value)


@pytest.mark.promise("A9", "P10")
@pytest.mark.usefixtures("loopback")
def test_a_server_on_a_kept_connection_is_cut_at_the_deadline_too() -> None:
    def talk(server: Rogue, line: socket.socket) -> None:
        server.read_request(line)
        line.sendall(OK)
        drips_headers(server, line)

    with rogue(talk) as server:
        egress.call("GET", server.url())
        with ends_in_time(), pytest.raises(egress.TooSlow):
            egress.call("GET", server.url(), deadline=DEADLINE)
        assert server.connections == 1


@pytest.mark.promise("P10")
@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("talk", [never_answers, drips_handshake])
def test_a_tls_handshake_without_end_is_cut_at_the_deadline(talk: Callable[..., None]) -> None:
    with rogue(talk) as server, ends_in_time(), pytest.raises(egress.TooSlow):
        egress.call("GET", server.url().replace("http:", "https:"), deadline=DEADLINE)


@pytest.mark.promise("P10")
def test_a_tls_body_without_end_is_cut_at_the_deadline(settings: Settings, authority: Authority) -> None:
    settings.EGRESS_ALLOW_NETWORKS, settings.EGRESS_CA_FILE = "127.0.0.0/8", authority.file
    with rogue(drips_body, authority.context()) as server, ends_in_time(), pytest.raises(egress.TooSlow):
        egress.call("GET", server.url(), deadline=DEADLINE)


@pytest.mark.promise("P10")
@pytest.mark.usefixtures("loopback")
def test_a_connection_that_is_never_accepted_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        waiting = [socket.socket() for _ in range(3)]  # they fill the queue; the kernel drops the next
        for line in waiting:
            line.setblocking(False)
            line.connect_ex(listener.getsockname())
        with ends_in_time(0.2), pytest.raises(egress.Unreachable) as caught:
            egress.call("GET", url, deadline=5, connect=0.2)
        assert caught.value.reason == "connect_slow"
        monkeypatch.setattr(socket, "getaddrinfo", resolver(["127.0.0.1"]))
        with ends_in_time(), pytest.raises(egress.EgressError):
            egress.call("GET", url.replace("127.0.0.1", "full.example.com"), deadline=DEADLINE)
        for line in waiting:
            line.close()


@pytest.mark.promise("P10")
def test_a_name_with_many_silent_addresses_costs_two_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Any] = []

    def connect(line: socket.socket, address: Any) -> None:
        tried.append((address, line.gettimeout()))
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolver([f"93.184.215.{last}" for last in range(1, 200)]))
    with pytest.raises(egress.Unreachable) as caught:
        egress.call("GET", "https://many.example.com/", deadline=2.0)
    assert caught.value.reason == "connect_slow"
    assert len(tried) == 2
    assert sum(seconds for _, seconds in tried) <= 1.0  # half of the deadline is the name's


@pytest.fixture
def black_hole(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A name server that never answers for *.slow.example.com; the names it was asked."""
    release, asked = threading.Event(), []

    def getaddrinfo(host: str, port: int, *rest: Any) -> list[Row]:
        if host.endswith(".slow.example.com"):
            asked.append(host)
            release.wait(30)
        return [row("127.0.0.1", port)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(names, "WAIT", 0.3)
    yield asked
    release.set()


@pytest.mark.promise("P10")
@pytest.mark.usefixtures("loopback")
def test_a_name_server_that_hangs_is_given_up(black_hole: list[str]) -> None:
    with ends_in_time(0.3), pytest.raises(egress.Unreachable) as caught:
        egress.call("GET", "https://a.slow.example.com/", deadline=5)
    assert caught.value.reason == "name_slow"
    with ends_in_time(0.3):
        egress.check("https://a.slow.example.com/")


@pytest.mark.promise("P10")
@pytest.mark.usefixtures("loopback")
def test_one_name_that_hangs_does_not_hold_up_the_others(black_hole: list[str]) -> None:
    for _ in range(names.THREADS + 1):
        with pytest.raises(egress.Unreachable):
            egress.call("GET", "https://a.slow.example.com/", deadline=0.1)
    assert black_hole == ["a.slow.example.com"]
    with rogue(answers(OK)) as server:
        assert egress.call("GET", server.url(host="quick.example.com")).status == 200
