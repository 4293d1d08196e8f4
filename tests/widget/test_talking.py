"""Anonymous visitors: what they say, what they read, and what they cannot."""

import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from helpdesk.cases import services as cases
from helpdesk.cases.models import Attachment, Case, Message
from helpdesk.channels.models import Widget
from helpdesk.events.models import Event
from helpdesk.users.models import Profile
from helpdesk.users.services import blocking
from helpdesk.widget.models import Session
from helpdesk.widget.services import chats
from tests.widget.visiting import Visitor

pytestmark = pytest.mark.django_db


@pytest.mark.seed("002", "we will first create an Anonymous user")
def test_nothing_is_kept_of_a_visitor_before_the_first_message(chat, bob):
    bob.ask("GET", "config/")
    assert not Session.objects.exists()
    assert not Profile.objects.filter(kind="visitor").exists()
    said = bob.says("hello")
    case = Case.objects.get()
    assert (case.via, case.channel_id, case.active_chat) == ("widget", chat.channel_id, True)
    assert said["conversation"] == case.pk
    assert case.profile.level == 0
    assert case.profile.kind == "visitor"


@pytest.mark.seed("002", "accesses your site via a different tab, they will be considered the same visitor")
def test_another_tab_with_the_same_token_is_the_same_visitor(chat, bob):
    bob.says("hello")
    tab = Visitor(chat, bob.token)
    assert tab.texts() == ["hello"]
    tab.says("again")
    assert bob.texts() == ["hello", "again"]


@pytest.mark.seed("002", "if they use a different browser they would be considered a separate user")
def test_another_browser_is_another_visitor_and_sees_nothing(bob, eve):
    bob.says("my secret")
    eve.says("hello")
    assert eve.texts() == ["hello"]
    number = bob.conversations()[0]["id"]
    for method, path, body in (
        ("GET", f"conversations/{number}/messages/", None),
        ("POST", f"conversations/{number}/read/", {"message": 1}),
        ("POST", f"conversations/{number}/typing/", {}),
        ("POST", "messages/", {"text": "x", "client_id": "1", "conversation": number}),
    ):
        assert eve.ask(method, path, body, None).status_code == 404, path


def test_an_answer_is_read_and_says_so_to_the_agent(bob, ann):
    said = bob.says("hello")
    case = Case.objects.get()
    answer = cases.reply(case, "How can I help?", by=ann)
    cases.note(case, "a strange one", by=ann)
    (row,) = bob.conversations()
    assert (row["unread"], row["last_text"], row["last_author"]) == (1, "How can I help?", "agent")
    shown = bob.reads(row["id"], f"?after={said['id']}")
    assert [(one["author"], one["name"], one["text"]) for one in shown] == [("agent", "Ann", "How can I help?")]
    bob.ask("POST", f"conversations/{row['id']}/read/", {"message": answer.pk}, 204)
    answer.refresh_from_db()
    assert answer.delivery == "read"
    assert bob.conversations()[0]["unread"] == 0


def test_notes_and_addresses_of_agents_are_in_no_answer(bob, ann):
    bob.says("hello")
    case = Case.objects.get()
    cases.note(case, "kanarie", by=ann)
    cases.reply(case, "hi", by=ann)
    number = bob.conversations()[0]["id"]
    for path in ("conversations/", f"conversations/{number}/messages/", "session/"):
        told = bob.ask("GET", path, None, None).content.decode()
        assert "kanarie" not in told
        assert "ann@example.com" not in told


def test_the_same_client_id_again_is_the_same_message(bob):
    first = bob.says("hello", "m-1")
    again = bob.says("something else", "m-1", expect=200)
    assert (again["id"], again["text"]) == (first["id"], "hello")
    assert Message.objects.count() == 1


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
@pytest.mark.promise("P22")
def test_the_same_message_fifty_times_in_parallel_is_one_message(chat, bob):
    bob.begin()
    answers: list[tuple[int, int]] = []

    def send() -> None:
        try:
            answer = Visitor(chat, bob.token).ask("POST", "messages/", {"text": "hello", "client_id": "m-1"}, None)
            answers.append((answer.status_code, answer.json().get("id", 0)))
        finally:
            connections.close_all()

    for _round in range(10):
        threads = [threading.Thread(target=send) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(answers) == 50
    assert {status for status, _pk in answers} <= {200, 201}, answers
    assert [status for status, _pk in answers].count(201) == 1
    assert len({pk for _status, pk in answers}) == 1
    assert (Message.objects.count(), Case.objects.count()) == (1, 1)


def test_a_closed_conversation_is_followed_by_a_new_one(bob):
    first = bob.says("hello")
    cases.set_status(Case.objects.get(), "closed", by=None)
    second = bob.says("hello again")
    assert second["conversation"] != first["conversation"]
    rows = bob.conversations()
    assert [row["closed"] for row in rows] == [False, True]


def test_several_conversations_stay_apart(several, bob):
    one, two = bob.says("about my order"), bob.says("about my bill")
    assert one["conversation"] != two["conversation"]
    more = bob.says("more of it", conversation=one["conversation"])
    assert more["conversation"] == one["conversation"]
    cases.set_status(Case.objects.get(pk=one["conversation"]), "closed", by=None)
    refused = bob.says("late", conversation=one["conversation"], expect=409)
    assert refused["code"] == "case_closed"


def test_files_go_along_and_come_back_for_the_session_only(chat, bob, eve):
    bob.begin()
    file = SimpleUploadedFile("../../ev\u202eil.html", b"<script>planted()</script>", content_type="image/png")
    url = f"/widget/v1/chat/{chat.widget.public_id}/messages/"
    headers = {"Authorization": f"Bearer {bob.token}"}
    said = Client().post(url, {"client_id": "f-1", "text": "look", "files": [file]}, headers=headers)
    assert said.status_code == 201, said.content
    (shown,) = said.json()["files"]
    assert (shown["name"], shown["inline"]) == ("evil.html", False)
    answer = Client().get(shown["url"])
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    person = Session.objects.get().profile.person
    blocking.block(person, by=None)
    assert Client().get(shown["url"]).status_code == 404
    blocking.unblock(person, by=None)
    Widget.objects.update(active=False)
    assert Client().get(shown["url"]).status_code == 404
    Widget.objects.update(active=True)
    assert Client().get(shown["url"]).status_code == 200
    bob.ask("DELETE", "session/", None, 204)
    assert Client().get(shown["url"]).status_code == 404


@pytest.mark.parametrize(("uploads", "count", "status"), [(False, 1, 403), (True, 11, 422)])
def test_files_that_are_not_wanted_are_refused_and_not_kept(chat, bob, tmp_path, uploads, count, status):
    chats.keep(chat, by=None, uploads=uploads)
    bob.begin()
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(count)]
    url = f"/widget/v1/chat/{chat.widget.public_id}/messages/"
    headers = {"Authorization": f"Bearer {bob.token}"}
    answer = Client().post(url, {"client_id": "f-1", "files": files}, headers=headers)
    assert answer.status_code == status, answer.content
    assert not Attachment.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_that_is_too_large_is_refused_and_nothing_stays(chat, bob, tmp_path):
    bob.begin()
    files = [SimpleUploadedFile("a.txt", b"x"), SimpleUploadedFile("b.bin", b"x" * (26 * 1024 * 1024))]
    url = f"/widget/v1/chat/{chat.widget.public_id}/messages/"
    headers = {"Authorization": f"Bearer {bob.token}"}
    answer = Client().post(url, {"client_id": "f-1", "files": files}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "file_refused")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_typing_is_told_every_three_seconds_at_most(bob):
    number = bob.says("hello")["conversation"]
    for _ in range(5):
        bob.ask("POST", f"conversations/{number}/typing/", {}, 204)
    assert Event.objects.filter(kind="case.customer_typing", case_id=number).count() == 1


def test_a_blocked_visitor_is_told_so_and_writes_no_more(bob):
    bob.says("hello")
    blocking.block(Profile.objects.get(kind="visitor").person, by=None)
    refused = bob.says("more", expect=403)
    assert refused["code"] == "blocked"
    assert Message.objects.count() == 1


def test_a_chat_that_is_switched_off_says_so(chat, bob):
    bob.says("hello")
    Widget.objects.update(active=False)
    for method, path, body in (("GET", "config/", None), ("POST", "messages/", {"text": "x", "client_id": "2"})):
        answer = bob.ask(method, path, body, None)
        assert (answer.status_code, answer.json()["code"]) == (409, "widget_off")


def test_a_site_that_is_not_listed_is_refused(chat, bob):
    Widget.objects.update(allowed_origins="https://shop.example")
    assert bob.ask("GET", "config/", None, None, Origin="https://evil.example").status_code == 403
    fine = bob.ask("GET", "config/", None, None, Origin="https://shop.example")
    assert fine["Access-Control-Allow-Origin"] == "https://shop.example"


def test_the_look_is_kept_by_browsers_until_it_changes(chat, bob):
    first = bob.ask("GET", "config/?locale=en", None, None)
    assert "max-age=60" in first["Cache-Control"]
    assert first.json()["texts"]["send"] == "Send"
    assert (first.json()["color"], first.json()["ink"]) == ("#1f6feb", "#ffffff")
    again = bob.ask("GET", "config/?locale=en", None, None, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    chats.keep(chats.named(chat.widget.public_id), by=None, color="#ffdd00")
    changed = bob.ask("GET", "config/?locale=en", None, None, **{"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()["ink"]) == (200, "#000000")


def test_an_unknown_token_is_as_good_as_none(chat, bob):
    for token in ("", "hv_unknown", "hd_x", "x" * 500):
        answer = Visitor(chat, token).ask("GET", "conversations/", None, None)
        assert (answer.status_code, answer.json()["code"]) == (401, "session_ended")
        assert answer["WWW-Authenticate"]


def test_a_token_of_one_chat_opens_no_other(chat, bob):
    bob.says("hello")
    other = chats.make("Other shop", by=None)
    assert Visitor(other, bob.token).ask("GET", "conversations/", None, None).status_code == 401


def queries(call: Any) -> int:
    with CaptureQueriesContext(connection) as asked:
        call()
    return len([one for one in asked.captured_queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN"))])


def test_a_message_and_a_list_cost_few_queries(bob, ann):
    bob.says("hello")
    for number in range(5):
        cases.reply(Case.objects.get(), f"answer {number}", by=ann)
    number = bob.conversations()[0]["id"]
    sent = queries(lambda: bob.says("more"))
    listed = queries(lambda: bob.reads(number))
    rows = queries(bob.conversations)
    assert sent <= 24
    assert listed <= 7
    assert rows <= 5
