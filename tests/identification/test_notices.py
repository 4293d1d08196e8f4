"""Customers are told of new links, and take back what was not them."""

import pytest
from django.test import Client

from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Author, Case, Message
from helpdesk.channels.models import Language, Widget
from helpdesk.outbox.models import Job
from helpdesk.users.models import Profile
from helpdesk.users.services import identity, told, values
from identification.services import notices
from rules.models import Action, Rule
from tests import world
from tests.identification.asking import BOB
from tests.identification.linking import address, make, said

pytestmark = pytest.mark.django_db


def test_where_no_channel_wants_it_nobody_is_told(bob: Profile, messenger: CustomChannel) -> None:
    world.says(bob, make())
    world.says(world.customer(messenger, "second"), make())
    assert not Message.objects.exclude(author="profile").exists()


def test_the_other_conversation_and_the_new_one_are_told(linked: tuple[Case, Case]) -> None:
    there, here = linked
    (first, other), (own,) = said(there), said(here)
    assert first.startswith("This chat now belongs to the account b…@example.com (")
    assert other.startswith("A new account was linked to you: Bobby Tables (Messenger, ")
    assert own.startswith("This chat now belongs to the account b…@example.com (")
    assert "bob@example.com" not in own + other
    for text in (other, own):
        assert "/links/undo/" in text


def test_it_leaves_as_a_message_of_the_desk_itself(linked: tuple[Case, Case]) -> None:
    message = Message.objects.get(case=linked[1], author=Author.DESK)
    assert (message.agent_id, message.rule_id, message.note, message.from_api) == (None, None, False, False)
    job = Job.objects.filter(kind="webhook", message_id=message.pk).get()
    assert b'"sent_via_rule":1' in bytes(job.payload or b"")
    assert b'"staff_id":0' in bytes(job.payload or b"")


def test_nothing_new_is_no_news_and_a_notice_makes_no_other(linked: tuple[Case, Case], bob: Profile) -> None:
    there, here = linked
    before = Message.objects.filter(author=Author.DESK).count()
    world.says(bob, make())
    assert Message.objects.filter(author=Author.DESK).count() == before
    assert (len(said(there)), len(said(here))) == (2, 1)


def test_rules_do_not_answer_a_notice(linked: tuple[Case, Case], bob: Profile, forum: CustomChannel) -> None:
    rule = Rule.objects.create(list="updated", title="Echo")
    Action.objects.create(rule=rule, kind="add_note", values={"text": "echo"})
    third = world.customer(forum, "bob-again")
    world.says(third, "hello")
    world.says(third, make())
    assert Message.objects.filter(text="echo").count() == 1, "the occasion's own case only"


def test_what_an_agent_links_is_not_told(telling: CustomChannel, bob: Profile, forum: CustomChannel) -> None:
    ann, other = world.admin(), world.customer(forum, "other")
    here, there = world.says(bob, "hi").case, world.says(other, "hi").case
    identity.merge(bob.person, other.person, by=ann, reason="the same")
    assert said(here) + said(there) == []


def test_what_the_companys_server_links_is_told(telling: CustomChannel, bob: Profile) -> None:
    case = world.says(bob, "hi").case
    told.tell(bob, told.Told(email="bob@example.com"), by=None)
    (text,) = said(case)
    assert text.startswith("A new account was linked to you: b…@example.com (e-mail, ")


def test_of_each_profile_the_case_at_hand_hears_of_it_and_at_most_twenty(
    linked: tuple[Case, Case], forum: CustomChannel
) -> None:
    forum.tells_links = False
    forum.save()
    for number in range(21):
        world.says(world.customer(forum, f"more-{number}"), make({"external_id": "7"}))
    assert notices.conversations(Profile.objects.get(address="more-0").person_id) == []
    forum.tells_links = True
    forum.save()
    found = notices.conversations(Profile.objects.get(address="more-0").person_id)
    assert len(found) == 20
    assert "more-0" not in {case.profile.address for case in found}
    old, here = linked[1], Profile.objects.get(address="bob-in-messenger")
    cases.set_status(old, "closed", by=None)
    assert old.pk in [case.pk for case in notices.conversations(here.person_id)]
    new = world.says(here, "new one").case
    ids = [case.pk for case in notices.conversations(here.person_id)]
    assert new.pk in ids
    assert old.pk not in ids


def test_it_speaks_the_persons_language_and_the_widgets_words(
    telling: CustomChannel, bob: Profile, widget: Widget, languages: list[Language]
) -> None:
    widget.texts = {"de": {"notice_here": "Hallo {account}!"}}
    widget.save()
    values.say(bob, "agent", {"language": "de"}, by=None)
    text = make(widget=widget, method="token", user=BOB | {"language_id": "de"})
    (said_,) = said(world.says(bob, text).case)
    assert said_.startswith("Hallo b…@example.com! http"), "and the link stands there whatever an admin writes"


@pytest.mark.parametrize(
    "name",
    [
        "{link}",
        "https://evil.example",
        "evil.example",
        "call 0900 12345",
        "a@b",
        "x" * 500,
        "A\nB\u202eC",
        "<b>Bob</b>",
    ],
)
def test_a_hostile_name_says_nothing_in_our_name(linked: tuple[Case, Case], forum: CustomChannel, name: str) -> None:
    writer = world.customer(forum, "stranger-77")
    told.tell(writer, told.Told(said={"name": name[:200]}), by=None)
    world.says(writer, make())
    text = said(linked[0])[-1]
    assert "evil.example" not in text
    assert "\n" not in text
    assert "12345" not in text
    assert "\u202e" not in text
    assert text.count("/links/undo/") == 1
    assert len(text) < 600
    assert "<b>" not in Client().get(address(text)).content.decode()


def test_an_id_of_the_companys_own_is_told_by_the_persons_address(telling: CustomChannel, bob: Profile) -> None:
    case = world.says(bob, make({"external_id": "A-1001", "user_email": "bob@example.com"})).case
    assert said(case)[0].startswith("This chat now belongs to the account b…@example.com (")
    other = world.customer(telling, "other")
    assert said(world.says(other, make({"external_id": "B-2002"})).case)[0].startswith(
        "This chat now belongs to the account B…2 ("
    )


@pytest.mark.parametrize(
    ("kind", "whole", "masked"),
    [
        ("email", "bob@example.com", "b…@example.com"),
        ("phone", "+4930123456", "+4…56"),
        ("custom", "login-1234", "lo…34"),
        ("custom", "abcd", "a…d"),
        ("custom", "abc", "…"),
    ],
)
def test_addresses_are_masked(kind: str, whole: str, masked: str) -> None:
    assert notices.masked(Profile(kind=kind, address=whole)) == masked
