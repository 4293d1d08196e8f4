"""Who may judge in one channel: neither an undo nor a conflict tells them of people whom they may not see."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from helpdesk.events.occasion import occasion
from helpdesk.users.errors import MayNotJudge
from helpdesk.users.models import Agent, Conflict, Operation, Profile
from helpdesk.users.services import conflicts, identity, plans, profiles, reading, told
from tests import world
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db

EMAIL = "bob@secret.example"


@pytest.fixture
def ada() -> Agent:
    return world.admin()


@pytest.fixture
def eve(channel: Any) -> Agent:
    """Eve may judge, and sees one channel."""
    eve = world.agent("Eve", sees=[channel.channel_ptr])
    eve.may_merge = True
    eve.save(update_fields=["may_merge"])
    return eve


@pytest.fixture
def as_eve(eve: Agent) -> Client:
    client = Client()
    client.force_login(eve)
    return client


@pytest.fixture
def eve_api(eve: Agent) -> Api:
    return Api(world.api_key(eve, "write"))


@pytest.fixture
def carol(channel: Any) -> Profile:
    return world.customer(channel, "carol")


@pytest.fixture
def secret() -> Profile:
    """Bob writes where Eve sees nothing; the company's server told his name and address."""
    bob = world.customer(world.messenger(title="Secret forum"), "bob-secret")
    told.tell(bob, told.Told(email=EMAIL, said={"name": "Bob Secretname"}), by=None)
    return bob


@pytest.fixture
def split(carol: Profile, secret: Profile, ada: Agent) -> Operation:
    """Carol was held to be Bob, until Ada split her off."""
    identity.merge(carol.person, secret.person, by=ada)
    return identity.split([carol], by=ada)


@pytest.fixture
def moved(carol: Profile, secret: Profile, ada: Agent) -> Conflict:
    """Carol typed Bob's address, and Ada gave it to her."""
    conflict = found(carol, Profile.objects.get(address=EMAIL))
    return conflicts.decide(conflict, "move", reason="it is hers", by=ada)


@occasion
def found(profile: Profile, account: Profile) -> Conflict:
    profiles.hold_people(profile.pk, account.pk)
    conflict = conflicts.found(Conflict.Kind.CLAIMED, profile, account, value=account.address, by=None)
    assert conflict
    return conflict


def person(profile: Profile) -> int:
    return Profile.objects.values_list("person_id", flat=True).get(pk=profile.pk)


def tells_nothing(text: str) -> bool:
    return not any(word in text for word in ("Bob Secretname", "bob-secret", "Secret forum"))


def test_an_undo_joins_nobody_to_people_whom_the_agent_does_not_see(
    eve_api: Api, eve: Agent, as_eve: Client, ada: Agent, split: Operation, carol: Profile, secret: Profile
) -> None:
    alone = person(carol)
    listed = [one["operation_id"] for one in eve_api.get(f"operations/?user_id={carol.pk}")["results"]]
    assert split.pk in listed, "it is about Carol, whom Eve sees"
    assert eve_api.post(f"operations/{split.pk}/undo/", {}, expect=403)["code"] == "may_not_judge"
    answer = as_eve.post(f"/people/{alone}/operations/{split.pk}/undo/")
    assert answer.status_code == 403
    assert "people whom you may not see" in answer.content.decode()
    with pytest.raises(MayNotJudge):
        plans.undo(split, by=eve)
    assert person(carol) == alone
    assert not reading.seen_by(eve).filter(pk=secret.pk).exists()
    plans.undo(split, by=ada)
    assert person(carol) == person(secret)


def test_the_list_offers_no_undo_that_would_be_refused(
    as_eve: Client, eve: Agent, split: Operation, carol: Profile, secret: Profile
) -> None:
    path = f"/people/{person(carol)}/operations/"
    undo = f'aria-label="Undo #{split.pk}"'
    assert undo not in as_eve.get(path).content.decode()
    eve.channels.add(secret.channel)  # type: ignore[arg-type]
    assert undo in as_eve.get(path).content.decode()


def test_a_conflict_that_became_visible_by_a_move_tells_nothing_of_the_person_it_came_from(
    as_eve: Client, eve_api: Api, ada: Agent, moved: Conflict
) -> None:
    assert tells_nothing(as_eve.get(f"/conflicts/{moved.pk}/").content.decode())
    assert tells_nothing(as_eve.get("/conflicts/?state=decided").content.decode())
    for shown in (eve_api.get(f"conflicts/{moved.pk}/"), *eve_api.get("conflicts/")["results"]):
        assert shown["conflict_id"] == moved.pk
        assert "evidence" not in shown
    ada_api = Api(world.api_key(ada, "write"))
    assert ada_api.get(f"conflicts/{moved.pk}/")["evidence"]["account"]["name"] == "Bob Secretname"


def test_beside_the_case_it_is_not_told_either(as_eve: Client, carol: Profile, moved: Conflict) -> None:
    number = world.says(carol, "hello").case.number
    answer = as_eve.get(f"/cases/{number}/")
    assert answer.status_code == 200
    assert tells_nothing(answer.content.decode())


def test_a_verdict_is_not_taken_back_where_somebody_unseen_would_get_a_profile(
    as_eve: Client, eve_api: Api, eve: Agent, ada: Agent, moved: Conflict, carol: Profile, secret: Profile
) -> None:
    decide = {"verdict": "reopen"}
    assert eve_api.post(f"conflicts/{moved.pk}/decide/", decide, expect=403)["code"] == "may_not_judge"
    assert as_eve.post(f"/conflicts/{moved.pk}/decide/", decide).status_code == 403
    address = Profile.objects.get(address=EMAIL)
    assert person(address) == person(carol)
    conflicts.decide(moved, "reopen", reason="", by=ada)
    assert person(address) == person(secret)
    assert eve_api.get(f"conflicts/{moved.pk}/", expect=404)


def test_who_left_the_person_after_the_evidence_was_taken_is_not_told_though_it_names_few(
    channel: Any, eve: Agent, eve_api: Api, ada: Agent, carol: Profile
) -> None:
    bob = world.customer(channel, "bob")
    for number in range(6):
        identity.merge(world.customer(channel, f"bob-{number}").person, bob.person, by=ada)
    account = profiles.meet("external", "bob-secret")
    identity.merge(account.person, bob.person, by=ada)
    conflict = found(carol, bob)
    assert "bob-secret" in str(eve_api.get(f"conflicts/{conflict.pk}/")["evidence"])
    identity.split([account], by=ada)
    assert not reading.seen_by(eve).filter(pk=account.pk).exists()
    assert tells_nothing(str(eve_api.get(f"conflicts/{conflict.pk}/")))


def test_who_is_linked_and_split_off_later_hides_nothing(
    channel: Any, eve_api: Api, ada: Agent, carol: Profile, secret: Profile
) -> None:
    conflict = found(carol, world.customer(channel, "bob"))
    identity.merge(carol.person, secret.person, by=ada)
    identity.split([carol], by=ada)
    assert "evidence" in eve_api.get(f"conflicts/{conflict.pk}/")


def test_who_split_off_a_part_of_a_link_is_told_so_when_it_is_taken_back(
    channel: Any, eve_api: Api, ada: Agent, carol: Profile
) -> None:
    other = world.customer(channel, "carol-at-work")
    identity.merge(other.person, carol.person, by=ada)
    conflict = found(carol, world.customer(channel, "bob"))
    conflicts.decide(conflict, "link", reason="one", by=ada)
    newer = identity.split([other], by=ada)
    answer = eve_api.post(f"conflicts/{conflict.pk}/decide/", {"verdict": "reopen"}, expect=409)
    assert (answer["code"], answer["undo_first"]) == ("not_undoable", newer.pk)


def test_the_list_of_conflicts_takes_as_many_queries_for_many_as_for_one(
    channel: Any, as_eve: Client, eve_api: Api, carol: Profile
) -> None:
    taken = []
    for number in range(6):
        found(carol, world.customer(channel, f"bob-{number}"))
        if number in {0, 5}:
            taken.append([_queries(lambda: eve_api.get("conflicts/")), _queries(lambda: as_eve.get("/conflicts/"))])
    assert taken[0] == taken[1]


def _queries(ask: Any) -> int:
    ask()
    with CaptureQueriesContext(connection) as caught:
        ask()
    return len(caught)
