"""Linking, proving, merging, splitting: only links move, and each can be undone exactly."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Level
from helpdesk.users.errors import AlreadySomeoneElse, NotUndoable
from helpdesk.users.models import Link, Operation, Person, Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import Method
from helpdesk.users.services import blocking, identity, profiles, told, values
from tests import world

pytestmark = pytest.mark.django_db

EVIDENCE = {"code": 1}


@pytest.fixture
def channel():
    return world.messenger()


def prove(profile: Profile, account: Profile, level: int = Level.PROVEN, method: str = Method.CODE) -> Link:
    return identity.prove(profile, account, method=method, level=level, evidence=EVIDENCE, by=None)


def fresh(profile: Profile) -> Profile:
    return Profile.objects.select_related("person").get(pk=profile.pk)


def test_a_new_profile_is_as_sure_as_its_channel_says(channel):
    assert world.customer(channel).level == Level.CLAIMED
    channel.sender_level = Level.VOUCHED
    channel.save()
    assert world.customer(channel, "carol").is_identified


def test_a_proof_links_the_writer_with_the_accounts_person(channel):
    bob, account = world.customer(channel), profiles.meet("email", "Bob@Example.com ")
    link = prove(bob, account)
    assert fresh(bob).person == account.person
    assert (link.level, link.method, link.evidence) == (3, "code", EVIDENCE)
    assert fresh(bob).identified_at is not None
    assert fresh(account).level == Level.ANONYMOUS


def test_what_is_known_of_the_account_is_known_of_the_writer_and_back_after_the_undo(channel):
    bob, account = world.customer(channel), profiles.meet("email", "bob@example.com")
    values.say(account, Source.API, {"name": "Bob Brown"}, by=None)
    prove(bob, account)
    assert fresh(bob).person.name == "Bob Brown"
    identity.undo(Operation.objects.get(), by=None)
    assert fresh(bob).person.name == ""
    assert fresh(bob).level == Level.CLAIMED


def test_a_proven_profile_is_not_linked_to_somebody_else_by_a_code(channel):
    bob = world.customer(channel)
    prove(bob, profiles.meet("email", "bob@example.com"))
    with pytest.raises(AlreadySomeoneElse):
        prove(bob, profiles.meet("email", "eve@example.com"))


def test_the_same_account_again_is_no_conflict(channel):
    bob, account = world.customer(channel), profiles.meet("email", "bob@example.com")
    prove(bob, account)
    prove(bob, account)
    assert Link.objects.filter(profile=bob, until=None).count() == 1


def test_two_people_with_external_ids_are_never_joined_by_a_machine(channel):
    bob = world.customer(channel)
    identity.link(bob, profiles.meet("external", "7").person, method=Method.AGENT, level=1, by=None)
    with pytest.raises(AlreadySomeoneElse):
        prove(bob, profiles.meet("external", "8"))


def test_other_profiles_of_the_writers_person_come_along(channel):
    bob = world.customer(channel)
    told.tell(bob, told.Told(email="bob@example.com"), by=None)
    account = profiles.meet("external", "7")
    prove(bob, account)
    assert fresh(profiles.meet("email", "bob@example.com")).person == account.person


@pytest.mark.seed("001", "When passing an email address and/or phone number, we immediately link profiles")
def test_what_the_server_tells_is_linked_at_once(channel):
    bob = world.customer(channel)
    assert told.tell(bob, told.Told(email="bob@example.com", phone="+49 30 901820"), by=None).warnings == []
    people = {profile.person_id for profile in Profile.objects.filter(address__in=["bob@example.com", "+4930901820"])}
    assert people == {fresh(bob).person_id}


@pytest.mark.seed("001", "is not already associated with another user_custom_id of the same custom channel")
def test_an_address_of_another_id_of_the_channel_is_a_warning_not_a_link(channel):
    bob, eve = world.customer(channel), world.customer(channel, "eve")
    told.tell(bob, told.Told(email="bob@example.com"), by=None)
    (warning,) = told.tell(eve, told.Told(email="bob@example.com"), by=None).warnings
    assert "already belongs" in warning
    assert fresh(eve).person_id != fresh(bob).person_id


@pytest.mark.seed("001", "of the same custom channel")
def test_the_same_address_in_another_channel_joins_the_two(channel):
    bob, there = world.customer(channel), world.customer(world.messenger(title="Forum"), "bob-in-the-forum")
    told.tell(bob, told.Told(email="bob@example.com"), by=None)
    assert told.tell(there, told.Told(email="bob@example.com"), by=None).warnings == []
    assert fresh(there).person_id == fresh(bob).person_id


def test_an_email_and_a_phone_of_two_known_people_are_joined_at_once(channel):
    """Written so that the two people have higher ids than the writer, and lower ones: locks are taken in one go."""
    for name in ("first", "second"):
        email, phone = f"{name}@example.com", f"+49 30 90182{len(name)}"
        before = [profiles.meet("email", email), profiles.meet("phone", phone)] if name == "first" else []
        bob = world.customer(channel, name)
        before = before or [profiles.meet("email", email), profiles.meet("phone", phone)]
        assert told.tell(bob, told.Told(email=email, phone=phone), by=None).warnings == []
        assert {fresh(one).person_id for one in [bob, *before]} == {fresh(bob).person_id}


@pytest.mark.parametrize("nobody", ["null", "undefined", "0000000", "-"])
def test_a_programs_empty_value_links_nobody(channel, nobody):
    (warning,) = told.tell(world.customer(channel), told.Told(email=nobody), by=None).warnings
    assert nobody in warning


def test_a_merge_moves_links_only_and_its_undo_is_exact_also_for_what_came_in_between(channel):
    bob, other = world.customer(channel), world.customer(channel, "bob-at-work")
    case = world.says(other, "hello").case
    operation = identity.merge(other.person, bob.person, by=None)
    later = world.says(other, "still there?").message
    assert Case.objects.of_person(bob.person).get() == case
    identity.undo(operation, by=None)
    assert fresh(other).person_id == other.person_id
    assert Case.objects.of_person(other.person).get() == case
    assert Message.objects.get(pk=later.pk).case == case


def test_a_block_that_an_agent_sets_after_a_merge_outlasts_its_undo(channel):
    bob, eve = world.customer(channel), world.customer(channel, "eve")
    blocking.block(eve.person, by=None)
    operation = identity.merge(fresh(eve).person, fresh(bob).person, by=None)
    blocking.unblock(fresh(bob).person, by=None)
    blocking.block(fresh(bob).person, by=None)
    identity.undo(operation, by=None)
    assert fresh(bob).person.blocked
    assert fresh(eve).person.blocked


def test_an_operation_is_undone_once_and_not_under_something_newer(channel):
    bob, other = world.customer(channel), world.customer(channel, "bob-at-work")
    first = identity.merge(other.person, bob.person, by=None)
    identity.unlink(other, by=None)
    with pytest.raises(NotUndoable):
        identity.undo(first, by=None)
    second = identity.merge(fresh(other).person, bob.person, by=None)
    identity.undo(second, by=None)
    with pytest.raises(NotUndoable):
        identity.undo(second, by=None)


def test_a_split_makes_a_person_of_its_own(channel):
    bob = world.customer(channel)
    told.tell(bob, told.Told(email="bob@example.com"), by=None)
    identity.split([bob], by=None, reason="two people share it")
    assert fresh(bob).person_id != profiles.meet("email", "bob@example.com").person_id


def test_the_database_holds_one_open_link_per_profile(channel):
    bob = world.customer(channel)
    with pytest.raises(IntegrityError), transaction.atomic():
        Link.objects.create(profile=bob, person=bob.person, method="agent", level=0)


@pytest.mark.parametrize("history", [1, 10])
def test_a_merge_asks_as_many_queries_whatever_the_history(channel, history):
    bob, other = world.customer(channel), world.customer(channel, "bob-at-work")
    for _ in range(history):
        case = world.says(other, "hello").case
        Case.objects.filter(pk=case.pk).update(status="closed")
    with CaptureQueriesContext(connection) as queries:
        identity.merge(other.person, bob.person, by=None)
    assert len(queries) <= 49, "a merge has grown"
    assert not [one for one in queries if 'UPDATE "cases_' in one["sql"]]


def state() -> list[tuple[int, int, int]]:
    """Who is whose, how sure, as far as it matters."""
    return list(Profile.objects.order_by("pk").values_list("pk", "person_id", "level"))


@pytest.mark.promise("P28")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["merge", "prove", "split"]), st.integers(0, 4), st.integers(0, 4)), max_size=6
    )
)
def test_undoing_everything_in_reverse_equals_before(channel, steps):
    with transaction.atomic():
        people = [world.customer(channel, f"p{number}") for number in range(5)]
        before = state()
        done = [operation for step in steps if (operation := _do(people, *step))]
        for operation in reversed(done):
            identity.undo(operation, by=None)
        after = state()
        transaction.set_rollback(True)
    assert after == before


def _do(people: list[Profile], step: str, one: int, other: int) -> Operation | None:
    first, second = fresh(people[one]), fresh(people[other])
    last = Operation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    try:
        if step == "split":
            identity.split([first], by=None)
        elif first.person_id == second.person_id:
            return None
        elif step == "merge":
            identity.merge(first.person, second.person, by=None)
        else:
            prove(first, second)
    except AlreadySomeoneElse:
        return None
    return Operation.objects.filter(pk__gt=last).order_by("pk").first()


def test_a_blocked_person_is_told_so_by_an_error(channel):
    bob = world.customer(channel)
    blocking.block(bob.person, by=None)
    with pytest.raises(Exception, match="blocked"):
        world.says(bob, "hello")
    blocking.unblock(Person.objects.get(pk=bob.person_id), by=None)
    assert world.says(bob, "hello").created
