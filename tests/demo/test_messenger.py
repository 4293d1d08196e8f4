"""The messenger simulator plays against a real desk: a client of its API, a receiver of its webhook."""

from typing import Any

import pytest
from django.test import Client

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.demo import messenger
from helpdesk.demo.models import Bubble, Call, Phone, State
from helpdesk.users.models import Agent
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

BOB = "/demo/messenger/bob.kern/"


def bob() -> Phone:
    return Phone.objects.get(login="bob.kern")


def write(client: Client, text: str) -> None:
    client.post(f"{BOB}send/", {"text": text})


def received(count: int) -> list[Bubble]:
    def enough() -> list[Bubble]:
        found = list(Bubble.objects.of(bob()).received())
        return found if len(found) >= count else []

    return wait_for(enough, 20)


@pytest.fixture
def phone(client: Client) -> Client:
    client.get(BOB)
    return client


@pytest.mark.usefixtures("connected", "outbox")
def test_bob_writes_a_rule_asks_and_ann_answers_in_order(phone: Client) -> None:
    write(phone, "hello")
    (asked,) = received(1)
    assert asked.writer == "rule"
    case = Case.objects.get()
    cases.reply(case, "Ann here", by=Agent.objects.get(email="ann@example.com"))
    first, second = received(2)
    assert (first.sequence, second.sequence) == (1, 2)
    assert second.facts["previous_id"] == first.key
    assert (second.writer, second.facts["staff_full_name"]) == ("agent", "Ann Weber")
    page = phone.get(BOB).content.decode().partition('id="thread"')[2]
    assert page.index("hello") < page.index("show us that it is you") < page.index("Ann here")


@pytest.mark.usefixtures("connected")
def test_a_message_that_was_accepted_has_its_ticks_and_the_call_is_shown(phone: Client) -> None:
    write(phone, "hello")
    bubble = Bubble.objects.of(bob()).get()
    assert bubble.state == State.SENT
    assert Message.objects.filter(external_id=bubble.key, text="hello").exists()
    call = Call.objects.get(incoming=False)
    assert call.status == 201
    assert "hd_" in call.headers["Authorization"]
    assert "Bearer hd_…" in phone.get(BOB).content.decode()


@pytest.mark.usefixtures("connected")
def test_what_did_not_get_through_is_kept_and_sent_again_as_the_same_message(phone: Client, settings: Any) -> None:
    allowed, settings.EGRESS_ALLOW_NETWORKS = settings.EGRESS_ALLOW_NETWORKS, ""
    write(phone, "hello")
    bubble = Bubble.objects.of(bob()).get()
    assert bubble.state == State.FAILED
    assert bubble.problem
    assert "Try again" in phone.get(BOB).content.decode()

    settings.EGRESS_ALLOW_NETWORKS = allowed
    phone.post(f"/demo/messenger/again/{bubble.key}/")
    bubble.refresh_from_db()
    assert (bubble.state, bubble.problem) == (State.SENT, "")
    messenger.deliver(bubble)
    assert Message.objects.filter(external_id=bubble.key).count() == 1


def test_without_demo_data_the_phone_says_so(phone: Client, settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    write(phone, "hello")
    assert "manage.py demo" in Bubble.objects.of(bob()).get().problem


def test_nothing_new_is_204_and_news_come_as_parts(phone: Client, settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    version = messenger.version(bob())
    assert phone.get(f"{BOB}news/", {"version": version}).status_code == 204
    write(phone, "<b>hello</b>")
    news = phone.get(f"{BOB}news/", {"version": version})
    text = news.content.decode()
    assert news.status_code == 200
    assert "&lt;b&gt;hello&lt;/b&gt;" in text
    assert all(f'id="{part}"' in text for part in ("phones", "thread", "fault", "log"))


def test_unread_answers_are_counted_on_the_other_phones(phone: Client) -> None:
    carol = Phone.objects.get(login="carol.diaz")
    Bubble.objects.create(phone=carol, key="msg_1", state=State.RECEIVED, text="Hello Carol")
    shown = {one.owner: one.unread for one in messenger.phones()}  # type: ignore[attr-defined]
    assert shown["Carol"] == 1
    phone.get("/demo/messenger/carol.diaz/")
    shown = {one.owner: one.unread for one in messenger.phones()}  # type: ignore[attr-defined]
    assert shown["Carol"] == 0


def test_a_new_phone_is_somebody_whom_the_desk_never_saw(phone: Client) -> None:
    before = set(Phone.objects.values_list("login", flat=True))
    for _ in range(20):
        phone.post("/demo/messenger/new/")
    assert Phone.objects.count() == len(before) + 20


def test_the_receiver_is_switched_off_and_on_by_a_button(phone: Client) -> None:
    phone.post("/demo/messenger/outage/", {"do": "off", "login": "bob.kern"})
    assert "It answers 503" in phone.get(BOB).content.decode()
    phone.post("/demo/messenger/outage/", {"do": "on", "login": "bob.kern"})
    assert "The receiver is on" in phone.get(BOB).content.decode()


def test_pages_of_the_demo_run_no_inline_script_and_ask_no_foreign_host(phone: Client) -> None:
    for path in ("/demo/", BOB, "/demo/account/A-1001/"):
        answer = phone.get(path, follow=True)
        text = answer.content.decode()
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        assert 'src="http' not in text
        assert 'href="http' not in text


@pytest.mark.parametrize("path", ["/demo/messenger/nobody/", "/demo/messenger/nobody/news/", "/demo/account/A-9/"])
def test_unknown_phones_and_accounts_are_not_found(phone: Client, path: str) -> None:
    assert phone.get(path).status_code == 404
