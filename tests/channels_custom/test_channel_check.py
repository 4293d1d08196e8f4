"""The contract check at a shell. Tests without the mark of the database show that it needs none."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_httpserver import HTTPServer
from werkzeug import Request

from channels_custom.checking import trials
from tests import world
from tests.channels_custom import integrators
from tests.channels_custom.integrators import SECRET, Handler, believes_all, genuine, good, is_gone

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = [trial.key for trial in trials.TRIALS]


@pytest.fixture(autouse=True)
def _open_network(settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.fixture
def serve(httpserver: HTTPServer) -> Callable[[Handler], str]:
    return partial(integrators.serve, httpserver)


def command(*words: str, **options: Any) -> tuple[int, str]:
    """(exit code, what was printed)"""
    out = StringIO()
    try:
        call_command("channel_check", *words, stdout=out, **options)
    except SystemExit as error:
        return int(str(error.code)), out.getvalue()
    return 0, out.getvalue()


@pytest.mark.promise("P16")
def test_the_command_prints_a_line_for_each_case(serve: Callable[[Handler], str]) -> None:
    code, text = command(serve(good), secret=SECRET)
    lines = text.splitlines()
    assert (code, len(lines)) == (0, len(KEYS))
    assert all(line.startswith("passed ") for line in lines)
    assert "passed      A right message is taken. It answered 204 No Content after 0." in text


def test_the_command_fails_with_a_sentence_and_what_to_do(serve: Callable[[Handler], str]) -> None:
    code, text = command(serve(believes_all), secret=SECRET)
    assert code == 1
    assert "failed      A message with a changed byte is refused. It took a message" in text
    assert "→ Verify the signature over the raw bytes of the body" in text


def test_programs_get_the_same_as_json_and_in_the_form_of_php(serve: Callable[[Handler], str]) -> None:
    types: set[str] = set()

    def notes(request: Request) -> int:
        types.add(request.headers["content-type"])
        return good(request)

    code, text = command(serve(notes), secret=SECRET, format="form", json=True)
    told = json.loads(text)
    assert (code, told["passed"], [check["key"] for check in told["checks"]]) == (0, True, KEYS)
    assert told["checks"][0].keys() == {"key", "title", "state", "seen", "advice"}
    assert types == {"application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("handler", "secret", "code", "words"),
    [
        (good, SECRET, 0, "passed      No right message is answered with 410."),
        (is_gone, SECRET, 1, "failed      No right message is answered with 410."),
        (good, "abc", 2, "CommandError: The secret must be"),
    ],
    ids=["right", "wrong", "misused"],
)
def test_at_a_shell_the_exit_code_tells_and_no_database_is_needed(
    serve: Callable[[Handler], str], tmp_path: Path, handler: Handler, secret: str, code: int, words: str
) -> None:
    nowhere = {"DATABASE_URL": f"sqlite:///{tmp_path}/no/such/file", "EGRESS_ALLOW_NETWORKS": "127.0.0.0/8"}
    line = [sys.executable, "manage.py", "channel_check", serve(handler), "--secret", secret]
    done = subprocess.run(line, cwd=ROOT, env={**os.environ, **nowhere}, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert words in done.stdout + done.stderr


@pytest.mark.django_db
def test_a_channel_gives_its_address_its_secrets_and_its_form(serve: Callable[[Handler], str]) -> None:
    channel = world.messenger(serve(lambda request: 204 if genuine(request, secret) else 401), body_format="form")
    secret = channel.secret
    code, text = command(channel=channel.api_key)
    assert code == 0, text


@pytest.mark.parametrize(
    ("words", "options", "why"),
    [
        ((), {}, "Name either an address and its --secret, or a --channel."),
        (("http://127.0.0.1:9/",), {}, "Name either an address and its --secret, or a --channel."),
        (("http://127.0.0.1:9/",), {"channel": "cch1"}, "Name either an address and its --secret, or a --channel."),
        (
            ("http://127.0.0.1:9/",),
            {"secret": "abc"},
            "The secret must be “whsec_” and then 24 to 64 bytes in base 64.",
        ),
        (("http://127.0.0.1:9/",), {"secret": "whsec_YWJj"}, "The secret must be “whsec_” and then 24 to 64 bytes in"),
        (("http://127.0.0.1:9/",), {"secret": "whsec_ä"}, "The secret must be “whsec_” and then 24 to 64 bytes in"),
        (("ftp://127.0.0.1/",), {"secret": SECRET}, "The address must begin with http:// or https://."),
        (("http://10.0.0.1/",), {"secret": SECRET}, "it does not lead to the public internet"),
    ],
)
def test_wrong_arguments_are_named_in_a_sentence(words: tuple[str, ...], options: dict[str, Any], why: str) -> None:
    with pytest.raises(CommandError, match=r"^[^\n]*$") as raised:
        call_command("channel_check", *words, **options)
    assert why in str(raised.value)
    assert raised.value.returncode == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "why"), [("cch987654", "no custom channel"), ("messenger", "no custom channel"), ("", "Name either")]
)
def test_a_channel_that_is_not_there_is_a_wrong_argument(name: str, why: str) -> None:
    with pytest.raises(CommandError, match=why) as raised:
        call_command("channel_check", channel=name)
    assert raised.value.returncode == 2


@pytest.mark.django_db
def test_a_channel_without_an_address_is_a_wrong_argument() -> None:
    channel = world.messenger()
    with pytest.raises(CommandError, match="has no webhook URL") as raised:
        call_command("channel_check", channel=channel.api_key)
    assert raised.value.returncode == 2
