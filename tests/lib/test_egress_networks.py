"""The networks that an operator opens."""

import pytest
from pytest_django import Settings

from helpdesk.lib import egress
from tests.lib.rogue import OK, answers, rogue


def test_a_call_may_bring_its_own_networks(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ""
    with rogue(answers(OK)) as server:
        with pytest.raises(egress.Refused):
            egress.call("GET", server.url())
        allow = egress.parse_networks(f"127.0.0.1:{server.port}")
        assert egress.call("GET", server.url(), allow=allow).status == 200
        egress.check(server.url(), allow=allow)


@pytest.mark.usefixtures("loopback")
def test_a_changed_setting_holds_at_once_also_for_kept_connections(settings: Settings) -> None:
    with rogue(answers(OK)) as server:
        egress.call("GET", server.url())
        settings.EGRESS_ALLOW_NETWORKS = ""
        with pytest.raises(egress.Refused):
            egress.call("GET", server.url())


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        ("127.0.0.0/8:{port}", ["127.0.0.1"], []),
        ("127.0.0.0/8:80,{port} 10.0.0.0/8", ["127.0.0.1"], []),
        (" 10.0.0.0/8;127.0.0.1 ;", ["127.0.0.1"], ["127.0.0.2"]),
        ("127.0.0.0/8:80", [], ["127.0.0.1"]),
        ("10.0.0.0/8", [], ["127.0.0.1"]),
        ("[::1/128]:{port}", [], ["127.0.0.1"]),
    ],
)
def test_networks_open_the_ports_they_name_and_no_others(
    settings: Settings, text: str, allowed: list[str], refused: list[str]
) -> None:
    with rogue(answers(OK)) as server:
        settings.EGRESS_ALLOW_NETWORKS = text.format(port=server.port)
        for host in allowed:
            assert egress.call("GET", server.url(host=host)).status == 200
        for host in refused:
            with pytest.raises(egress.Refused):
                egress.check(server.url(host=host))
            with pytest.raises(egress.Refused):
                egress.call("GET", server.url(host=host))
        assert server.connections == (1 if allowed else 0)


def test_an_ipv6_network_opens_its_port() -> None:
    allow = egress.parse_networks("[fd00::/8]:8000")
    egress.check("http://[fd00::5]:8000/", allow=allow)
    with pytest.raises(egress.Refused):
        egress.check("http://[fd00::5]/", allow=allow)
    with pytest.raises(egress.Refused):
        egress.check("http://[fe80::5]:8000/", allow=allow)


def test_a_port_that_a_private_network_opens_stays_closed_elsewhere() -> None:
    allow = egress.parse_networks("10.0.0.0/8:8000")
    with pytest.raises(egress.Refused) as caught:
        egress.check("http://8.8.8.8:8000/", allow=allow)
    assert caught.value.reason == "address_not_allowed"
    with pytest.raises(egress.Refused) as caught:
        egress.check("http://8.8.8.8:8001/", allow=allow)
    assert caught.value.reason == "port_not_allowed"
    egress.check("http://8.8.8.8/", allow=allow)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("10.0.0.0/33", "10.0.0.0/33"),
        ("10.0.0.1/8", "10.0.0.1/8"),
        ("localhost", "localhost"),
        ("10.0.0.0/8 127.0.0.0/8:80x", "80x"),
        ("127.0.0.0/8:", "''"),
        ("127.0.0.0/8:0", "'0'"),
        ("127.0.0.0/8:65536", "65536"),
        ("127.0.0.0/8:80,", "''"),
        ("::1/128:8000", "::1/128:8000"),
        ("[10.0.0.0/8]:80", "[10.0.0.0/8]:80"),
        ("[::1", "[::1"),
        ("[64:ff9b::/96]", "64:ff9b::/96"),
        ("10.0.0.0/8,192.168.0.0/16", "10.0.0.0/8,192.168.0.0/16"),
    ],
)
def test_a_wrong_network_is_named_in_one_sentence(text: str, named: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+\.$") as caught:
        egress.parse_networks(text)
    assert named in str(caught.value)


def test_no_networks_are_no_networks() -> None:
    assert egress.parse_networks(" ; ") == ()
