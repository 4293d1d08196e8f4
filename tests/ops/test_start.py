"""What the command line says becomes a setting before Django reads them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpdesk.ops import lock, start

OURS = ("BASE_URL", "DEMO", "EGRESS_ALLOW_NETWORKS")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in OURS:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    yield
    for name in OURS:
        os.environ.pop(name, None)


def served(folder: Path, url: str, *, demo: bool) -> None:
    with lock.take(folder) as held:
        lock.tell(held, url=url, demo=demo)


def test_up_is_served_at_localhost_and_its_port() -> None:
    start.prepare(["manage.py", "up", "--port", "9123"])
    assert os.environ["BASE_URL"] == "http://localhost:9123"
    assert os.environ["DEMO"] == os.environ["EGRESS_ALLOW_NETWORKS"] == ""


def test_the_operators_own_address_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE_URL", "https://desk.example.com")
    start.prepare(["manage.py", "up", "--port", "9123"])
    assert os.environ["BASE_URL"] == "https://desk.example.com"


def test_the_demo_may_call_itself_and_nothing_else_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EGRESS_ALLOW_NETWORKS", "10.0.0.0/8")
    start.prepare(["manage.py", "up", "--demo", "--port=9123"])
    assert os.environ["DEMO"] == "1"
    assert os.environ["EGRESS_ALLOW_NETWORKS"] == "10.0.0.0/8 127.0.0.0/8:9123 [::1/128]:9123"


def test_demo_speaks_of_the_address_that_up_serves(tmp_path: Path) -> None:
    served(tmp_path, "http://localhost:9124", demo=True)
    start.prepare(["manage.py", "demo", "--json"])
    assert os.environ["BASE_URL"] == "http://localhost:9124"
    assert "127.0.0.0/8:9124" in os.environ["EGRESS_ALLOW_NETWORKS"]


def test_the_doctor_looks_at_a_desk_without_demo_as_it_is(tmp_path: Path) -> None:
    served(tmp_path, "http://localhost:9125", demo=False)
    start.prepare(["manage.py", "doctor"])
    assert os.environ["BASE_URL"] == "http://localhost:9125"
    assert os.environ["DEMO"] == ""


@pytest.mark.parametrize("words", [["manage.py"], ["manage.py", "migrate", "--demo"], ["manage.py", "check"]])
def test_other_commands_are_left_alone(words: list[str]) -> None:
    start.prepare(words)
    assert [os.environ[name] for name in OURS] == ["", "", ""]


def test_a_port_that_is_none_is_left_to_the_command() -> None:
    start.prepare(["manage.py", "up", "--port", "eighty"])
    assert os.environ["BASE_URL"] == f"http://localhost:{start.PORT}"
