"""Two people claim the same: a conflict that an agent decides, remembers, and can take back."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels_custom.models import CustomChannel
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.users.errors import ConflictDecided, KeptApart, MayNotJudge, NoReason, NotOffered, NotUndoable
from helpdesk.users.models import Agent, Apart, Conflict, Link, Operation, Profile
from helpdesk.users.models.people import Method
from helpdesk.users.services import conflicts, identity, profiles, told
from tests import world

pytestmark = [pytest.mark.django_db, pytest.mark.both]

EMAIL = "both@example.com"


@pytest.fixture
def channel() -> CustomChannel:
    return world.messenger()


@pytest.fixture
def ada() -> Agent:
    return world.admin()


@pytest.fixture
def bob(channel: CustomChannel) -> Profile:
    """Bob's account, to which the address belongs."""
    bob = world.customer(channel, "bob-1")
    tell(bob)
    return bob


@pytest.fixture
def carol(channel: CustomChannel) -> Profile:
    return world.customer(channel, "carol-1")


@pytest.fixture
def conflict(bob: Profile, carol: Profile) -> Conflict:
    """The company's server says the same address of Carol."""
    tell(carol)
    return Conflict.objects.get()


def tell(profile: Profile, email: str = EMAIL) -> told.Heard:
    return told.tell(profile, told.Told(email=email), by=None)


def decide(conflict: Conflict, verdict: str, by: Agent, reason: str = "we asked them") -> Conflict:
    return conflicts.decide(conflict, verdict, reason=reason, by=by)


def person(profile: Profile) -> int:
    return Profile.objects.get(pk=profile.pk).person_id


def address() -> Profile:
    return Profile.objects.get(kind="email", address=EMAIL)


def links() -> list[Any]:
    """Who is whose, how sure, and why: all that an undo has to put back."""
    return list(Link.objects.filter(until=None).order_by("profile").values_list("profile", "person", "level", "method"))


# — finding —


@pytest.mark.seed("001", "is not already associated with another user_custom_id of the same custom channel")
def test_an_address_of_another_account_is_a_conflict_with_the_evidence_of_both(
    conflict: Conflict, bob: Profile, carol: Profile
) -> None:
    assert (conflict.kind, conflict.state, conflict.value) == ("taken", "open", EMAIL)
    assert (conflict.profile, conflict.account) == (carol, address())
    one, other = conflict.evidence["profile"], conflict.evidence["account"]
    assert (one["address"], one["channel"], one["level"], one["method"]) == ("carol-1", "Messenger", 1, "first")
    assert (other["address"], other["level"], other["method"]) == (EMAIL, 3, "api")
    assert [also["address"] for also in other["also"]] == ["bob-1"]
    assert person(carol) != person(bob)
    found = Event.objects.get(kind="conflict.found")
    assert (found.red, found.data["conflict"], found.data["value"]) == (True, conflict.pk, EMAIL)


def test_the_same_again_is_the_same_conflict(conflict: Conflict, carol: Profile) -> None:
    tell(carol)
    assert Conflict.objects.count() == 1
    assert Event.objects.filter(kind="conflict.found").count() == 1


def test_the_evidence_stays_as_it_was_found(conflict: Conflict, carol: Profile) -> None:
    told.tell(carol, told.Told(said={"name": "Carol Kern"}), by=None)
    conflict.refresh_from_db()
    assert conflict.evidence["profile"]["name"] == ""


def test_two_accounts_with_external_ids_are_a_conflict_and_the_company_is_refused(channel: CustomChannel) -> None:
    bob, carol = profiles.meet("external", "7"), profiles.meet("external", "8")
    with pytest.raises(Exception, match="already proven") as refused:
        conflicts.link_as_told(bob, carol, evidence={}, by=None)
    conflict = Conflict.objects.get()
    assert (conflict.kind, refused.value.more["conflict_id"]) == ("accounts", conflict.pk)  # type: ignore[attr-defined]
    assert conflict.evidence["profile"]["external_ids"] == ["7"]


# — deciding —


def test_the_same_person_is_a_merge_that_leaves_the_levels(
    conflict: Conflict, ada: Agent, bob: Profile, carol: Profile
) -> None:
    before = {link[0]: link[2] for link in links()}
    decided = decide(conflict, "link", ada)
    assert person(carol) == person(bob) == address().person_id
    assert {link[0]: link[2] for link in links()} == before
    assert (decided.state, decided.reason, decided.actor_id) == ("linked", "we asked them", ada.pk)
    assert decided.operation is not None
    assert decided.operation.kind == "merge"


def test_the_address_alone_moves_to_the_writer_and_the_other_keeps_the_rest(
    conflict: Conflict, ada: Agent, bob: Profile, carol: Profile
) -> None:
    tell(bob, "bob@example.com")
    decide(conflict, "move", ada)
    assert address().person_id == person(carol) != person(bob)
    assert address().level == 3
    assert Profile.objects.get(address="bob@example.com").person_id == person(bob)


def test_a_moved_address_does_not_come_back_with_the_next_message(
    conflict: Conflict, ada: Agent, bob: Profile, carol: Profile
) -> None:
    decide(conflict, "move", ada)
    assert "an agent decided" in tell(bob).warnings[0]
    assert not Conflict.objects.open().exists()
    assert address().person_id == person(carol)


def test_not_the_same_person_is_remembered_for_ever(
    conflict: Conflict, ada: Agent, bob: Profile, carol: Profile
) -> None:
    decide(conflict, "reject", ada)
    for _ in range(3):
        (warning,) = tell(carol).warnings
    assert "as an agent decided" in warning
    assert not Conflict.objects.open().exists()
    assert person(carol) != person(bob)
    assert Event.objects.filter(kind="conflict.again").count() == 1, "programs repeat themselves"
    Event.objects.filter(kind="conflict.again").update(created_at=timezone.now() - timedelta(hours=25))
    tell(carol)
    assert Event.objects.filter(kind="conflict.again", red=True).count() == 2, "but each day agents hear of it"


@pytest.mark.parametrize("method", [Method.CODE, Method.TOKEN, Method.API, Method.PAGE])
def test_no_machine_links_people_who_are_kept_apart(
    conflict: Conflict, ada: Agent, bob: Profile, carol: Profile, method: str
) -> None:
    """The edge stands between two profiles; it holds for all that belong to the two people."""
    decide(conflict, "reject", ada)
    tell(carol, "carol@example.com")
    hers = Profile.objects.get(address="carol@example.com")
    before = links()
    for one, other in itertools.permutations((bob, hers), 2):
        with pytest.raises(KeptApart):
            identity.prove(one, other, method=method, level=3, evidence={}, by=None)
        with pytest.raises(KeptApart):
            identity.link(one, Profile.objects.get(pk=other.pk).person, method=method, level=3, by=None)
    with pytest.raises(KeptApart):
        identity.merge(carol.person, Profile.objects.get(pk=bob.pk).person, by=None)
    assert links() == before


def test_an_agents_merge_takes_it_back_and_the_undo_of_that_brings_it_back(
    conflict: Conflict, ada: Agent, bob: Profile, carol: Profile
) -> None:
    decide(conflict, "reject", ada)
    people = [Profile.objects.select_related("person").get(pk=one.pk).person for one in (carol, bob)]
    merge = identity.merge(*people, by=ada, reason="it was her after all")
    assert Event.objects.filter(kind="person.apart_lifted", actor_id=ada.pk).count() == 1
    assert Apart.objects.get().lifted_at is not None
    identity.undo(merge, by=ada)
    assert Apart.objects.get().lifted_at is None
    with pytest.raises(KeptApart):
        identity.prove(carol, bob, method=Method.API, level=3, evidence={}, by=None)


def test_an_agents_link_lifts_what_stands_between_this_profile_and_the_person_only(
    conflict: Conflict, ada: Agent, bob: Profile, carol: Profile
) -> None:
    decide(conflict, "reject", ada)
    identity.keep_apart(carol, bob, by=ada)
    identity.link(address(), carol.person, method=Method.AGENT, level=3, by=ada)
    assert list(Apart.objects.filter(lifted_at=None).values_list("one", "other")) == [(bob.pk, carol.pk)]


@pytest.mark.parametrize("verdict", ["link", "move", "reject"])
def test_what_was_decided_can_be_undone_exactly_and_the_conflict_is_open_again(
    conflict: Conflict, ada: Agent, verdict: str
) -> None:
    before = links()
    operation = decide(conflict, verdict, ada).operation
    assert operation is not None
    identity.undo(operation, by=ada)
    assert links() == before
    conflict.refresh_from_db()
    assert (conflict.state, conflict.reason, conflict.operation) == ("open", "", None)
    assert not Apart.objects.filter(lifted_at=None).exists()
    assert Event.objects.filter(kind="conflict.reopened", data__conflict=conflict.pk).count() == 1
    assert decide(conflict, verdict, ada).state != "open", "and it can be decided anew"


@pytest.mark.parametrize("verdict", ["link", "move", "reject"])
def test_an_agent_opens_it_again(conflict: Conflict, ada: Agent, verdict: str) -> None:
    before = links()
    decide(conflict, verdict, ada)
    assert decide(conflict, "reopen", ada, reason="").state == "open"
    assert links() == before
    with pytest.raises(NotOffered):
        decide(conflict, "reopen", ada)


def test_what_something_newer_stands_on_stays_decided(conflict: Conflict, ada: Agent, carol: Profile) -> None:
    decide(conflict, "link", ada)
    identity.unlink(carol, by=ada)
    with pytest.raises(NotUndoable):
        decide(conflict, "reopen", ada)
    conflict.refresh_from_db()
    assert conflict.state == "linked"


def test_a_decision_is_made_once(conflict: Conflict, ada: Agent) -> None:
    decide(conflict, "reject", ada)
    before, operations = links(), Operation.objects.count()
    for verdict in ("link", "move", "reject"):
        with pytest.raises(ConflictDecided):
            decide(conflict, verdict, ada)
    assert (links(), Operation.objects.count()) == (before, operations)


def test_where_they_are_one_person_by_now_only_that_is_offered(
    conflict: Conflict, ada: Agent, bob: Profile, carol: Profile
) -> None:
    identity.merge(carol.person, Profile.objects.get(pk=bob.pk).person, by=ada)
    conflict = Conflict.objects.select_related("profile", "account").get()
    assert conflicts.offered(conflict) == ["link"]
    for verdict in ("move", "reject"):
        with pytest.raises(NotOffered):
            decide(conflict, verdict, ada)
    decided = decide(conflict, "link", ada)
    assert (decided.state, decided.operation) == ("linked", None)
    assert decide(conflict, "reopen", ada).state == "open"


def test_a_verdict_that_nobody_knows_is_refused(conflict: Conflict, ada: Agent) -> None:
    with pytest.raises(NotOffered):
        decide(conflict, "burn", ada)


@pytest.mark.parametrize("reason", ["", "  ", "\u200b", "x" * 301])
def test_a_reason_is_needed_and_has_an_end(conflict: Conflict, ada: Agent, reason: str) -> None:
    with pytest.raises(NoReason) as refused:
        decide(conflict, "link", ada, reason)
    assert set(refused.value.fields) == {"reason"}


def test_only_who_may_judge_and_sees_both_sides_decides(
    conflict: Conflict, channel: CustomChannel, carol: Profile
) -> None:
    ann = world.agent("Ann", sees=[channel.channel_ptr])
    with pytest.raises(MayNotJudge):
        decide(conflict, "reject", ann)
    for name, sees in (("Ann", True), ("Eve", False)):
        judge = ann if sees else world.agent(name)
        judge.may_merge = True
        judge.save()
        if sees:
            assert decide(conflict, "reject", judge).state == "rejected"
            decide(conflict, "reopen", judge)
        else:
            with pytest.raises(Conflict.DoesNotExist):
                decide(conflict, "reject", judge)


def test_who_sees_one_side_only_does_not_see_the_conflict(channel: CustomChannel, ada: Agent) -> None:
    there = world.messenger(title="Forum")
    bob, carol = world.customer(channel, "bob"), world.customer(there, "carol")
    _found(carol, bob)
    assert conflicts.seen_by(ada).count() == 1
    assert conflicts.seen_by(world.agent("Ann", sees=[channel.channel_ptr])).count() == 0
    assert conflicts.seen_by(world.agent("Dora", sees=[channel.channel_ptr, there.channel_ptr])).count() == 1


@occasion
def _found(profile: Profile, account: Profile) -> Conflict | None:
    profiles.hold_people(profile.pk, account.pk)
    return conflicts.found(Conflict.Kind.CODE, profile, account, by=None)


def test_a_pair_has_one_open_conflict_whichever_side_comes(bob: Profile, carol: Profile) -> None:
    first = _found(carol, bob)
    assert _found(bob, carol) == first
    assert Conflict.objects.count() == 1


def test_of_a_code_the_writer_moves_to_the_account(bob: Profile, carol: Profile, ada: Agent) -> None:
    """The code was Bob's: who showed it may be Bob, and not whom we took the profile for."""
    tell(carol, "carol@example.com")
    conflict = _found(carol, bob)
    assert conflict is not None
    decide(conflict, "move", ada)
    assert person(carol) == person(bob) != Profile.objects.get(address="carol@example.com").person_id
