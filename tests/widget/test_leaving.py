"""The end of a conversation: a rating, and a copy by mail."""

import pytest
from django.core import mail

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.outbox.kinds import JOBS
from helpdesk.outbox.models import Job
from helpdesk.widget.models import Chat
from helpdesk.widget.services import chats

pytestmark = pytest.mark.django_db


@pytest.fixture
def generous(chat: Chat) -> Chat:
    return chats.keep(chat, by=None, rating=True, transcript=True)


def test_a_rating_is_kept_and_can_be_changed(generous, bob):
    number = bob.says("hello")["conversation"]
    for score in (2, 5):
        bob.ask("POST", f"conversations/{number}/rating/", {"score": score, "comment": "well"}, 204)
    assert Case.objects.get().rating == 5
    for wrong in (0, 6, "x", None):
        assert bob.ask("POST", f"conversations/{number}/rating/", {"score": wrong}, None).status_code == 400


def test_what_the_chat_does_not_offer_is_refused(bob):
    number = bob.says("hello")["conversation"]
    for path, body in (("rating", {"score": 5}), ("transcript", {})):
        refused = bob.ask("POST", f"conversations/{number}/{path}/", body, 403)
        assert refused["code"] == "not_offered"


def test_a_conversation_is_mailed_to_the_customer_s_own_address_without_notes(generous, bob, site, ann):
    bob.signs_in(token=site.token("customer-7", email="bob@example.com", email_verified=True))
    number = bob.says("hello")["conversation"]
    case = Case.objects.get()
    cases.note(case, "among us", by=ann)
    cases.reply(case, "hi there", by=ann)
    bob.ask("POST", f"conversations/{number}/transcript/", {}, 202)
    job = Job.objects.get(kind="transcript")
    assert JOBS.get("transcript").run(job).ok
    (sent,) = mail.outbox
    assert (sent.to, case.number in sent.subject) == (["bob@example.com"], True)
    assert "hello" in sent.body
    assert "hi there" in sent.body
    assert "among us" not in sent.body


def test_a_typed_address_gets_no_mail(generous, bob, eve, site):
    """Else the chat would send anybody's words to anybody."""
    bob.begin(attributes={"email": "victim@example.com"})
    number = bob.says("buy this")["conversation"]
    assert bob.ask("POST", f"conversations/{number}/transcript/", {}, 422)["code"] == "no_address"
    eve.signs_in(token=site.token("customer-7", email="victim@example.com"))
    number = eve.says("buy this")["conversation"]
    assert eve.ask("POST", f"conversations/{number}/transcript/", {}, 422)["code"] == "no_address"
    assert not Job.objects.filter(kind="transcript").exists()


def test_who_has_signed_out_gets_no_mail_any_more(generous, bob, site):
    bob.signs_in(token=site.token("customer-7", email="bob@example.com", email_verified=True))
    number = bob.says("hello")["conversation"]
    bob.ask("POST", f"conversations/{number}/transcript/", {}, 202)
    bob.ask("DELETE", "session/", None, 204)
    assert not JOBS.get("transcript").run(Job.objects.get(kind="transcript")).ok
    assert mail.outbox == []
