"""The contract check against receivers that are right, and against one for each way to be wrong."""

import json
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request

from channels_custom import bodies, checking, signing
from channels_custom.checking import Check, trials
from channels_custom.checking.endpoint import Endpoint
from helpdesk.cases import services as cases
from tests import world
from tests.channels_custom import integrators
from tests.channels_custom.integrators import SECRET, WRONG, Handler, genuine, good, is_busy, kind

KEYS = [trial.key for trial in trials.TRIALS]
NEEDS_A_TAKEN_ONE = {trial.key for trial in trials.TRIALS if not trial.always}


@pytest.fixture(autouse=True)
def _open_network(settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.fixture
def serve(httpserver: HTTPServer) -> Callable[[Handler], str]:
    return partial(integrators.serve, httpserver)


def by_state(checks: list[Check]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {str(state): set() for state in checking.State}
    for check in checks:
        found[check.state].add(check.key)
    return found


@pytest.mark.promise("P16")
@pytest.mark.parametrize("body_format", ["json", "form"])
def test_a_right_receiver_passes_every_case(serve: Callable[[Handler], str], body_format: str) -> None:
    checks = checking.run(serve(good), [SECRET], body_format=body_format)
    assert [check.key for check in checks] == KEYS
    assert by_state(checks)["passed"] == set(KEYS), checks
    assert all(check.seen for check in checks)


@pytest.mark.promise("P16")
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_receiver_fails_in_the_case_that_it_gets_wrong(serve: Callable[[Handler], str], name: str) -> None:
    handler, expected, words = WRONG[name]
    checks = checking.run(serve(handler), [SECRET])
    found = by_state(checks)
    assert found["failed"] == expected, checks
    assert found["not judged"] == (NEEDS_A_TAKEN_ONE if "right" in expected else set())
    assert any(words in f"{check.seen} {check.advice}" for check in checks if check.state == "failed"), checks
    assert all(check.advice for check in checks if check.state == "failed")


def test_a_receiver_that_does_not_answer_is_too_slow(serve: Callable[[Handler], str]) -> None:
    over = Event()

    def sleeps(request: Request) -> int:
        over.wait(20)
        return 204

    try:
        checks = checking.run(serve(sleeps), [SECRET], limit=0.3)
    finally:
        over.set()
    assert by_state(checks)["failed"] == {"right", "speed"}
    (speed,) = (check for check in checks if check.key == "speed")
    assert speed.seen == "A message was not answered within 0.3 s."
    assert "do slow work afterwards" in speed.advice


def test_a_receiver_that_is_slow_but_in_time_is_warned(
    serve: Callable[[Handler], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "SLOW", 0.0)
    (speed,) = (check for check in checking.run(serve(good), [SECRET]) if check.key == "speed")
    assert speed.passed
    assert "do slow work afterwards" in speed.advice


def test_a_receiver_that_refuses_new_types_is_told_so_and_passes(serve: Callable[[Handler], str]) -> None:
    checks = checking.run(serve(lambda request: 400 if kind(request) == "type_to_come" else good(request)), [SECRET])
    (unknown,) = (check for check in checks if check.key == "unknown_type")
    assert by_state(checks)["failed"] == set()
    assert "Answer 2xx to types that you do not know" in unknown.advice


def test_a_receiver_with_another_secret_is_told_to_compare_it(serve: Callable[[Handler], str]) -> None:
    checks = checking.run(serve(good), [signing.make_secret()])
    assert by_state(checks) == {"passed": {"speed", "gone"}, "failed": {"right"}, "not judged": NEEDS_A_TAKEN_ONE}
    assert "Compare the secret and the clock" in checks[0].advice


def test_a_receiver_that_asks_for_patience_is_not_judged(serve: Callable[[Handler], str]) -> None:
    checks = checking.run(serve(is_busy), [SECRET])
    assert by_state(checks)["not judged"] == {"right", *NEEDS_A_TAKEN_ONE}
    assert "limit of requests" in checks[0].advice


def test_where_nobody_listens_nothing_else_is_judged() -> None:
    checks = checking.run("http://127.0.0.1:9/hook", [SECRET])
    assert by_state(checks) == {"passed": set(), "failed": {"right"}, "not judged": {*KEYS} - {"right"}}
    assert checks[0].seen == "The server does not accept connections."


def test_what_does_not_fit_into_the_time_is_not_judged(serve: Callable[[Handler], str]) -> None:
    over = Event()
    calls: list[str] = []

    def stops_after_two(request: Request) -> int:
        calls.append(request.path)
        if len(calls) > 2:
            over.wait(20)
        return good(request)

    try:
        checks = checking.run(serve(stops_after_two), [SECRET], deadline=2.0)
    finally:
        over.set()
    assert by_state(checks)["failed"] == set()
    assert by_state(checks)["not judged"] == NEEDS_A_TAKEN_ONE - {"flipped_byte"}
    assert checks[2].seen == "The time for the check was up."


def test_what_is_sent_says_what_it_is(serve: Callable[[Handler], str]) -> None:
    came: list[tuple[str, dict[str, Any]]] = []

    def listens(request: Request) -> int:
        if genuine(request):
            came.append((request.headers["webhook-id"], json.loads(request.get_data())))
        return good(request)

    checking.run(serve(listens), [SECRET], user="login-1", headers={"x-key": "abc"})
    assert {body["type"] for _, body in came} == {"test", "message_new", "type_to_come"}
    assert {body["object"]["user_custom_id"] for _, body in came} == {"login-1"}
    assert len({body["object"]["case_id"] for _, body in came}) == 1
    shown = [body for _, body in came if body["type"] == "message_new"][2:]  # behind the one that comes twice
    assert [body["sequence"] for body in shown] == list(range(1, 11))
    ids = [public_id for public_id, body in came if body in shown]
    assert [body["previous_id"] for body in shown] == [None, *ids[:-1]]
    assert max(len(json.dumps(body)) for _, body in came) > 200_000


def test_the_customer_s_own_headers_are_sent_too(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook", headers={"x-key": "abc"}).respond_with_data("")
    checks = checking.run(httpserver.url_for("/hook"), [SECRET], headers={"x-key": "abc"})
    assert checks[0].passed


@pytest.mark.django_db(transaction=True)
def test_a_message_of_the_check_has_the_names_of_a_real_one() -> None:
    channel = world.messenger("http://127.0.0.1:9/hook")
    message = cases.reply(world.says(world.customer(channel), "hello").case, "Good day", by=world.admin())
    endpoint = Endpoint("http://127.0.0.1:9/hook", [SECRET])
    assert json.loads(endpoint.message("x").body)["object"].keys() == bodies.message_new(message).keys()
