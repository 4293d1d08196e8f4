"""What the tests of the door to the network share."""

import socket
from typing import Any

import pytest
from pytest_django import Settings

from tests.lib.rogue import Authority


@pytest.fixture(autouse=True)
def _closed(settings: Settings) -> None:
    """No test inherits the networks of the environment."""
    settings.EGRESS_ALLOW_NETWORKS = ""
    settings.EGRESS_CA_FILE = ""


@pytest.fixture
def loopback(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.fixture(scope="session")
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
