"""The door to the network, as those who behave see it."""

import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from helpdesk.lib import egress
from helpdesk.lib.egress import errors, wire
from helpdesk.lib.egress.clock import Clock, Watch, limited
from tests.lib.rogue import OK, Authority, Rogue, answers, answers_and_closes, rogue
from tests.waiting import wait_for

CREATED = b"HTTP/1.1 201 Created\r\nX-Case: 7\r\nContent-Length: 5\r\n\r\nhello"


pytestmark = pytest.mark.usefixtures("loopback")


def test_a_call_brings_status_headers_body_and_time() -> None:
    with rogue(answers(CREATED)) as server:
        answer = egress.call("POST", server.url(), body=b"{}")
    assert (answer.status, answer.body, answer.truncated) == (201, b"hello", False)
    assert answer.headers["x-case"] == answer.headers["X-CASE"] == "7"
    assert 0 < answer.seconds < 5


def test_the_request_holds_what_was_given_and_nothing_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ann password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with rogue(answers(OK)) as server:
        egress.call("POST", server.url("/a?b=%20c"), headers={"Webhook-Id": "msg_1"}, body=b"\x00\xff")
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert body == b"\x00\xff"
    assert lines[0] == "post /a?b=%20c http/1.1"
    assert sorted(line.partition(":")[0] for line in lines[1:]) == [
        "accept-encoding",
        "content-length",
        "host",
        "user-agent",
        "webhook-id",
    ]
    assert "accept-encoding: identity" in lines


@pytest.mark.parametrize("status", [200, 204, 404, 410, 429, 503])
def test_every_status_is_an_answer(status: int) -> None:
    with rogue(answers(f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n".encode())) as server:
        assert egress.call("GET", server.url()).status == status


def test_a_connection_is_used_again() -> None:
    with rogue(answers(OK)) as server:
        for _ in range(5):
            egress.call("POST", server.url(), body=b"x")
        assert (len(server.requests), server.connections) == (5, 1)


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    with rogue(answers_and_closes(OK)) as server:
        for number in (1, 2, 3):
            assert egress.call("GET", server.url()).status == 200
            assert wait_for(lambda: server.closed == number)  # noqa: B023 - called at once
        assert server.connections == 3


def test_a_connection_that_rested_too_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "KEPT", 0.0)
    with rogue(answers(OK)) as server:
        assert [egress.call("GET", server.url()).status for _ in range(2)] == [200, 200]
        assert server.connections == 2


def test_a_kept_connection_is_not_cut_by_the_deadline_of_the_call_before() -> None:
    release = threading.Event()

    def talk(server: Rogue, line: socket.socket) -> None:
        server.read_request(line)
        line.sendall(OK)
        server.read_request(line)
        release.wait(10)
        line.sendall(OK)

    with rogue(talk) as server, ThreadPoolExecutor(1) as pool:
        end = time.monotonic() + 2.2  # room for a busy machine, and later than the deadline of the first call
        egress.call("GET", server.url(), deadline=2)
        second = pool.submit(egress.call, "GET", server.url(), deadline=10)
        assert wait_for(lambda: time.monotonic() > end and len(server.requests) == 2)
        release.set()
        assert second.result(5).status == 200
        assert server.connections == 1


def test_a_clock_cuts_what_it_holds_and_not_what_it_let_go() -> None:
    held, far_end = socket.socketpair()
    kept, other_end = socket.socketpair()
    with held, far_end, kept, other_end:
        first, second = Clock(60), Clock(60)
        first.hold(held)
        second.hold(kept)
        assert second.let_go()
        first.expire()
        second.expire()
        assert far_end.recv(1) == b""
        kept.sendall(b"x")
        assert other_end.recv(1) == b"x"
        with pytest.raises(egress.TooSlow):
            second.hold(kept)


def test_a_clock_that_has_stopped_cuts_nothing() -> None:
    near, far = socket.socketpair()
    with near, far:
        clock = Clock(60)
        clock.hold(near)
        clock.stop()
        clock.expire()
        near.sendall(b"x")
        assert far.recv(1) == b"x"
        assert not clock.cut


def test_the_watch_forgets_calls_that_ended_early() -> None:
    watch = Watch()
    for _ in range(2000):
        with limited(60, watch):
            pass
    assert len(watch) <= 256


def test_a_body_beyond_the_cap_is_cut_and_the_next_call_is_not_disturbed() -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n" + b"x" * 300
    with rogue(answers(long)) as server:
        first = egress.call("GET", server.url(), cap=100)
        second = egress.call("GET", server.url(), cap=300)
    assert (first.body, first.truncated) == (b"x" * 100, True)
    assert (second.body, second.truncated) == (b"x" * 300, False)


def test_many_threads_get_their_own_answers() -> None:
    def talk(server: Rogue, line: socket.socket) -> None:
        while request := server.read_request(line):
            body = request.partition(b"\r\n\r\n")[2]
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    with rogue(talk) as server, ThreadPoolExecutor(8) as pool:
        texts = [str(number).encode() for number in range(200)]
        got = pool.map(lambda text: egress.call("POST", server.url(), body=text).body, texts)
        assert list(got) == texts
        assert server.connections <= 8


def test_a_server_may_take_longer_to_read_than_to_accept() -> None:
    def talk(server: Rogue, line: socket.socket) -> None:
        server.gone.wait(0.5)
        server.read_request(line)
        line.sendall(OK)

    with rogue(talk) as server:
        assert egress.call("POST", server.url(), body=b"x" * 8_000_000, connect=0.2).status == 200
        assert len(server.requests[0]) > 8_000_000


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(egress.Unreachable) as caught:
        egress.call("GET", f"http://127.0.0.1:{port}/")
    assert caught.value.reason == "connect_failed"
    assert not caught.value.permanent


def test_a_server_that_breaks_off_is_unreachable() -> None:
    with rogue(answers_and_closes(b"")) as server, pytest.raises(egress.Unreachable) as caught:
        egress.call("GET", server.url())
    assert caught.value.reason == "broken_off"


def test_a_name_that_does_not_exist_is_unreachable_but_may_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*args: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    egress.check("https://soon.example.com/hook")
    with pytest.raises(egress.Unreachable) as caught:
        egress.call("GET", "https://soon.example.com/hook")
    assert caught.value.reason == "name_unknown"


def test_an_unknown_method_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="FETCH"):
        egress.call("FETCH", "http://127.0.0.1/")


def test_every_reason_has_a_sentence_without_an_address() -> None:
    for reason in errors.SENTENCES:
        assert str(egress.EgressError(reason, "7")).endswith(".")
    with pytest.raises(egress.Refused) as caught:
        egress.check("http://localhost/", allow=())
    assert "127.0.0.1" not in str(caught.value) + repr(caught.value)


def test_a_server_with_a_certificate_of_our_own_authority_is_trusted(settings: Settings, authority: Authority) -> None:
    settings.EGRESS_CA_FILE = authority.file
    with rogue(answers(OK), authority.context()) as server:
        assert egress.call("GET", server.url()).status == 200
        assert egress.call("GET", server.url()).status == 200
        assert server.connections == 1


def test_a_file_of_certificates_that_is_none_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem", tmp_path):
        with pytest.raises(ValueError, match=r"^[^\n]+\.$") as caught:
            egress.check_ca_file(str(path))
        assert str(path) in str(caught.value)
    egress.check_ca_file("")


def test_a_forked_process_calls_on_connections_of_its_own() -> None:
    with rogue(answers(OK)) as server:
        egress.call("GET", server.url())
        child = os.fork()
        if child == 0:
            os._exit(0 if egress.call("GET", server.url(), deadline=5).status == 200 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert egress.call("GET", server.url()).status == 200
        assert wait_for(lambda: len(server.requests) == 3)
        assert server.connections == 2


def test_a_look_up_that_hangs_does_not_hold_up_the_exit_of_the_process() -> None:
    program = """
        import socket, threading, time
        from django.conf import settings
        settings.configure(EGRESS_ALLOW_NETWORKS="", EGRESS_CA_FILE="", USE_I18N=False)
        from helpdesk.lib import egress
        socket.getaddrinfo = lambda *args: threading.Event().wait(30)
        try:
            egress.call("GET", "http://example.com/", deadline=0.4)
        except egress.Unreachable as error:
            print(error.reason)
    """
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert (process.stdout.strip(), process.returncode) == ("name_slow", 0), process.stderr
