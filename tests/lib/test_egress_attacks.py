"""The door to the network, as those who mean harm see it: attacks 1–13 and promise P10."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from helpdesk.lib import egress
from helpdesk.lib.egress import names, networks
from tests.lib.rogue import OK, Authority, Rogue, answers, answers_and_closes, rogue

DEADLINE = 0.6  # seconds
SLACK = 0.5  # seconds after the deadline until the slot must be free; the promise is 1 s
MEGABYTE = 1_048_576
PUBLIC, PRIVATE = "93.184.215.14", "10.0.0.1"

Answerer = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def _closed(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ""
    settings.EGRESS_CA_FILE = ""


@pytest.fixture
def loopback(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that is connected to; the connections themselves fail."""
    seen: list[Any] = []

    def connect(line: socket.socket, address: Any) -> None:
        seen.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


def resolver(*rounds: list[str]) -> Answerer:
    """A name server that says the next of these each time, and the last for ever."""
    left = list(rounds)

    def getaddrinfo(host: str, port: int, *rest: Any) -> list[tuple[Any, ...]]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [_row(address, port) for address in addresses]

    return getaddrinfo


def _row(address: str, port: int) -> tuple[Any, ...]:
    if ":" in address:
        return (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


def refused(url: str, *reasons: str, **more: Any) -> None:
    """On save and on send."""
    for attempt in (egress.check, lambda url, **more: egress.call("POST", url, **more)):
        with pytest.raises(egress.Refused) as caught:
            attempt(url, **more)
        assert caught.value.reason in reasons, url
        assert caught.value.permanent


@contextmanager
def ends_in_time(deadline: float = DEADLINE) -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start <= deadline + SLACK


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


# --- where a call may not go ---------------------------------------------------------------------------


@pytest.mark.promise("A1")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]"])
def test_this_machine_is_refused(host: str, connects: list[Any]) -> None:
    for url in (f"http://{host}/", f"https://{host}/hook", f"http://{host}:80/"):
        refused(url, "address_not_allowed")
    assert connects == []


@pytest.mark.promise("A1")
@pytest.mark.parametrize("host", ["localhost.", "me.localhost", "intranet", "localtest.example.com"])
def test_a_name_of_this_machine_is_refused(
    host: str, connects: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver(["127.0.0.1"]))
    refused(f"http://{host}/", "address_not_allowed")
    assert connects == []


@pytest.mark.promise("A2")
@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "0177.1",
        "127.1",
        "127.0.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "foo.127",
        "foo.0x7f",
        "127.0.0.1%2f",
    ],
)
def test_other_spellings_of_this_machine_are_refused(host: str, connects: list[Any]) -> None:
    refused(f"http://{host}/", "address_not_allowed", "bad_url")
    assert connects == []


NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 127.255.255.254 169.254.1.1 169.254.169.254 172.16.0.1 172.31.255.255
    192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.250 240.0.0.1 255.255.255.255 100.100.100.200 168.63.129.16
    :: ::1 ::7f00:1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
    ::ffff:0:7f00:1 ::ffff:0:808:808 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001:db8::1
    2001:0:7f00:1:: 2002:7f00:1:: 2002:a00:1:: 3fff::1 fc00::1 fd00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1
""".split()  # noqa: SIM905


@pytest.mark.promise("A3")
@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_as_written_and_as_resolved(
    address: str, connects: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    host = f"[{address}]" if ":" in address else address
    refused(f"https://{host}/", "address_not_allowed")
    monkeypatch.setattr(socket, "getaddrinfo", resolver([address]))
    refused("https://looks.example.com/", "address_not_allowed")
    assert connects == []


def test_a_public_address_is_not_refused(connects: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for address in (PUBLIC, "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"):
        monkeypatch.setattr(socket, "getaddrinfo", resolver([address]))
        egress.check("https://looks.example.com/")
        with pytest.raises(egress.Unreachable):
            egress.call("GET", "https://looks.example.com/")
        assert connects.pop()[0] == address


@pytest.mark.promise("A3")
@pytest.mark.parametrize("address", networks.METADATA_ADDRESSES)
def test_a_metadata_service_is_refused_even_inside_an_allowed_network(
    address: str, connects: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = egress.parse_networks("0.0.0.0/0 [::/0]")
    carried = [f"::ffff:{address}", f"2002:{_hex(address)}::"] if "." in address else []
    for spelling in (address, *carried):
        host = f"[{spelling}]" if ":" in spelling else spelling
        refused(f"http://{host}/latest/meta-data/", "address_not_allowed", allow=everything)
        refused(f"http://{host}:8080/latest/meta-data/", "address_not_allowed", allow=everything)
        monkeypatch.setattr(socket, "getaddrinfo", resolver([spelling]))
        refused("http://inside.example.com/", "address_not_allowed", allow=everything)
        monkeypatch.undo()
        monkeypatch.setattr(socket.socket, "connect", lambda line, address: connects.append(address))
    assert connects == []


def _hex(address: str) -> str:
    a, b, c, d = map(int, address.split("."))
    return f"{a:02x}{b:02x}:{c:02x}{d:02x}"


@pytest.mark.promise("A4")
@pytest.mark.parametrize("addresses", [[PUBLIC, PRIVATE], [PRIVATE, PUBLIC], [PUBLIC, "::1"]])
def test_a_name_with_a_public_and_a_private_address_is_refused(
    addresses: list[str], connects: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver(addresses))
    refused("https://both.example.com/", "address_not_allowed")
    assert connects == []


@pytest.mark.promise("A5")
def test_a_name_that_turns_private_after_the_check_is_refused_at_the_call(
    connects: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver([PUBLIC], [PRIVATE]))
    egress.check("https://turns.example.com/")
    with pytest.raises(egress.Refused):
        egress.call("GET", "https://turns.example.com/")
    assert connects == []


@pytest.mark.promise("A5")
@pytest.mark.usefixtures("loopback")
def test_a_call_connects_to_the_very_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    answer = resolver(["127.0.0.1"], [PRIVATE])

    def getaddrinfo(host: str, *rest: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        return answer(host, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with rogue(answers_and_closes(OK)) as server:
        assert egress.call("GET", server.url(host="turns.example.com")).status == 200
        assert asked == ["turns.example.com"]
        with pytest.raises(egress.Refused):
            egress.call("GET", server.url(host="turns.example.com"))
        assert server.connections == 1


@pytest.mark.promise("A6")
@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    with rogue(answers(OK)) as target:
        moved = f"HTTP/1.1 {status} Moved\r\nLocation: {target.url()}\r\nContent-Length: 0\r\n\r\n"
        with rogue(answers(moved.encode())) as server:
            assert egress.call("POST", server.url(), body=b"secret").status == status
            assert len(server.requests) == 1
        assert target.connections == 0


@pytest.mark.promise("A7")
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://user:pw@example.com/", "credentials"),
        ("http://user@example.com/", "credentials"),
        ("http://@example.com/", "credentials"),
        ("http://127.0.0.1@example.com/", "credentials"),
        ("http://a\\@example.com/", "bad_url"),
        ("http://example.com\\@127.0.0.1/", "bad_url"),
        ("http://example.com/\t", "bad_url"),
        ("http://exam\nple.com/", "bad_url"),
        ("http://example.com/\r\nX: 1", "bad_url"),
        ("http://example.com/\0", "bad_url"),
        ("http://example.com/a b", "bad_url"),
        (" http://example.com/", "bad_url"),
        ("http://example.com/\ud800", "bad_url"),
        ("http:///", "bad_url"),
        ("http://", "bad_url"),
        ("http://[::1", "bad_url"),
        ("http://[fe80::1%25eth0]/", "bad_url"),
        ("http://exa mple.com/", "bad_url"),
        ("http://a..b/", "bad_url"),
        ("http://*.example.com/", "bad_url"),
        ("http://example.com:x/", "bad_url"),
        ("http://example.com:0/", "bad_url"),
        ("http://example.com:99999/", "bad_url"),
        ("http://" + "a" * 64 + ".com/", "bad_url"),
        ("http://example.com/" + "a" * 9000, "url_too_long"),
        ("gopher://example.com/", "bad_scheme"),
        ("file:///etc/passwd", "bad_scheme"),
        ("ftp://example.com/", "bad_scheme"),
        ("javascript:alert(1)", "bad_scheme"),
        ("//example.com/", "bad_scheme"),
        ("example.com", "bad_scheme"),
        ("", "bad_scheme"),
        ("http://example.com:22/", "port_not_allowed"),
        ("http://example.com:25/", "port_not_allowed"),
        ("http://example.com:6379/", "port_not_allowed"),
        ("https://example.com:8443/", "port_not_allowed"),
    ],
)
def test_an_address_that_is_no_plain_web_address_is_refused(
    url: str, reason: str, connects: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver([PUBLIC]))
    refused(url, reason)
    assert connects == []


@pytest.mark.promise("A8")
@pytest.mark.usefixtures("loopback")
def test_a_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with rogue(answers(OK)) as proxy, rogue(answers(OK)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        assert egress.call("GET", server.url()).status == 200
        assert (proxy.connections, server.connections) == (0, 1)


# --- who never lets go ---------------------------------------------------------------------------------


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
        egress.call("POST", server.url(), body=b"x" * 8 * MEGABYTE, deadline=DEADLINE)
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

    def getaddrinfo(host: str, port: int, *rest: Any) -> list[tuple[Any, ...]]:
        if host.endswith(".slow.example.com"):
            asked.append(host)
            release.wait(30)
        return [_row("127.0.0.1", port)]

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


# --- who says too much ---------------------------------------------------------------------------------


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
    with rogue(FLOODS[name]) as server, ends_in_time():
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
    with rogue(answers_and_closes(HEADS[name])) as server, ends_in_time():
        with pytest.raises(egress.Unreachable) as caught:
            egress.call("GET", server.url(), deadline=DEADLINE)
        assert resident() - before < 5 * MEGABYTE
    assert caught.value.reason in {"head_too_large", "protocol"}


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


@pytest.mark.promise("A13")
@pytest.mark.usefixtures("loopback")
@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nY: 1"},
        {"X": "a\nY: 1"},
        {"X": "a\r"},
        {"X": "a\0"},
        {"X": "a\x7f"},
        {"X": "日本"},
        {"X": "x" * 9000},
        {"X\r\nY": "1"},
        {"X Y": "1"},
        {"X:": "1"},
        {"": "1"},
        {"Ä": "1"},
        {"Host": "elsewhere"},
        {"hOST": "elsewhere"},
        {"Content-Length": "1"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "upgrade"},
        {"Expect": "100-continue"},
        {"Proxy-Authorization": "x"},
        {"Accept-Encoding": "gzip"},
    ],
)
def test_a_header_that_would_change_the_request_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(egress.Refused) as caught:
        egress.check_headers(headers)
    assert caught.value.reason == "bad_header"
    assert "\n" not in str(caught.value)
    with rogue(answers(OK)) as server, pytest.raises(egress.Refused):
        egress.call("POST", server.url(), headers=headers, body=b"x")
    assert server.connections == 0
