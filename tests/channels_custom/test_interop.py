"""What really leaves is verified by the public libraries of Standard Webhooks, in Python and in JavaScript."""

import base64
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from django.db import transaction
from standardwebhooks import Webhook, WebhookVerificationError

from channels_custom import services as channels
from channels_custom import signing
from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.lib.text import BadText
from helpdesk.outbox import services as outbox
from helpdesk.users.models import Agent
from tests import world
from tests.channels_custom.conftest import Endpoint

VENDOR = Path(__file__).resolve().parent.parent / "vendor"
VERIFY = Path(__file__).with_name("verify.cjs")
TEXTS = {
    "plain": "Good day",
    "emoji": "😀 👩‍👩‍👧 Grüße, 你好",
    "CRLF": "one\r\ntwo\r\n\r\nthree",
    "odd": '\u2028\u202e\ufeff "quoted" back\\slash a+b=c&d 100% <b>',
    "100 kB": "Wörter " * 13_000,
}
# Bodies that no answer of ours has, and that other types of messages may have one day.
BODIES = {
    "NUL": b"before\0after",
    "an escaped NUL": b'{"content": "a\\u0000b"}',
    "CRLF": b"one\r\ntwo\r\n",
    "a space": b" ",
}
MANY, SOME = 3_000, 100  # bytes: of a longer body only some are flipped

pytestmark = [
    pytest.mark.both,
    pytest.mark.django_db(transaction=True),
    pytest.mark.promise("P16"),
    pytest.mark.seed("001", "Agents' responses sent to the Webhook URL you specified"),
]


@dataclass(frozen=True)
class Letter:
    """What came over the wire, and the secret to verify it with."""

    secret: str
    public_id: str
    timestamp: str
    signature: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        return {
            "webhook-id": self.public_id,
            "webhook-timestamp": self.timestamp,
            "webhook-signature": self.signature,
        }

    def forged(self) -> Iterator["Letter"]:
        """With one byte flipped: each of the id, each of the time, each or many of the body."""
        for at in range(len(self.public_id)):
            yield replace(self, public_id=flipped(self.public_id.encode(), at).decode())
        for at in range(len(self.timestamp)):
            yield replace(self, timestamp=flipped(self.timestamp.encode(), at).decode())
        step = 1 if len(self.body) < MANY else len(self.body) // SOME
        for at in range(0, len(self.body), step):
            yield replace(self, body=flipped(self.body, at))


def flipped(text: bytes, at: int) -> bytes:
    return text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]


def by_python(letters: list[Letter]) -> list[bool]:
    return [_verified(letter) for letter in letters]


def _verified(letter: Letter) -> bool:
    try:
        Webhook(letter.secret).verify(letter.body, letter.headers, json_parse=False)
    except (WebhookVerificationError, UnicodeDecodeError):  # the library reads the body as UTF-8 first
        return False
    return True


def by_javascript(letters: list[Letter]) -> list[bool]:
    asked = [
        {"secret": one.secret, "headers": one.headers, "body": base64.b64encode(one.body).decode()} for one in letters
    ]
    environment = {**os.environ, "NODE_PATH": str(VENDOR)}
    done = subprocess.run(
        ["node", VERIFY], input=json.dumps(asked).encode(), capture_output=True, check=True, env=environment
    )
    told = json.loads(done.stdout)
    assert set(told) <= {True, "WebhookVerificationError"}, "the library broke down, which is no judgement"
    return [one is True for one in told]


LIBRARIES = {"Python": by_python, "JavaScript": by_javascript}


def last(endpoint: Endpoint, secret: str) -> Letter:
    """What came last."""
    headers, body = endpoint.came[-1]
    return Letter(secret, headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"], body)


@pytest.fixture
def sent(endpoint: Endpoint, ann: Agent, deliver: Callable[[], int]) -> Callable[[str, str], Letter]:
    """Ann answers with this text in a channel with this form of body; what came at the receiver."""

    def answer(text: str, body_format: str) -> Letter:
        channel = world.messenger(endpoint.url, body_format=body_format)
        cases.reply(world.says(world.customer(channel), "hello").case, text, by=ann)
        assert deliver() == 1
        return last(endpoint, channel.secret)

    return answer


@pytest.mark.parametrize("body_format", ["json", "form"])
@pytest.mark.parametrize("name", TEXTS)
def test_both_libraries_verify_what_leaves_and_no_flipped_byte(
    sent: Callable[[str, str], Letter], name: str, body_format: str
) -> None:
    judge(sent(TEXTS[name], body_format))


@pytest.mark.parametrize("name", BODIES)
def test_both_libraries_verify_any_bytes_that_leave(
    channel: CustomChannel, endpoint: Endpoint, deliver: Callable[[], int], name: str
) -> None:
    with transaction.atomic():
        lane = f"webhook:{channel.pk}:1"
        outbox.enqueue("webhook", lane=lane, body={"channel": channel.pk}, payload=BODIES[name])
    assert deliver() == 1
    letter = last(endpoint, channel.secret)
    assert letter.body == BODIES[name]
    judge(letter)


def judge(letter: Letter) -> None:
    """It verifies, and nothing verifies in which a byte was flipped."""
    forged = list(letter.forged())
    assert len(forged) >= len(letter.public_id + letter.timestamp) + min(len(letter.body), SOME)
    assert letter not in forged
    for library, verify in LIBRARIES.items():
        assert verify([letter]) == [True], library
        assert not any(verify(forged)), library


@pytest.mark.parametrize("name", TEXTS)
def test_json_and_form_say_the_same_as_the_agent(sent: Callable[[str, str], Letter], name: str) -> None:
    said = json.loads(sent(TEXTS[name], "json").body)["object"]["content"]
    form = dict(parse_qsl(sent(TEXTS[name], "form").body.decode(), keep_blank_values=True))
    assert said.replace("\r\n", "\n").strip() == TEXTS[name].replace("\r\n", "\n").strip()
    assert form["object[content]"] == said


def test_an_answer_with_a_nul_is_refused_and_nothing_leaves(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    case = world.says(world.customer(channel), "hello").case
    with pytest.raises(BadText):
        cases.reply(case, "before\0after", by=ann)
    assert deliver() == 0
    assert endpoint.came == []


@pytest.mark.promise("P15")
def test_while_a_secret_is_changed_both_libraries_verify_with_either(
    channel: CustomChannel, ann: Agent, endpoint: Endpoint, deliver: Callable[[], int]
) -> None:
    old = channel.secret
    new = channels.rotate_secret(channel, by=None)
    cases.reply(world.says(world.customer(channel), "hello").case, "Good day", by=ann)
    deliver()
    letters = [last(endpoint, secret) for secret in (old, new, signing.make_secret())]
    for library, verify in LIBRARIES.items():
        assert verify(letters) == [True, True, False], library
