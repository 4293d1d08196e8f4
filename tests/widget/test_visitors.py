"""Where a visitor comes from: only what a proxy of ours wrote counts."""

from typing import Any

import pytest
from django.test import RequestFactory

from helpdesk.widget.visitors import network_address


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "", "127.0.0.1"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "' OR 1=1", "unknown"),
    ],
)
def test_the_visitor_is_whom_the_outermost_proxy_saw(settings: Any, trusted: int, forwarded: str, address: str) -> None:
    settings.TRUSTED_PROXIES = trusted
    assert network_address(RequestFactory(headers={"X-Forwarded-For": forwarded}).get("/")) == address
