"""Conflicts that several decide or find at the same moment, on each database."""

from typing import Any

import pytest

from helpdesk.lib.errors import Refusal
from helpdesk.users.errors import ConflictDecided
from helpdesk.users.models import Agent, Apart, Conflict, Operation, Profile
from helpdesk.users.models.people import Method
from helpdesk.users.services import conflicts, identity, told
from tests import world
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

EMAIL = "both@example.com"


@pytest.fixture
def ada(transactional_db: None) -> Agent:
    return world.admin()


@pytest.fixture
def sides(transactional_db: None) -> list[Profile]:
    channel = world.messenger()
    return [world.customer(channel, name) for name in ("bob", "carol")]


def tell(profile: Profile) -> told.Heard:
    return told.tell(profile, told.Told(email=EMAIL), by=None)


@pytest.fixture
def conflict(sides: list[Profile]) -> Conflict:
    for one in sides:
        tell(one)
    return Conflict.objects.get()


def test_of_verdicts_given_at_once_one_holds(conflict: Conflict, ada: Agent) -> None:
    before = Operation.objects.count()

    def decide(verdict: str) -> Any:
        try:
            return conflicts.decide(conflict, verdict, reason="x", by=ada).state
        except ConflictDecided:
            return None

    answers = at_once(decide, ["link", "move", "reject", "link", "move", "reject"])
    (state,) = [answer for answer in answers if answer]
    conflict.refresh_from_db()
    assert conflict.state == state
    assert Operation.objects.count() == before + 1


def test_a_conflict_that_many_messages_find_at_once_is_one(sides: list[Profile]) -> None:
    bob, carol = sides
    tell(bob)
    at_once(lambda _number: tell(carol), range(6))
    assert Conflict.objects.count() == 1


def test_a_machine_and_an_agent_who_says_no_never_leave_them_linked_and_kept_apart(
    conflict: Conflict, ada: Agent
) -> None:
    """Whoever comes first wins: the other is refused."""

    def do(what: str) -> Any:
        try:
            if what == "reject":
                return conflicts.decide(conflict, "reject", reason="two people", by=ada).state
            return identity.prove(
                conflict.profile, conflict.account, method=Method.API, level=3, evidence={}, by=None
            ).person_id
        except Refusal as refusal:
            return refusal.code

    answers = at_once(do, ["reject", "prove"])
    people = Profile.objects.filter(pk__in=[conflict.profile_id, conflict.account_id]).values("person").distinct()
    kept = Apart.objects.filter(lifted_at=None).exists()
    assert (people.count() == 2) == kept, answers
    assert ("kept_apart" in answers) == kept
