"""Secrets are told once, to whom they belong, and stand nowhere afterwards.

A desk is set up through the admin and the API, lives a little (a code is made, mistyped, redeemed; an answer fails and
leaves; somebody signs in wrongly; a page breaks), and then everything is searched: each answer, each row of the
database as it is stored, and the log at its most talkative.
"""

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings as conf
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.client import ClientHandler
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.lib import crypto
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Job
from helpdesk.users.models import Agent, StoredAnswer
from identification import keys as signing
from identification.models import LookUp
from rules.models import Webhook
from rules.services import webhooks
from tests import rights, world
from tests.admin.pages import Admin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promise("P31")]

HANDLER = ClientHandler(enforce_csrf_checks=False)
PASSWORD = "kakadu singt im regen"
WRONG = "kakadu singt im schnee"
JSON = "application/json"


@dataclass
class Life:
    """What has happened: told is {what it is: the secret}; answers are all that came back since it was told."""

    told: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, str]] = field(default_factory=list)
    ids: dict[str, Any] = field(default_factory=dict)

    @property
    def spellings(self) -> Iterator[tuple[str, str]]:
        """Each secret as it was told, and a code without its dashes, too."""
        for name, secret in self.told.items():
            yield name, secret.casefold()
            if name.startswith("code"):
                yield name, secret.replace("-", "").casefold()[2:]

    def found_in(self, text: str) -> list[str]:
        folded = text.casefold()
        return sorted({name for name, secret in self.spellings if secret in folded})


def client(key: str = "", agent: Agent | None = None) -> Client:
    made = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key}"} if key else None)
    made.handler = HANDLER
    if agent:
        made.force_login(agent)
    return made


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger says from now on."""
    heard, root = io.StringIO(), logging.getLogger()
    ear, level = logging.StreamHandler(heard), root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    yield heard
    root.setLevel(level)
    root.removeHandler(ear)


@pytest.fixture
def receiver(httpserver: HTTPServer, settings: Any) -> str:
    """A careless one: it fails, and says back all that it was sent. What it says is kept for people to read."""
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"

    def answer(request: Request) -> Response:
        return Response(f"{dict(request.headers)} {request.get_data(as_text=True)}", 500)

    httpserver.expect_request("/hook").respond_with_handler(answer)
    return httpserver.url_for("/hook")


@pytest.fixture
def life(log: Any, receiver: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Life:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    lived = Life()
    lived.told |= {"SECRET_KEY": conf.SECRET_KEY, "FIELD_KEY": conf.FIELD_KEYS[0]}
    ada = world.admin()
    by_admin(lived, Admin(client(agent=ada)), ada, receiver)
    by_api(lived)
    redeemed(lived)
    delivered(lived)
    trouble(lived, monkeypatch)
    return lived


def by_admin(life: Life, admin: Admin, ada: Agent, receiver: str) -> None:
    """Ada makes a channel, a key for its server, a signing key, and an agent with a password."""
    channel = admin.open("channels_custom/customchannel/add/").send(title="Messenger", webhook_url=receiver)
    life.told["channel secret"] = channel.secret
    life.told["API key"] = admin.open("users/apikey/add/").send(name="Server", agent=ada.pk, scope="admin").secret
    life.told["signing secret"] = admin.open("identification/signingkey/add/").send(title="Shop").secret
    agents = admin.open("users/agent/add/")
    agents.send(name="Ann", email="ann@example.com", password1=PASSWORD, channels=[CustomChannel.objects.get().pk])
    life.told["password"] = PASSWORD
    life.told["header of a look-up"] = "kolibri-fliegt-rueckwaerts"
    look_up = {"place": f"channel:{CustomChannel.objects.get().pk}", "url": f"{receiver}?u={{id}}", "active": "on"}
    header = f"Authorization: Bearer {life.told['header of a look-up']}"
    made = admin.open("identification/lookup/add/").send(**look_up, whom="all", new_headers=header)
    life.answers.append(("the page after a header was typed", made.html))
    life.told["header of a webhook"] = "pinguin-watschelt-los"
    hook = {"title": "CRM", "url": receiver, "active": "on"}
    hook["new_headers"] = f"Authorization: Bearer {life.told['header of a webhook']}"
    life.told["webhook secret"] = admin.open("rules/webhook/add/").send(**hook).secret
    tried = admin.open(f"identification/lookup/{LookUp.objects.get().pk}/test/").send("_test", user_id="bob")
    assert "authorization" in tried.text.casefold(), "the receiver has said it back"
    life.answers.append(("a test of the look-up", tried.html))
    invited = admin.open("users/agent/add/").send(name="Carl", email="carl@example.com")
    life.told["sign-in link"] = invited.secret.split("/sign-in/")[1].rstrip("/")
    life.answers.append(("the pages after the secrets were shown", admin.open(channel.address).html))


def by_api(life: Life) -> None:
    """The server makes a channel of its own and two codes, each asked for twice by the same Idempotency-Key."""
    server = client(life.told["API key"])
    for name, path, body, secret in (
        ("secret of a second channel", "custom_channels/", {"title": "Portal", "channel_type": "sync"}, "secret"),
        ("code that was used", "identification_codes/", {"user": {"user_email": "bob@example.com"}}, "code"),
        ("code that was not used", "identification_codes/", {"user": {"user_email": "dora@example.com"}}, "code"),
    ):
        for time in ("first", "second"):
            answer = server.post(
                f"/api/v1/{path}", json.dumps(body), content_type=JSON, headers={"Idempotency-Key": name}
            )
            assert answer.status_code == 201, answer.content
            if time == "first":
                life.told[name] = answer.json()[secret]
            else:
                life.answers.append((f"the second time: {path}", answer.content.decode()))


def redeemed(life: Life) -> None:
    """Bob mistypes a code, then pastes it in every place where he can write."""
    server, channel = client(life.told["API key"]), CustomChannel.objects.get(title="Messenger")
    code = life.told["code that was used"]
    wrong = code[:-1] + ("7" if code[-1] != "7" else "8")
    life.told["code with a typing error"] = wrong
    for number, said in enumerate(
        (
            {"content": f"my code is {wrong}"},
            {"content": f"{code.lower()} and once more {code}", "subject": f"it is {code}"},
            {"content_html": f"<p>{code[:5]}<b>{code[5:]}</b></p>"},
        )
    ):
        body = {"user_custom_id": "bob", "external_id": f"e{number}", **said}
        path = f"/api/v1/custom_channels/{channel.api_key}/messages/"
        headers = {"Idempotency-Key": f"message {number}"}
        answer = server.post(path, json.dumps(body), content_type=JSON, headers=headers)
        assert answer.status_code == 201, answer.content
        life.answers.append((f"message {number}", answer.content.decode()))
    assert Message.objects.filter(level=3).exists(), "the code was not redeemed"


def delivered(life: Life) -> None:
    """An answer leaves; the receiver fails, and its words are kept. Then the channel gets another secret."""
    case = Case.objects.get()
    admin = Admin(client(agent=Agent.objects.get(email="ada@example.com")))
    cases.reply(case, "welcome", by=Agent.objects.get(email="ann@example.com"))
    outbox.drain(Job.objects.filter(kind="look_up").latest("pk").lane_id)
    assert "500" in Attempt.objects.latest("pk").error
    outbox.drain(Job.objects.filter(kind="webhook").latest("pk").lane_id)
    assert "webhook-signature" in Attempt.objects.latest("pk").head.lower()
    hook = Webhook.objects.get()
    webhooks.send(hook, case, '{"text": "{{ message.text }}"}', "json", by=case.profile)
    outbox.drain(Job.objects.get(kind="rules.webhook").lane_id)
    page = admin.open(f"rules/webhook/{hook.pk}/change/")
    assert "500" in page.text
    life.answers.append(("the page of a webhook", page.html))
    life.told["new webhook secret"] = page.send("_rotate").secret
    page = admin.open(f"channels_custom/customchannel/{case.channel_id}/change/")
    life.told["new channel secret"] = page.send("_rotate").secret
    life.ids = {"number": case.number, "case": case.pk, "channel": case.channel_id, "user": case.profile_id}


def trouble(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong password, a token of another desk, a page and a call of the API that break with secrets in hand."""
    life.told["wrong password"] = WRONG
    key, foreign = life.told["API key"], signing.make("Other", by=None)[1]
    life.told["second signing secret"] = foreign
    visitor = client()
    for login, password in (("ann@example.com", WRONG), ("ann@example.com", PASSWORD), ("x@example.com", WRONG)):
        answer = visitor.post("/accounts/login/", {"login": login, "password": password})
        life.answers.append(("signing in", answer.content.decode()))
    life.answers.append(("a wrong key", client(key[:-1] + "x").get("/api/v1/cases/").content.decode()))

    def break_down(*args: Any, **more: Any) -> Any:
        raise RuntimeError("out of order")

    monkeypatch.setattr("helpdesk.cases.services.receive", break_down)
    monkeypatch.setattr("helpdesk.inbox.views.lists.frame", break_down)
    body = {"channel": f"cch{life.ids['channel']}", "user_custom_id": "bob", "content": life.told["code that was used"]}
    broken = client(key).post("/api/v1/cases/", json.dumps(body), content_type=JSON)
    page = client(agent=Agent.objects.get(email="ann@example.com")).get("/", headers={"Authorization": f"Bearer {key}"})
    assert (broken.status_code, page.status_code) == (500, 500)
    life.answers += [("a broken call", broken.content.decode()), ("a broken page", page.content.decode())]
    monkeypatch.undo()


def test_secrets_are_in_no_answer_no_row_and_no_line_of_the_log(life, log):
    assert len(life.told) >= 13
    assert {what: life.found_in(text) for what, text in life.answers if life.found_in(text)} == {}
    assert {where: found for where, found in stored(life) if found} == {}
    assert "RuntimeError: out of order" in log.getvalue(), "nobody listened"
    looked_at = {path: life.found_in(text) for path, text in everything_that_can_be_read(life)}
    assert len(looked_at) > 60
    assert {path: found for path, found in looked_at.items() if found} == {}
    assert life.found_in(log.getvalue()) == []


def stored(life: Life) -> Iterator[tuple[str, list[str]]]:
    """(table, secrets in it) as a copy of the database would show it. Tables of the test itself: none."""
    rows = 0
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                rows += 1
                yield table, life.found_in(" ".join(map(plain, row)))
    assert rows > 100, "nothing was looked at"


def plain(value: Any) -> str:
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)


def everything_that_can_be_read(life: Life) -> Iterator[tuple[str, str]]:
    """Each page and each list, by Ada's session and by the server's key."""
    page, server = client(agent=Agent.objects.get(email="ada@example.com")), client(life.told["API key"])
    models = {model: newest(path) for model, path in rights.MODELS.items()}
    for row in rights.rows():
        address = rights.fill(row.path, {**models, **life.ids})
        if (
            row.method == "GET"
            and "{" not in address
            and not address.startswith(("/live/", "/demo/", "/accounts/logout"))
        ):
            by: Callable[..., Any] = server.get if address.startswith("/api/") else page.get
            answer = by(address)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            yield address, f"{content.decode(errors='replace')} {answer.headers}"


def newest(path: str) -> Any:
    """The row of a model that a page shows; 0 where there is none."""
    from django.apps import apps  # noqa: PLC0415

    model = apps.get_model(path.replace("/", "."))
    return getattr(model.objects.order_by("-pk").first(), "pk", 0)


def test_a_secret_that_nobody_came_to_see_waits_encrypted(life):
    ada = Agent.objects.get(email="ada@example.com")
    admin = client(agent=ada)
    admin.post("/admin/users/apikey/add/", {"name": "Unseen", "agent": ada.pk, "scope": "read", "active": "on"})
    session = Session.objects.get(pk=admin.cookies["hd_session"].value).get_decoded()
    secret = crypto.decrypt(session["shown_once"]["secret"])
    assert secret.startswith("hd_")
    assert secret not in json.dumps(session)
    assert client(secret).get("/api/v1/cases/").status_code == 200


def test_stored_answers_cannot_be_read_without_the_key(life):
    bodies = StoredAnswer.objects.exclude(body="").values_list("body", flat=True)
    assert len(bodies) >= 6
    assert all(body.startswith("gAAAA") for body in bodies)
