"""The live chat from HTTP to HTTP: anonymous, signed in while writing, a second browser, signed out, somebody else."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
import requests

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.users.services import agents
from helpdesk.widget.services import chats
from rules.models import Rule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


@dataclass
class Browser:
    """A page of the site with the chat on it. token: in the page's storage."""

    url: str
    token: str = ""
    shown: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = requests.request(method, f"{self.url}{path}", json=body, headers=headers, timeout=20)
        assert answer.status_code == expect, answer.text[:2000]
        return answer.json() if answer.content else None

    def writes(self, text: str) -> dict[str, Any]:
        if not self.token:
            self.token = self.ask("POST", "sessions/", {}, 201)["token"]
        body = {"text": text, "client_id": str(uuid.uuid4())}
        told: dict[str, Any] = self.ask("POST", "messages/", body, 201)
        return told

    def signs_in(self, token: str) -> dict[str, Any]:
        told: dict[str, Any] = self.ask("POST", "identify/", {"token": token})
        self.token = told.get("token") or self.token
        return told

    def signs_out(self) -> None:
        self.ask("DELETE", "session/", None, 204)
        self.token = ""

    def reads(self) -> list[str]:
        rows = self.ask("GET", "conversations/")["results"]
        found = [self.ask("GET", f"conversations/{row['id']}/messages/")["results"] for row in rows]
        return [f"{one['author']}: {one['text']}" for thread in found for one in thread]


@pytest.fixture
def chat(desk: Any) -> Any:
    """A chat of the desk, which has no rules here: those of the seed ask everybody for a code at once."""
    Rule.objects.all().delete()
    made = chats.make("Shop", by=None)
    agents.give_access(desk.ann, channels=[made.channel, desk.channel.channel_ptr], groups=[], by=None)
    return made


@pytest.fixture
def browsers(desk: Any, chat: Any) -> Any:
    url = f"{desk.url}/widget/v1/chat/{chat.widget.public_id}/"
    return Browser(url), Browser(url)


def signed(signing_key: Any, who: str, name: str) -> str:
    key, secret = signing_key
    claims = {"external_id": who, "name": name, "exp": int(time.time()) + 300}
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key.kid})


@pytest.mark.seed("003", "anonymous, signs in mid-conversation, goes on in a second browser, signs out")
def test_the_conversation_follows_the_right_person_and_nobody_else(desk, chat, browsers, signing_key):  # noqa: PLR0915
    first, second = browsers

    # 1. A stranger writes; an agent answers; the stranger reads it.
    said = first.writes("where is my parcel?")
    case = desk.case(said["conversation"])
    assert (case["channel"], case["active_chat"], case["status"]) == (chat.channel.api_key, True, "open")
    before = Case.objects.get(pk=said["conversation"])
    assert before.profile.level == 0
    cases.reply(before, "On its way. Who are you?", by=desk.ann)
    assert first.reads()[-1] == "agent: On its way. Who are you?"

    # 2. They sign in on the site: the same conversation, now a proven customer's.
    told = first.signs_in(signed(signing_key, "customer-7", "Bob Brown"))
    assert (told["verified"], told["level"]) == (True, 3)
    assert first.reads()[0] == "you: where is my parcel?"
    assert first.writes("It is me, Bob")["level"] == 3
    user = desk.api("GET", f"users/{before.profile_id}/")
    assert (user["user_full_name"], user["external_id"], user["identified"]) == ("Bob Brown", "customer-7", True)
    levels = [one["level"] for one in desk.api("GET", f"cases/{before.pk}/messages/")["results"] if one["user_id"]]
    assert sorted(levels) == [0, 3]

    # 3. A second browser of Bob's has all of it at once, and goes on.
    second.signs_in(signed(signing_key, "customer-7", "Bob Brown"))
    assert second.reads() == first.reads()
    assert second.writes("from my phone")["conversation"] == said["conversation"]
    assert first.reads()[-1] == "you: from my phone"

    # 4. Bob signs out in the first browser. Its token is worth nothing; the second browser goes on.
    old = first.token
    first.signs_out()
    replayed = Browser(first.url, old)
    assert replayed.ask("GET", "conversations/", None, 401)["code"] == "session_ended"
    assert second.reads()

    # 5. Carol signs in there: nothing of Bob's, before she writes and afterwards.
    first.signs_in(signed(signing_key, "customer-8", "Carol"))
    assert first.reads() == []
    hers = first.writes("hello, I am Carol")
    assert hers["conversation"] != said["conversation"]
    assert first.reads() == ["you: hello, I am Carol"]
    assert "you: hello, I am Carol" not in second.reads()
    refused = first.ask("GET", f"conversations/{said['conversation']}/messages/", None, 404)
    assert "parcel" not in str(refused)


@pytest.mark.promise("P23")
@pytest.mark.slow
@pytest.mark.parametrize("number", [150, pytest.param(1000, marks=pytest.mark.soak)])
def test_messages_that_waited_offline_come_in_order_and_once(chat, browsers, number):
    """The outbox of a browser, sent one after the other; every tenth answer is lost on the way, and sent again."""
    first, _second = browsers
    first.token = first.ask("POST", "sessions/", {}, 201)["token"]
    for each in range(number):
        body = {"text": f"message {each}", "client_id": f"m-{each}"}
        first.ask("POST", "messages/", body, 201)
        if each % 10 == 0:
            first.ask("POST", "messages/", body, 200)
    case = Case.objects.get()
    got: list[str] = []
    after = 0
    while len(got) < number:
        rows = first.ask("GET", f"conversations/{case.pk}/messages/?after={after}&limit=100")["results"]
        assert rows
        got += [one["text"] for one in rows]
        after = rows[-1]["id"]
    assert got == [f"message {each}" for each in range(number)]
    assert case.messages_count == number
