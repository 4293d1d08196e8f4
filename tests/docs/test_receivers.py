"""The sample receivers of docs/receivers/ run as they stand there, checked by the contract and by a real desk."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from channels_custom import services as channels
from channels_custom import signing
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.lib import egress
from tests import world
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "receivers"
SAMPLES = {"Python": (sys.executable, FOLDER / "receiver.py"), "Node": ("node", FOLDER / "receiver.mjs")}
LOOPBACK = "127.0.0.0/8"


@dataclass
class Sample:
    """A sample and the folder it works in. `secret` is what it verifies with."""

    command: tuple[Any, ...]
    home: Path
    secret: str = field(default_factory=signing.make_secret)
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    starts: int = 0

    def start(self) -> str:
        self.starts += 1
        environment = {**os.environ, "SECRET": self.secret, "PORT": "0", "STORE": str(self.home / "store")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self.command, env=environment, cwd=self.home, stdout=log, stderr=log)
        (self.url,) = wait_for(lambda: re.findall(r"http://127\.0\.0\.1:\d+/", self.log.read_text()), 30)
        return self.url

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    @property
    def log(self) -> Path:
        """What it said since it was started last."""
        return self.home / f"log-{self.starts}"

    def shown(self) -> list[str]:
        """`customer <- text` of each answer, in order."""
        return [line for line in self.log.read_text().splitlines() if " <- " in line]

    def say(self, user: str, text: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        """A customer writes: the sample as a command."""
        return subprocess.run(
            [*self.command, user, text], env={**os.environ, **environment}, capture_output=True, check=False
        )


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Sample]:
    settings.EGRESS_ALLOW_NETWORKS = LOOPBACK
    made = Sample(SAMPLES[request.param], tmp_path)
    yield made
    made.kill()


def post(sample: Sample, body: bytes, public_id: str = "msg_1", **changed: str) -> int:
    """Sends it signed, with some headers other than they should be; the status."""
    headers = signing.headers(public_id, body, [sample.secret], timezone.now())
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    return egress.call("POST", sample.url, headers=headers, body=body).status


def answer(text: str, sequence: int, case: int = 1) -> bytes:
    message = {"case_id": case, "user_custom_id": "login-1", "content": text}
    return json.dumps({"type": "message_new", "object": message, "sequence": sequence}).encode()


@pytest.mark.promise("P16")
def test_a_sample_passes_the_whole_check_and_shows_each_message_once_in_order(sample: Sample) -> None:
    out = StringIO()
    call_command("channel_check", sample.start(), secret=sample.secret, user_custom_id="login-1", stdout=out)
    assert {line[:12].strip() for line in out.getvalue().splitlines()} == {"passed"}, out.getvalue()
    wait_for(lambda: len(sample.shown()) >= 11)
    assert [re.sub(r" \(\w+\)$", "", line) for line in sample.shown()] == [
        "login-1 <- A message that comes twice: show it once.",
        *(f"login-1 <- Message {number} of 10." for number in range(1, 11)),
    ]


def test_what_was_taken_survives_a_kill_and_is_not_taken_again(sample: Sample) -> None:
    sample.start()
    assert post(sample, answer("one", 1), "msg_1") == 204
    assert post(sample, answer("two", 2), "msg_2") == 204
    wait_for(lambda: "login-1 <- two" in sample.shown())  # so it has noted that the first was shown
    sample.kill()
    sample.start()
    assert post(sample, answer("one", 1), "msg_1") == 204
    assert post(sample, answer("three", 3), "msg_3") == 204
    wait_for(lambda: "login-1 <- three" in sample.shown())
    assert "login-1 <- one" not in sample.shown()


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook_signature": "v1,nonsense"},
        {"webhook_signature": "v1a,x v1 ,, v1,===="},
        {"webhook_signature": "v1,\xe4"},
        {"webhook_signature": ""},
        {"webhook_timestamp": "now"},
        {"webhook_timestamp": "1e9"},
        {"webhook_timestamp": "9" * 400},
        {"webhook_timestamp": "4102444800"},
        {"webhook_timestamp": "-1"},
        {"webhook_id": ""},
    ],
    ids=str,
)
def test_nonsense_in_the_headers_is_refused_with_401(sample: Sample, changed: dict[str, str]) -> None:
    sample.start()
    assert post(sample, answer("one", 1), **changed) == 401
    assert post(sample, answer("two", 1), "msg_2") == 204
    assert wait_for(sample.shown) == ["login-1 <- two"]


def test_a_body_that_is_too_big_is_refused(sample: Sample) -> None:
    sample.start()
    try:
        status = post(sample, b"x" * 3_000_000)
    except egress.Unreachable:  # it hung up before the end, which is as good
        status = 413
    assert status == 413
    assert post(sample, answer("one", 1), "msg_2") == 204


@pytest.fixture
def channel(sample: Sample, transactional_db: None) -> CustomChannel:
    """A channel whose answers go to the sample."""
    return world.messenger(sample.start(), secret=sample.secret)


@pytest.fixture
def key(channel: CustomChannel) -> str:
    return world.api_key(world.admin(), "channel", channel=channel.channel_ptr)


def delivered(message: Message) -> bool:
    message.refresh_from_db()
    return message.delivery == "delivered"


@pytest.mark.both
@pytest.mark.seed("001", "Agents' responses sent to the Webhook URL you specified")
@pytest.mark.usefixtures("outbox")
def test_real_answers_arrive_and_a_test_is_shown_to_nobody(sample: Sample, channel: CustomChannel) -> None:
    channels.send_test(channel)
    case = world.says(world.customer(channel, "login-1"), "hello").case
    ann = world.agent("Ann", sees=[channel])
    texts = [f"Answer {number} 😀" for number in range(1, 6)]
    sent = [cases.reply(case, text, by=ann) for text in texts]
    wait_for(lambda: all(map(delivered, sent)))
    wait_for(lambda: len(sample.shown()) >= len(texts))
    assert sample.shown() == [f"login-1 <- {text}" for text in texts]


@pytest.mark.seed("001", "The API gives the ability to create cases through custom channels")
def test_a_customer_s_message_reaches_the_desk(
    sample: Sample, channel: CustomChannel, key: str, live_server: Any
) -> None:
    done = sample.say("login-1", "Hello 😀", DESK=live_server.url, CHANNEL=channel.api_key, API_KEY=key)
    assert done.returncode == 0, done.stderr
    case = Case.objects.get(pk=json.loads(done.stdout)["case_id"])
    assert case.profile.address == "login-1"
    assert [one.text for one in case.messages.all()] == ["Hello 😀"]


def test_what_the_desk_refuses_is_told_and_not_repeated(
    sample: Sample, channel: CustomChannel, live_server: Any
) -> None:
    done = sample.say("login-1", "Hello", DESK=live_server.url, CHANNEL=channel.api_key, API_KEY="hd_wrong")
    assert done.returncode == 1
    assert done.stderr.decode().startswith("The desk answered 401: {")
    assert not Case.objects.exists()
