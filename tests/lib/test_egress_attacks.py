"""Where a call may not go, on save and on send: attacks 1–8 and 13."""

import socket
from typing import Any

import pytest

from helpdesk.lib import egress
from helpdesk.lib.egress import networks
from tests.lib.nameserver import PRIVATE, PUBLIC, Row, resolver
from tests.lib.rogue import OK, answers, answers_and_closes, rogue
from tests.waiting import wait_for


def refused(url: str, *reasons: str, **more: Any) -> None:
    """On save and on send."""
    for attempt in (egress.check, lambda url, **more: egress.call("POST", url, **more)):
        with pytest.raises(egress.Refused) as caught:
            attempt(url, **more)
        assert caught.value.reason in reasons, url
        assert caught.value.permanent


@pytest.mark.promise("A1")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]"])
def test_this_machine_is_refused(host: str, connects: list[Any]) -> None:
    for url in (f"http://{host}/", f"https://{host}/hook", f"http://{host}:80/"):
        refused(url, "address_not_allowed")
    assert connects == []


@pytest.mark.promise("A1")
@pytest.mark.parametrize("host", ["localhost.", "me.localhost", "intranet", "localtest.example.com"])
def test_a_name_of_this_machine_is_refused(host: str, connects: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
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

    def getaddrinfo(host: str, *rest: Any) -> list[Row]:
        asked.append(host)
        return answer(host, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with rogue(answers_and_closes(OK)) as server:
        assert egress.call("GET", server.url(host="turns.example.com")).status == 200
        assert asked == ["turns.example.com"]
        assert wait_for(lambda: server.closed == 1)
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
