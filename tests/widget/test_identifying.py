"""Signing in: who goes on with whose conversation, and who never does."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Channel
from helpdesk.events.models import Event
from helpdesk.outbox.models import Job
from helpdesk.users.models import Conflict, Person, Profile
from helpdesk.users.models.people import Method
from helpdesk.users.services import blocking, identity, profiles
from helpdesk.widget import listening
from helpdesk.widget.listening import VISITORS
from helpdesk.widget.models import Session
from helpdesk.widget.services import chats, limits
from identification import services as identification
from identification.models import LookUp, TokenRefusal
from tests import world
from tests.widget.visiting import Visitor

pytestmark = pytest.mark.django_db


def account(who: str = "customer-7") -> Profile:
    return Profile.objects.select_related("person").get(kind="external", address=who)


@pytest.mark.seed("003", "the unauthenticated user is upgraded to an authenticated user")
def test_who_signs_in_while_writing_is_upgraded_with_the_conversation(bob, site):
    bob.says("hello")
    before = bob.token
    told = bob.signs_in(token=site.token("customer-7", name="Bob Brown"))
    assert (told["verified"], told["level"], told["id"], told["name"]) == (True, 3, "customer-7", "Bob Brown")
    assert bob.token != before
    assert bob.texts() == ["hello"]
    case = Case.objects.get()
    assert case.profile.level == 3
    assert case.profile.person_id == account().person_id
    assert bob.says("now signed in")["level"] == 3
    assert list(Message.objects.order_by("pk").values_list("level", flat=True)) == [0, 3]


@pytest.mark.seed("003", "If a user with the same external ID already exists, the unauthenticated user is merged")
def test_in_single_mode_the_running_conversation_is_merged_into_the_last_one_and_can_be_undone(chat, bob, eve, site):
    eve.signs_in(token=site.token("customer-7"))
    eve.says("from my phone")
    bob.says("from my laptop")
    bob.signs_in(token=site.token("customer-7"))
    phone, laptop = Case.objects.order_by("pk")
    assert laptop.merged_into_id == phone.pk
    assert [row["id"] for row in bob.conversations()] == [phone.pk]
    assert bob.texts() == eve.texts() == ["from my phone", "from my laptop"]
    assert bob.says("and on")["conversation"] == phone.pk
    cases.unmerge(laptop, by=None)
    assert {row["id"] for row in bob.conversations()} == {phone.pk, laptop.pk}


@pytest.mark.seed("003", "the user records are merged, but the current conversations aren't merged")
def test_in_multi_mode_both_stay_and_the_agent_is_told(several, bob, eve, site):
    eve.signs_in(token=site.token("customer-7"))
    old = eve.says("from my phone")["conversation"]
    running = bob.says("from my laptop")["conversation"]
    bob.signs_in(token=site.token("customer-7"))
    assert {row["id"] for row in bob.conversations()} == {old, running}
    assert Event.objects.get(kind="session.overlap", case_id=running).data["other"] == old


@pytest.mark.seed("002", "the same user, regardless of how they access your site")
@pytest.mark.seed("003", "Authenticated users can participate in a single conversation across devices")
def test_a_second_browser_of_the_same_customer_goes_on(bob, eve, site):
    bob.signs_in(token=site.token("customer-7"))
    first = bob.says("from here")["conversation"]
    eve.signs_in(token=site.token("customer-7"))
    assert eve.says("from there")["conversation"] == first
    assert bob.texts() == eve.texts() == ["from here", "from there"]
    assert Profile.objects.filter(kind="visitor").count() == 1


@pytest.mark.seed("003", "access current and past conversations across all of their devices")
def test_the_history_of_other_channels_is_read_and_gone_on_with(bob, site):
    channel = world.messenger()
    writer = world.customer(channel, "bob")
    got = world.says(writer, "from the messenger")
    code = identification.make_code({"external_id": "customer-7"}, by=None)[0]
    world.says(writer, code)
    bob.signs_in(token=site.token("customer-7"))
    assert "from the messenger" in bob.texts()
    more = bob.says("from the site", conversation=got.case.pk)
    assert more["conversation"] == got.case.pk


def test_the_old_token_opens_nothing_after_signing_in(chat, bob, site):
    """Somebody may have planted it: what it was given for was an anonymous chat."""
    bob.says("hello")
    planted = Visitor(chat, bob.token)
    bob.signs_in(token=site.token("customer-7"))
    assert planted.ask("GET", "conversations/", None, None).status_code == 401
    assert planted.ask("POST", "messages/", {"text": "x", "client_id": "1"}, None).status_code == 401


def test_another_person_who_signs_in_on_the_same_browser_sees_nothing_of_the_first(chat, bob, site):
    bob.says("before")
    bob.signs_in(token=site.token("customer-7"))
    bob.says("my secret")
    old = bob.token
    told = bob.signs_in(token=site.token("customer-8"))
    assert told["token"] != old
    assert bob.texts() == []
    assert Visitor(chat, old).ask("GET", "conversations/", None, None).status_code == 401
    bob.says("I am Carol")
    assert bob.texts() == ["I am Carol"]
    assert account("customer-7").person_id != account("customer-8").person_id


@pytest.mark.seed("002", "The logout method will reset the Omnichannel Widget")
def test_signing_out_ends_the_token_on_the_server(chat, bob, site):
    bob.signs_in(token=site.token("customer-7"))
    bob.says("my secret")
    back_button = Visitor(chat, bob.token)
    bob.ask("DELETE", "session/", None, 204)
    for path in ("conversations/", "session/"):
        assert back_button.ask("GET", path, None, None).status_code == 401
    bob.token = ""
    bob.says("somebody new")
    assert bob.texts() == ["somebody new"]
    assert Event.objects.filter(kind="session.ended").count() == 1


def test_the_same_again_keeps_the_token(bob, site):
    bob.signs_in(token=site.token("customer-7"))
    token = bob.token
    assert "token" not in bob.signs_in(token=site.token("customer-7"))
    assert bob.token == token
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": 0}, "expired"),
        ({"aud": "1-another0"}, "wrong_audience"),
        ({"external_id": None}, "missing_claim"),
        ({"nbf": 4_000_000_000}, "not_yet_valid"),
    ],
    ids=["expired", "audience", "claim", "time"],
)
def test_a_token_that_does_not_hold_changes_nothing_and_says_why(chat, bob, site, claims, code):
    bob.says("hello")
    told = bob.signs_in(expect=401, token=site.token("customer-7", **claims))
    assert told["code"] == code
    assert bob.texts() == ["hello"]
    assert not Profile.objects.filter(kind="external").exists()
    assert TokenRefusal.objects.get(widget=chat.widget).reason == code


def test_a_forged_token_changes_nothing(bob, site):
    forged = site.token("customer-7")[:-4] + "AAAA"
    assert bob.signs_in(expect=401, token=forged)["code"] == "bad_signature"
    assert not Session.objects.exists()


@pytest.mark.seed("002", "anyone who knows this ID can use this to log in as the identified user: not here")
def test_an_id_without_a_proof_is_a_claim_and_opens_nothing(bob, eve, site):
    bob.signs_in(token=site.token("customer-7"))
    bob.says("my secret")
    told = eve.signs_in(id="customer-7")
    assert (told["verified"], told["level"], told["id"]) == (False, 1, "customer-7")
    assert eve.texts() == []
    eve.says("I am customer 7")
    writer = Message.objects.get(text="I am customer 7").profile
    assert writer is not None
    assert (writer.level, writer.display["external_id"]) == (1, "customer-7")
    assert writer.person_id != account().person_id


@pytest.mark.seed("002", "This Live Chat user profile can then be passed to Inbox")
def test_agents_read_a_claimed_id_and_whose_it_is(chat, bob, eve, site, client):
    bob.signs_in(token=site.token("customer-7"))
    eve.signs_in(id="customer-7")
    case = Case.objects.get(pk=eve.says("I am customer 7")["conversation"])
    client.force_login(world.admin())
    page = client.get(f"/cases/{case.number}/").content.decode()
    assert "customer-7" in page
    assert "This is the address of somebody else, who is proven." in page


@pytest.mark.seed("002", "pass the identifier of that user from your business’s system")
def test_an_id_counts_as_vouched_where_the_admin_trusts_ids(chat, bob, eve):
    chats.keep(chat, by=None, trust_unguessable_ids=True)
    told = bob.signs_in(id="123-456-789")
    assert (told["verified"], told["level"]) == (True, 2)
    bob.says("hello")
    eve.signs_in(id="123-456-789")
    assert eve.texts() == ["hello"]
    assert Message.objects.get().level == 2


def test_who_is_vouched_for_does_not_write_with_the_level_of_a_token(chat, bob, eve, site):
    chats.keep(chat, by=None, trust_unguessable_ids=True)
    bob.signs_in(token=site.token("customer-7"))
    bob.says("with a token")
    eve.signs_in(id="customer-7")
    eve.says("with an id")
    levels = dict(Message.objects.values_list("text", "level"))
    assert levels == {"with a token": 3, "with an id": 2}


def test_an_id_that_says_nothing_is_refused(chat, bob):
    nothing: tuple[Any, ...] = ("", "null", "undefined", "0", [], {}, True, None, "x" * 300)
    for value in nothing:
        assert bob.ask("POST", "identify/", {"id": value}, None).status_code in {400, 422}, value
    chats.keep(chat, by=None, trust_unguessable_ids=True)
    for value in nothing:
        assert bob.ask("POST", "identify/", {"id": value}, None).status_code in {400, 422}, value
    assert not Session.objects.exists()


def test_a_claim_to_be_another_begins_another_session(bob):
    bob.signs_in(id="one")
    bob.says("hello")
    bob.signs_in(id="two")
    assert bob.texts() == []


def test_revoking_a_person_s_tokens_ends_the_sessions_made_with_them(bob, site):
    bob.signs_in(token=site.token("customer-7"))
    bob.says("hello")
    identification.revoke_tokens(account(), by=None)
    assert bob.ask("GET", "conversations/", None, None).status_code == 401


def test_revoking_a_session_of_the_site_ends_what_it_opened_and_no_other(bob, eve, site):
    bob.signs_in(token=site.token("customer-7", sid="shop-1"))
    eve.signs_in(token=site.token("customer-7", sid="shop-2"))
    identification.revoke_session(account(), "shop-1", by=None)
    assert bob.ask("GET", "conversations/", None, None).status_code == 401
    assert eve.ask("GET", "conversations/", None, None).status_code == 200


def test_a_blocked_person_is_not_let_in(bob, site):
    bob.signs_in(token=site.token("customer-7"))
    blocking.block(account().person, by=None)
    assert bob.ask("GET", "conversations/", None, None).json()["code"] == "blocked"
    bob.token = ""
    assert bob.signs_in(expect=403, token=site.token("customer-7"))["code"] == "blocked"


@pytest.mark.seed("002", "after a period of time, they will create a new ticket as a new user")
def test_a_session_lasts_for_the_days_of_the_chat_after_the_last_visit(chat, bob):
    bob.says("hello")
    session = Session.objects.get()
    assert timedelta(days=29) < session.expires_at - timezone.now() < timedelta(days=31)
    Session.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert bob.ask("GET", "conversations/", None, None).status_code == 401


def test_what_an_agent_has_parted_stays_parted_and_the_customer_is_let_in_all_the_same(bob, site):
    bob.says("hello")
    bob.signs_in(token=site.token("customer-7"))
    writer = Case.objects.get().profile
    identity.split([writer], by=None)
    identity.keep_apart(Profile.objects.get(pk=writer.pk), account(), by=None)
    told = bob.signs_in(token=site.token("customer-7"))
    assert told["level"] == 3
    assert bob.texts() == []
    assert Profile.objects.get(pk=writer.pk).person_id != account().person_id


def test_who_was_linked_to_somebody_else_meanwhile_reads_nothing_of_theirs(bob, eve, site, ann):
    eve.signs_in(token=site.token("carol"))
    eve.says("carol's secret")
    bob.says("carol at bob's machine")
    bob.signs_in(token=site.token("customer-7"))
    writer = Session.objects.get(account=account()).profile
    identity.link(writer, account("carol").person, method=Method.AGENT, level=writer.level, by=ann)
    assert bob.texts() == ["carol at bob's machine"]
    (session,) = Session.objects.filter(account=account())
    (listener,) = VISITORS.renewed([listening.Visitor(session.pk, 0, 0, True)]).values()
    assert listener is not None
    assert listener.known is False
    # The next proof finds out, and goes on in bob's own name.
    bob.signs_in(token=site.token("customer-7"))
    assert bob.texts() == []


def test_messages_to_another_in_a_merged_case_are_not_shown(bob, eve, ann):
    """An agent may merge the cases of two people: neither reads what was said by and to the other."""
    bob.says("from bob")
    eve.says("from eve")
    first, second = Case.objects.order_by("pk")
    cases.merge(second, first, by=ann)
    cases.reply(first, "for eve", by=ann)
    bob.says("bob again")
    cases.reply(first, "for bob", by=ann)
    assert bob.texts() == ["from bob", "bob again", "for bob"]
    assert eve.texts() == ["from eve", "for eve"]
    assert "eve" not in str(bob.conversations())


def test_the_hundred_and_first_conversation_keeps_its_check_mark(several, bob, site):
    bob.signs_in(token=site.token("customer-7"))
    for number in range(101):
        bob.says(f"about {number}")
    assert Case.objects.active().count() == 101
    assert set(Message.objects.values_list("level", flat=True)) == {3}
    assert set(Case.objects.values_list("profile__level", flat=True)) == {3}


# — attributes —


@pytest.mark.seed("002", "setAttributes will allow you to pass custom information to Inbox agents")
def test_attributes_reach_the_person_and_prove_nothing(bob):
    world.tariff()
    told = bob.begin(attributes={"premiumUser": True, "itemsInCart": 2, "email": "bob@example.com", "name": "Bob"})
    assert told["name"] == "Bob"
    bob.ask("POST", "attributes/", {"attributes": {"tariff": "VIP", "itemsInCart": None, "city": "Berlin"}}, 204)
    person = Person.objects.get()
    assert (person.name, person.metadata) == ("Bob", {"premiumUser": True, "city": "Berlin"})
    assert person.values == {"tariff": "2"}
    assert not Profile.objects.filter(kind="email").exists()
    assert Profile.objects.get().level == 0


@pytest.mark.parametrize(
    ("attributes", "names"),
    [
        ({"cart": [1, 2], "plan": {"name": "x"}, "fine": 1}, {"cart", "plan"}),
        ({"long": "x" * 1025}, {"long"}),
        ({f"key {number}": 1 for number in range(51)}, {"attributes"}),
        ({"name": 7}, {"name"}),
        ({"tariff": "Gold"}, {"tariff"}),
    ],
    ids=["nested", "long", "many", "type", "choice"],
)
def test_attributes_that_cannot_be_kept_are_refused_by_name_and_none_is_kept(bob, attributes, names):
    world.tariff()
    bob.begin()
    refused = bob.ask("POST", "attributes/", {"attributes": attributes}, 422)
    assert refused["code"] == "bad_attributes"
    assert set(refused["errors"]) == names
    assert Person.objects.get().metadata == {}


def test_attributes_that_cannot_be_kept_leave_the_session_as_it_was(bob, site):
    bob.says("hello")
    refused = bob.signs_in(expect=422, token=site.token("customer-7"), attributes={"x" * 101: "y"})
    assert refused["code"] == "bad_attributes"
    assert bob.texts() == ["hello"]
    assert bob.ask("GET", "session/")["level"] == 0


def test_who_was_taken_for_somebody_else_is_not_told_their_name(bob, eve, site, ann):
    assert eve.signs_in(token=site.token("carol", name="Carol Canary"))["name"] == "Carol Canary"
    bob.says("hello")
    writer = Case.objects.get().profile
    identity.link(writer, account("carol").person, method=Method.AGENT, level=writer.level, by=ann)
    assert "Canary" not in str(bob.ask("GET", "session/"))


def test_the_address_of_a_proven_person_in_attributes_is_an_agent_s_to_judge(bob, eve, site):
    bob.signs_in(token=site.token("customer-7", email="bob@example.com", email_verified=True))
    eve.begin(attributes={"email": "bob@example.com"})
    conflict = Conflict.objects.get()
    assert (conflict.kind, conflict.value) == ("claimed", "bob@example.com")
    assert conflict.profile.person_id != account().person_id
    assert eve.texts() == []


@pytest.mark.seed("002", "It is also possible to setAttributes at the same time")
def test_data_in_the_token_outrank_what_the_page_says(bob, site):
    bob.signs_in(token=site.token("customer-7", name="Bob Brown"), attributes={"name": "The Queen"})
    assert account().person.name == "Bob Brown"


def test_the_company_s_database_is_asked_at_sign_in(chat, bob, site):
    LookUp.objects.create(widget=chat.widget, url="https://api.example.com/users/{id}", active=True, whom="signed")
    bob.signs_in(token=site.token("customer-7"))
    assert [job.body["profile"] for job in Job.objects.filter(kind="look_up")] == [account().pk]


def test_a_chat_has_a_channel_of_its_own_that_keeps_its_cases(chat, bob):
    channel = Channel.objects.get(pk=chat.channel_id)
    assert (channel.kind, channel.sync, channel.sender_level, channel.title) == ("chat", True, 0, "Shop")
    assert channel.api_key == f"chat{channel.pk}"
    bob.says("hello")
    chat.widget.delete()
    assert Case.objects.get().channel_id == channel.pk


def test_people_are_asked_too_often_only_by_who_asks_too_often(chat, bob, site, monkeypatch):
    monkeypatch.setattr(limits, "SAYS", limits.Limit(3, limits.WINDOW))
    for number in range(3):
        bob.says(f"{number}")
    refused = bob.ask("POST", "messages/", {"text": "x", "client_id": "x"}, None)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    again = bob.ask("POST", "identify/", {"token": site.token("customer-7")}, None)
    assert again.status_code == 200


def test_claims_make_no_more_visitors_than_beginnings_do(chat, bob, monkeypatch):
    monkeypatch.setattr(limits, "BEGINS_ADDRESS", limits.Limit(3, limits.WINDOW))
    for number in range(3):
        bob.signs_in(id=f"made-up-{number}")
        bob.signs_in(id=f"made-up-{number}")
    assert bob.ask("POST", "identify/", {"id": "made-up-3"}, None).status_code == 429
    assert Session.objects.count() == 3


def test_a_profile_without_a_word_is_left_behind_at_sign_in(bob, site):
    bob.begin()
    bob.signs_in(token=site.token("customer-7"))
    bob.says("hello")
    seat = Message.objects.get().profile
    assert seat is not None
    assert seat.address.startswith("account-3-")
    assert set(profiles.linked(seat)) == {seat, account()}


def test_a_token_is_told_once_and_is_in_no_row(bob, site, caplog):
    caplog.set_level("DEBUG")
    bob.says("hello")
    first = bob.token
    bob.signs_in(token=site.token("customer-7"))
    bob.says("more")
    told = "".join(str(list(model.objects.values())) for model in (Session, Event, Profile, Person, Message, Case))
    for secret in (first, bob.token):
        assert secret[3:] not in told
        assert secret[3:] not in caplog.text
    assert bob.token not in str(bob.conversations()) + str(bob.ask("GET", "session/"))


def test_a_code_pasted_in_the_chat_proves_but_opens_no_history(bob, site, eve):
    """It may have been talked out of its owner: agents see the mark, the chat shows what was said in it."""
    bob.signs_in(token=site.token("customer-7"))
    bob.says("my secret")
    code = identification.make_code({"external_id": "customer-7"}, by=None)[0]
    eve.says(f"my code is {code}")
    writer = Message.objects.order_by("pk").reverse()[0].profile
    assert writer is not None
    assert (writer.level, writer.person_id) == (3, account().person_id)
    assert len(eve.texts()) == 1
    assert "my secret" not in str(eve.conversations())


def test_nobody_gets_out_of_a_block_by_signing_in(bob, site):
    bob.says("spam")
    writer = Profile.objects.get(kind="visitor")
    blocking.block(writer.person, by=None)
    bob.signs_in(token=site.token("customer-7"))
    bob.says("as a customer")
    writer.refresh_from_db()
    assert writer.person.blocked
    assert writer.person_id != account().person_id
    assert bob.texts() == ["as a customer"]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_sign_in_at_once_are_both_let_in(chat, bob, site):
    bob.says("hello")
    token = site.token("customer-7")
    tabs = [Visitor(chat, bob.token) for _ in range(6)]

    def sign_in(tab: Visitor) -> None:
        try:
            tab.signs_in(token=token)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sign_in, args=[tab]) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bob.token not in {tab.token for tab in tabs}
    assert [tab.texts() for tab in tabs] == [["hello"]] * 6
    assert Profile.objects.filter(kind="external").count() == 1
