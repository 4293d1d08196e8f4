"""The visitors' stream: each thing once, and nothing of others."""

from collections.abc import Iterator
from typing import Any

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.live import views
from helpdesk.live.hub import HUB
from helpdesk.users.services import identity
from helpdesk.widget.models import Session
from tests import world
from tests.live import listening
from tests.live.listening import Ear, Ended
from tests.waiting import wait_for
from tests.widget.visiting import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


@pytest.fixture
def port() -> Iterator[int]:
    with listening.server() as found:
        yield found


def listens(port: int, visitor: Visitor, last: str = "", query: str = "") -> Ear:
    path = f"/live/chat/{visitor.chat.widget.public_id}/{query}"
    return Ear(port, last=last, path=path, token=visitor.token)


def to_the_end(ear: Ear) -> set[str]:
    """What is still told until the server ends the stream; TimeoutError where it does not."""
    told = set()
    try:
        while True:
            told.add(ear.next(15).event)
    except Ended:
        return told


def kinds(ear: Ear) -> list[str]:
    return list(ear.next().data["kinds"])


def test_a_visitor_is_told_of_answers_and_not_of_notes(port, bob, ann):
    number = bob.says("hello")["conversation"]
    ear = listens(port, bob).hello()
    cases.note(Case.objects.get(), "among us", by=ann)
    cases.typing(Case.objects.get(), by=ann)
    told = ear.next().data
    assert told == {"conversation": number, "kinds": ["case.agent_typing"]}
    cases.reply(Case.objects.get(), "hi", by=ann)
    assert "message.added" in kinds(ear)
    ear.close()


def test_a_visitor_hears_nothing_of_others(port, bob, eve, ann):
    bob.says("hello")
    eve.says("hello")
    ear = listens(port, eve).hello()
    cases.reply(Case.objects.order_by("pk")[0], "for bob", by=ann)
    assert ear.silent()
    ear.close()


def test_who_signed_in_hears_of_all_their_conversations(port, bob, eve, site, ann):
    bob.signs_in(token=site.token("customer-7"))
    number = bob.says("from here")["conversation"]
    eve.signs_in(token=site.token("customer-7"))
    ear = listens(port, eve).hello()
    cases.reply(Case.objects.get(), "hi", by=ann)
    assert ear.next().data["conversation"] == number
    ear.close()


def test_a_stranger_and_who_has_signed_out_hear_nothing(port, bob, chat):
    assert listens(port, Visitor(chat, "hv_made_up")).status == 401
    assert listens(port, Visitor(chat)).status == 401
    bob.says("hello")
    ear = listens(port, bob).hello()
    bob.ask("DELETE", "session/", None, 204)
    assert to_the_end(ear) == {"resync"}
    assert listens(port, bob).status == 401


def test_a_stream_ends_when_the_visitor_is_somebody_else_now(port, bob, ann):
    bob.says("hello")
    ear = listens(port, bob).hello()
    profile = Case.objects.get().profile
    identity.split([profile], by=ann)
    assert to_the_end(ear) == {"resync"}


@pytest.mark.promise("P24")
def test_a_stream_dropped_and_resumed_shows_each_answer_once_and_in_order(port, bob, ann):
    """As the panel does it: news are a reason to ask for what came after the last message that is shown."""
    shown = [bob.says("hello")["id"]]
    case = Case.objects.get()
    ear = listens(port, bob).hello()
    said = list(shown)
    for number in range(40):
        said.append(cases.reply(case, f"answer {number}", by=ann).pk)
        if number % 2:
            # Cut before anything of it was read.
            last = ear.last
            ear.close()
            ear = listens(port, bob, last=last)
        while shown[-1] != said[-1]:
            told = ear.next()
            assert told.event != "resync"
            if told.event == "message":
                shown += [one["id"] for one in bob.reads(case.pk, f"?after={shown[-1]}")]
    ear.close()
    assert shown == said


def test_a_long_poll_ends_with_the_first_news_and_goes_on_from_there(port, bob, ann):
    bob.says("hello")
    case = Case.objects.get()
    ear = listens(port, bob).hello()
    last = ear.last
    ear.close()
    cases.reply(case, "one", by=ann)
    first = listens(port, bob, last=last, query="?wait=20")
    assert "message.added" in kinds(first)
    assert to_the_end(first) <= {"hello"}
    quiet = listens(port, bob, last=first.last, query="?wait=1")
    assert to_the_end(quiet) == {"hello"}


def test_one_session_holds_a_browser_s_worth_of_streams_and_no_more(port, bob, monkeypatch):
    monkeypatch.setattr(views, "MOST_STREAMS", 2)
    bob.says("hello")
    ears = [listens(port, bob).hello() for _tab in range(2)]
    assert listens(port, bob).status == 429
    assert listens(port, bob, query="?wait=20").status == 429
    ears.pop().close()
    wait_for(lambda: len(HUB) == 1)
    ears.append(listens(port, bob).hello())
    for ear in ears:
        ear.close()


def test_who_listens_is_there(port, bob):
    bob.says("hello")
    Session.objects.update(seen_at="2020-01-01T00:00:00Z")
    ear = listens(port, bob).hello()
    wait_for(lambda: Session.objects.get().seen_at.year > 2020, 12)
    ear.close()


def test_a_customer_s_agents_hear_the_customer_type(port, bob, ann):
    number = bob.says("hello")["conversation"]
    ear = Ear(port, listening.cookie(ann)).hello()
    bob.ask("POST", f"conversations/{number}/typing/", {}, 204)
    assert ear.next().data == {"case": number, "kinds": ["case.customer_typing"]}
    ear.close()


@pytest.fixture(autouse=True)
def _a_messenger_beside_it(chat: Any) -> None:
    world.messenger()
