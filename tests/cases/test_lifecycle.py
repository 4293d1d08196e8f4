"""Active chats, endings, closed and new cases: Deskie's lifecycle."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.errors import CannotMerge, CaseClosed, EmptyMessage, NewerMessage, NotAChat, NoTransport, NotTheirs
from helpdesk.cases.models import Case, Message
from helpdesk.events.models import Event
from helpdesk.lib.text import BadText
from helpdesk.users.services import profiles
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel():
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def bob(channel):
    return world.customer(channel)


@pytest.fixture
def ann(channel):
    return world.agent(sees=[channel.channel_ptr])


def kinds(case: Case) -> list[str]:
    return list(Event.objects.filter(case_id=case.pk).order_by("pk").values_list("kind", flat=True))


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def test_a_first_message_opens_a_case_with_an_active_chat(bob):
    got = world.says(bob, "hello")
    assert got.opened
    case = fresh(got.case)
    assert (case.status, case.active_chat, case.last_message_text, case.messages_count) == ("open", True, "hello", 1)
    assert kinds(case)[:2] == ["case.opened", "message.added"]


@pytest.mark.seed("001", "and in a real-time mode, like chats")
def test_a_chat_goes_on_in_its_last_case_while_that_is_open_or_pending(bob):
    first = world.says(bob, "hello").case
    cases.end_chat(first, "pending", by=None)
    again = world.says(bob, "are you there?")
    assert again.case.pk == first.pk
    assert fresh(first).active_chat


def test_only_closed_makes_a_new_case(bob):
    first = world.says(bob, "hello").case
    cases.change_status(first, "closed", by=None)
    assert not fresh(first).active_chat
    assert not fresh(first).active
    second = world.says(bob, "hello again")
    assert second.opened
    assert second.case.pk != first.pk


def test_silence_after_the_customers_word_ends_the_chat_as_open(bob):
    case = world.says(bob, "hello").case
    assert cases.end_silent_chats() == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert cases.end_silent_chats() == 1
    assert (fresh(case).active_chat, fresh(case).status) == (False, "open")


def test_silence_after_the_agents_word_ends_the_chat_as_pending(bob, ann):
    case = world.says(bob, "hello").case
    cases.reply(case, "hi", by=ann)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert cases.end_silent_chats() == 1
    assert fresh(case).status == "pending"
    ended = Event.objects.get(kind="chat.ended")
    assert (ended.actor_kind, ended.via, ended.data["why"]) == ("desk", "timer", "silence")


def test_a_chat_that_was_not_silent_after_all_is_left_alone(bob):
    case = world.says(bob, "hello").case
    with time_machine.travel(timezone.now() + timedelta(minutes=9)):
        world.says(bob, "still here")
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert cases.end_silent_chats() == 0
    assert fresh(case).active_chat


def test_an_agents_answer_takes_the_chat_and_starts_an_ended_one_again(bob, ann):
    case = world.says(bob, "hello").case
    cases.end_chat(case, "open", by=None)
    cases.reply(case, "one more thing", by=ann)
    assert fresh(case).active_chat
    assert fresh(case).chat_agent == ann


def test_a_chat_can_be_ended_only_while_it_runs(bob):
    case = world.says(bob, "hello").case
    cases.end_chat(case, "pending", by=None)
    with pytest.raises(NotAChat):
        cases.end_chat(case, "pending", by=None)


@pytest.mark.seed("001", "communication can be carried out by analogy with mail")
def test_a_mail_like_channel_works_like_mail(ann):
    forum = world.messenger("http://127.0.0.1:9/hook", sync=False)
    bob = world.customer(forum)
    first = world.says(bob, "first question").case
    assert not first.active_chat
    cases.reply(first, "an answer", by=ann)
    assert fresh(first).status == "pending"
    assert world.says(bob, "thanks").case.pk == first.pk
    assert fresh(first).status == "open"
    assert world.says(bob, "another matter", new_case=True).case.pk != first.pk


def test_a_named_closed_case_is_refused(bob):
    case = world.says(bob, "hello").case
    cases.change_status(case, "closed", by=None)
    with pytest.raises(CaseClosed):
        world.says(bob, "more", case_id=case.pk)


def test_nobody_writes_into_somebody_elses_case(bob, channel):
    case = world.says(bob, "hello").case
    with pytest.raises(NotTheirs):
        world.says(world.customer(channel, "eve"), "let me in", case_id=case.pk)


@pytest.mark.promise("P22")
def test_the_same_external_id_is_one_message(bob):
    first = world.says(bob, "hello", external_id="1")
    again = world.says(bob, "other text", external_id="1")
    assert again.message.pk == first.message.pk
    assert not again.created
    assert Message.objects.count() == 1


def test_an_answer_that_crosses_a_new_message_is_refused(bob, ann):
    got = world.says(bob, "hello")
    world.says(bob, "wait")
    with pytest.raises(NewerMessage):
        cases.reply(got.case, "hi", by=ann, if_last_message_id=got.message.pk)


def test_an_answer_needs_a_way_out(ann):
    phone = profiles.meet("phone", "+4930901820")
    got = cases.receive(phone, channel_of("phone"), cases.Draft(text="call me"))
    with pytest.raises(NoTransport):
        cases.reply(got.case, "hi", by=ann)


def channel_of(kind):
    from helpdesk.channels.models import Channel  # noqa: PLC0415

    return Channel.objects.get(kind=kind)


@pytest.mark.parametrize("text", ["", "   \n "])
def test_an_empty_message_is_refused(bob, text):
    with pytest.raises(EmptyMessage):
        world.says(bob, text)


@pytest.mark.parametrize("text", ["nul\x00", "half \ud800", "x" * 100_001])
def test_text_that_cannot_be_stored_is_refused_and_nothing_is_written(bob, text):
    with pytest.raises(BadText):
        world.says(bob, text)
    assert not Case.objects.exists()


def test_a_merged_case_sends_what_comes_to_the_surviving_one(bob, ann):
    first = world.says(bob, "hello").case
    cases.change_status(first, "closed", by=ann)
    second = world.says(bob, "hello again").case
    cases.merge(second, first, by=ann)
    cases.change_status(first, "open", by=ann)
    assert world.says(bob, "and more").case.pk == first.pk
    cases.unmerge(second, by=ann)
    assert fresh(second).merged_into is None
    assert Message.objects.filter(case=second).count() == 1


def test_an_answer_goes_to_whoever_asked_last_in_either_of_two_merged_cases(bob, channel, ann):
    first = world.says(bob, "hello").case
    carol = world.customer(channel, "carol")
    second = world.says(carol, "me too").case
    cases.merge(second, first, by=ann)
    assert cases.reply(first, "hi", by=ann).to == carol


def test_a_case_is_not_merged_twice_or_with_itself(bob, ann):
    first = world.says(bob, "hello").case
    with pytest.raises(CannotMerge):
        cases.merge(first, first, by=ann)


def test_a_note_never_leaves(bob, ann):
    case = world.says(bob, "hello").case
    note = cases.note(case, "be nice", by=ann)
    assert note.delivery == "none"
    assert fresh(case).last_message_text == "hello"


def test_each_change_is_an_event_with_its_actor(bob, ann):
    case = world.says(bob, "hello").case
    cases.assign(case, ann, by=ann)
    cases.set_group(case, world.group(), by=ann)
    cases.set_priority(case, "high", by=ann)
    cases.set_subject(case, "Invoice", by=ann)
    for kind in ("case.assigned", "case.group_changed", "case.priority_changed", "case.subject_changed"):
        event = Event.objects.get(case_id=case.pk, kind=kind)
        assert (event.actor_kind, event.actor_id) == ("agent", ann.pk)


def test_what_did_not_change_is_no_event(bob, ann):
    case = world.says(bob, "hello").case
    before = Event.objects.count()
    cases.assign(case, None, by=ann)
    cases.set_priority(case, "normal", by=ann)
    cases.change_status(case, "open", by=ann)
    assert Event.objects.count() == before


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_first_messages_at_the_same_moment_make_one_case():
    """Sixty customers, two messages each, at once: without the lock on the profile sixty of sixty got two cases."""
    channel = world.messenger()
    customers = [world.customer(channel, f"c{number}") for number in range(60)]

    def write(text_of: tuple[int, str]) -> None:
        number, text = text_of
        world.says(customers[number], text)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, [(number, text) for number in range(60) for text in ("first", "second")]))
    assert Case.objects.count() == 60
    assert Message.objects.count() == 120


@pytest.mark.both
@pytest.mark.promise("P22")
@pytest.mark.django_db(transaction=True)
def test_fifty_of_the_same_external_id_at_once_are_one_message():
    bob = world.customer(world.messenger())

    def write(_number: int) -> int:
        got = world.says(bob, "hello", external_id="one")
        connection.close()
        return got.message.pk

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(write, range(50)))) == 1
    assert Message.objects.count() == 1
    assert Case.objects.count() == 1
