"""What an agent does in the inbox, over HTTP: each form works without a script, and a refusal loses nothing."""

import pytest
from django.urls import reverse

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Channel
from helpdesk.events.models import Event
from helpdesk.outbox.models import Job, State
from helpdesk.users.services import profiles
from tests import world

pytestmark = pytest.mark.django_db


def post(client, name: str, case: Case, *more: int, query: str = "", **data):
    return client.post(reverse(f"inbox:{name}", args=[case.number, *more]) + query, data)


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def last_event(kind: str) -> Event:
    return Event.objects.filter(kind=kind).latest("pk")


def test_a_reply_leaves_and_the_page_comes_back_to_the_same_list(as_ann, ann, case):
    answer = post(as_ann, "write", case, query="?view=unassigned", kind="reply", text="Good morning, Bob", last="")
    assert answer.status_code == 302
    assert answer["Location"] == reverse("inbox:case", args=[case.number]) + "?view=unassigned"
    message = Message.objects.latest("pk")
    assert (message.text, message.agent, message.note, message.delivery) == ("Good morning, Bob", ann, False, "queued")
    assert Job.objects.get(message_id=message.pk).state == State.WAITING
    event = last_event("message.added")
    assert (event.actor, event.via) == (("agent", ann.pk), "inbox")


def test_a_note_stays_among_agents(as_ann, ann, case):
    post(as_ann, "write", case, kind="note", text="He has called before")
    message = Message.objects.latest("pk")
    assert (message.note, message.agent, message.delivery) == (True, ann, "none")
    assert not Job.objects.filter(message_id=message.pk).exists()


def test_an_answer_that_crossed_a_new_message_is_not_sent_and_not_lost(as_ann, bob, case):
    seen = case.last_message_id
    world.says(bob, "wait, it was another invoice")
    answer = post(as_ann, "write", case, kind="reply", text="I refund 4471", last=str(seen))
    assert answer.status_code == 409
    text = answer.content.decode()
    assert ">I refund 4471</textarea>" in text
    assert "Somebody wrote in the meantime" in text
    assert "wait, it was another invoice" in text
    assert not Message.objects.filter(text="I refund 4471").exists()
    again = post(as_ann, "write", case, kind="reply", text="I refund 4472", last=str(fresh(case).last_message_id))
    assert again.status_code == 302


def test_a_second_click_on_send_sends_nothing(as_ann, case):
    data = {"kind": "reply", "text": "Good morning", "last": str(case.last_message_id)}
    assert post(as_ann, "write", case, **data).status_code == 302
    assert post(as_ann, "write", case, **data).status_code == 409
    assert Message.objects.filter(text="Good morning").count() == 1


@pytest.mark.parametrize("text", ["", "  \n", "x" * 100_001, "nul\x00"])
def test_what_cannot_be_sent_is_shown_with_the_reason(as_ann, case, text):
    answer = post(as_ann, "write", case, kind="reply", text=text)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert text[:1000] in page
    assert Message.objects.filter(case=case).count() == 1


def test_a_refused_note_stays_a_note(as_ann, case):
    page = post(as_ann, "write", case, kind="note", text="nul\x00").content.decode()
    assert 'value="note" checked' in page
    assert 'value="reply" checked' not in page


def test_without_a_way_out_the_answer_is_kept_in_the_form(as_ann, ann):
    phone, _made = Channel.objects.get_or_create(kind="phone", defaults={"title": "Phone"})
    ann.channels.add(phone)
    case = cases.receive(profiles.meet("phone", "+4930901820"), phone, cases.Draft(text="call me")).case
    answer = post(as_ann, "write", case, kind="reply", text="Good morning")
    assert answer.status_code == 422
    assert ">Good morning</textarea>" in answer.content.decode()


def test_a_case_is_given_to_oneself_to_a_colleague_and_to_nobody(as_ann, ann, case, channel):
    gina = world.agent("Gina", sees=[channel.channel_ptr])
    post(as_ann, "assign", case, agent="me")
    assert fresh(case).assignee == ann
    post(as_ann, "assign", case, agent=str(gina.pk))
    assert fresh(case).assignee == gina
    post(as_ann, "assign", case, agent="")
    assert fresh(case).assignee is None


@pytest.mark.parametrize("wanted", ["eve", "nonsense", "999999"])
def test_a_case_is_not_given_to_somebody_who_cannot_see_it(as_ann, case, wanted):
    eve = world.agent("Eve")
    answer = post(as_ann, "assign", case, agent=str(eve.pk) if wanted == "eve" else wanted)
    assert answer.status_code == 422
    assert fresh(case).assignee is None
    assert ">Eve<" not in answer.content.decode()


@pytest.mark.parametrize("status", ["pending", "closed"])
def test_a_status_is_set_and_open_again(as_ann, ann, case, status):
    post(as_ann, "status", case, status=status)
    assert fresh(case).status == status
    assert last_event("case.status_changed").actor == ("agent", ann.pk)
    post(as_ann, "status", case, status="open")
    assert fresh(case).status == "open"


@pytest.mark.parametrize("status", ["open", "pending", "closed"])
def test_a_chat_is_ended_with_a_status(as_ann, bob, case, status):
    world.says(bob, "are you there?")
    assert fresh(case).active_chat
    post(as_ann, "end_chat", case, status=status)
    assert (fresh(case).active_chat, fresh(case).status) == (False, status)


def test_a_chat_that_has_ended_cannot_be_ended_again(as_ann, case):
    answer = post(as_ann, "end_chat", case, status="pending")
    assert answer.status_code == 409
    assert "There is no chat under way" in answer.content.decode()


@pytest.mark.parametrize("name", ["status", "end_chat"])
def test_a_status_that_does_not_exist_is_refused(as_ann, case, name):
    assert post(as_ann, name, case, status="nonsense").status_code == 422
    assert fresh(case).status == "open"


def test_try_again_sends_the_same_message_under_the_same_id(as_ann, ann, case):
    message = cases.reply(case, "Good morning", by=ann)
    job = Job.objects.get(message_id=message.pk)
    Job.objects.filter(pk=job.pk).update(state=State.PARKED, attempts=6)
    cases.failed(message.pk, attempts=6, problem="no answer")
    assert post(as_ann, "again", case, message.pk).status_code == 302
    message.refresh_from_db()
    again = Job.objects.get(message_id=message.pk)
    assert (message.delivery, message.problem) == ("queued", "")
    assert (again.state, again.attempts, again.public_id) == (State.WAITING, 0, job.public_id)
    assert last_event("message.queued_again").actor == ("agent", ann.pk)


@pytest.mark.parametrize("state", ["queued", "delivered"])
def test_what_is_on_its_way_or_arrived_is_not_sent_again(as_ann, ann, case, state):
    message = cases.reply(case, "Good morning", by=ann)
    if state == "delivered":
        cases.delivered(message.pk, attempts=1)
    assert post(as_ann, "again", case, message.pk).status_code == 409


def test_a_note_and_the_customers_own_message_cannot_be_sent(as_ann, ann, case):
    note = cases.note(case, "among us", by=ann)
    assert post(as_ann, "again", case, note.pk).status_code == 404
    assert post(as_ann, "again", case, case.last_message_id).status_code == 409


def test_the_buttons_are_those_that_make_sense_now(as_ann, bob, case):
    def shown() -> str:
        return as_ann.get(reverse("inbox:case", args=[case.number])).content.decode()

    assert "Close</button>" in shown()
    assert "End chat" not in shown()
    world.says(bob, "hello again")
    assert "End chat" in shown()
    cases.end_chat(case, "closed", by=None)
    assert "Reopen" in shown()
