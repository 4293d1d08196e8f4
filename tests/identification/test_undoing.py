"""“That was not me”: what a customer takes back, and what is said when it is too late."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Language
from helpdesk.events.models import Event
from helpdesk.users.models import Apart, Link, Operation, Person, Profile
from helpdesk.users.services import blocking, identity, profiles, values
from identification.models import Code
from identification.services import notices
from tests import world
from tests.identification.linking import address, again, make, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def anybody() -> Client:
    """Nobody is signed in, no cookie is kept, and the forms' protection is on."""
    return Client(enforce_csrf_checks=True)


def test_looking_at_the_page_undoes_nothing(linked: tuple[Case, Case], anybody: Client, bob: Profile) -> None:
    path = address(said(linked[1])[0])
    for method in ("get", "head", "get"):
        answer = getattr(anybody, method)(path)
        assert answer.status_code == 200
    assert b"This was not me: undo it" in answer.content
    assert b"b\xe2\x80\xa6@example.com" in answer.content
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]
    assert "'none'" in answer["Content-Security-Policy"]
    assert not answer.cookies
    assert again(bob).level == 3
    assert anybody.put(path).status_code == 405


@pytest.mark.parametrize("side", ["the new account", "the one that was there"])
def test_one_press_takes_it_back_from_either_side(
    linked: tuple[Case, Case], anybody: Client, bob: Profile, side: str
) -> None:
    there, here = linked
    path = address(said(here if side == "the new account" else there)[-1])
    answer = anybody.post(path)
    assert answer.status_code == 200
    assert b"Undone." in answer.content
    account = profiles.find("email", "bob@example.com")
    assert account is not None
    assert again(bob).person != account.person
    assert again(bob).level == 1
    assert Profile.objects.get(address="bob-in-forum").person == account.person
    assert said(here)[-1] == "The link with b…@example.com (e-mail) was undone."
    assert said(there)[-1] == "The link with Bobby Tables (Messenger) was undone."
    reds = Event.objects.filter(kind="link.undone", red=True)
    assert {event.case_id for event in reds} == {there.pk, here.pk}
    operation = Operation.objects.get(kind="undo")
    assert operation.actor_kind == "profile"


def test_a_block_stays_with_both_when_a_blocked_customer_takes_the_link_back(
    linked: tuple[Case, Case], anybody: Client, bob: Profile
) -> None:
    blocking.block(again(bob).person, by=None)
    assert anybody.post(address(said(linked[1])[0])).status_code == 200
    account = profiles.find("email", "bob@example.com")
    assert account is not None
    assert again(bob).person != account.person
    assert again(bob).person.blocked
    assert account.person.blocked


def test_a_lock_on_codes_stays_with_both(linked: tuple[Case, Case], anybody: Client, bob: Profile) -> None:
    Person.objects.filter(pk=again(bob).person_id).update(codes_locked_at=timezone.now())
    anybody.post(address(said(linked[1])[0]))
    assert again(bob).person.codes_locked_at


def test_no_machine_links_the_two_again(linked: tuple[Case, Case], anybody: Client, bob: Profile) -> None:
    anybody.post(address(said(linked[1])[0]))
    assert Apart.objects.filter(lifted_at=None).count() == 1
    world.says(bob, make())
    assert again(bob).level == 1
    assert Event.objects.filter(kind="code.checked").latest("pk").data["outcome"] == "invalid"


def test_codes_that_nobody_has_used_yet_are_void(linked: tuple[Case, Case], anybody: Client) -> None:
    make()
    anybody.post(address(said(linked[1])[0]))
    assert Code.objects.latest("pk").voided_at is not None


def test_used_twice_it_says_so_and_does_nothing_more(linked: tuple[Case, Case], anybody: Client) -> None:
    there, here = linked
    one, other = address(said(there)[-1]), address(said(here)[0])
    anybody.post(one)
    messages, operations = Message.objects.count(), Operation.objects.count()
    for path in (one, other):
        for method in (anybody.get, anybody.post):
            answer = method(path)
            assert answer.status_code == 410
            assert b"undone already" in answer.content
    assert (Message.objects.count(), Operation.objects.count()) == (messages, operations)


def test_where_something_newer_stands_on_it_agents_are_told_to_decide(
    linked: tuple[Case, Case], anybody: Client, bob: Profile
) -> None:
    _there, here = linked
    other = Person.objects.create()
    identity.merge(again(bob).person, other, by=world.admin(), reason="newer")
    path = address(said(here)[0])
    for _ in range(2):
        answer = anybody.post(path)
        assert answer.status_code == 409
        assert b"something newer depends on it" in answer.content
    assert Event.objects.filter(kind="link.undo_refused", red=True, case_id=here.pk).count() == 1
    assert again(bob).person == other


def test_after_seven_days_it_is_too_late(linked: tuple[Case, Case], anybody: Client, bob: Profile) -> None:
    path = address(said(linked[1])[0])
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=5), tick=False):
        for method in (anybody.get, anybody.post):
            assert method(path).status_code == 410
    assert again(bob).level == 3


@pytest.mark.promise("A29")
def test_nobody_makes_such_an_address(linked: tuple[Case, Case], anybody: Client, bob: Profile) -> None:
    operation = Operation.objects.filter(kind="link").latest("pk")
    case = linked[1]
    good = address(notices.address(operation.pk, case))
    token = good.split("/")[3]
    forged = signing.dumps({"operation": operation.pk, "case": case.pk}, salt="another")
    foreign = signing.dumps({"operation": operation.pk, "case": case.pk}, salt=notices.SALT, key="another desk")
    for wrong in (token[:-2] + "xx", "x" + token, forged, foreign, "x", "%F0%9F%98%80", "a" * 5000):
        for method in (anybody.get, anybody.post):
            assert method(f"/links/undo/{wrong}/").status_code == 410
    assert again(bob).level == 3


def test_an_address_opens_no_merge_and_no_link_of_an_agent(linked: tuple[Case, Case], anybody: Client) -> None:
    merge = identity.merge(Person.objects.create(), Person.objects.create(), by=None)
    path = address(notices.address(merge.pk, linked[1]))
    assert anybody.post(path).status_code == 410
    assert Operation.objects.get(pk=merge.pk).undone_by is None


def test_the_page_speaks_the_persons_language(
    linked: tuple[Case, Case], anybody: Client, bob: Profile, languages: list[Language]
) -> None:
    values.say(again(bob), "agent", {"language": "de"}, by=None)
    answer = anybody.get(address(said(linked[1])[0]))
    assert 'lang="de"' in answer.content.decode()
    assert "rückgängig machen" in answer.content.decode()
    gone = anybody.get("/links/undo/x/", headers={"Accept-Language": "de"})
    assert "funktioniert nicht mehr" in gone.content.decode()


def test_what_arrived_in_between_stays_where_it_belongs(
    linked: tuple[Case, Case], anybody: Client, bob: Profile
) -> None:
    world.says(bob, "written while linked")
    before = list(Message.objects.filter(profile=bob).values_list("pk", "case_id", "level"))
    anybody.post(address(said(linked[1])[0]))
    assert list(Message.objects.filter(profile=bob).values_list("pk", "case_id", "level")) == before
    assert Link.objects.filter(profile=bob, until=None).count() == 1
