"""What a page, a server or an agent decided about somebody: each stands in their ledger, in words, in its group."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client
from pytest_django import Settings

from helpdesk.cases.models import Case
from helpdesk.channels.models import Language, Widget
from helpdesk.users.models import Agent, Profile
from helpdesk.users.services import identity, ledger, profiles
from identification import codes, services
from identification.services import brakes
from tests import world
from tests.identification import databases
from tests.identification.asking import SITE
from tests.identification.databases import Database
from tests.identification.proposing import decide, proposed
from tests.inbox.test_ledger import read

pytestmark = pytest.mark.django_db


@dataclass
class Desk:
    """Bob with his conversation, and who does something about him. as_ann: a browser in which Ann is signed in."""

    bob: Profile
    case: Case
    ada: Agent
    as_ann: Client
    monkeypatch: pytest.MonkeyPatch


@pytest.fixture
def desk(bob: Profile, case: Case, as_ann: Client, monkeypatch: pytest.MonkeyPatch) -> Desk:
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
    return Desk(bob, case, world.admin(), as_ann, monkeypatch)


def accepts(desk: Desk) -> None:
    _decides(desk, accept=True)


def declines(desk: Desk) -> None:
    _decides(desk, accept=False)


def _decides(desk: Desk, *, accept: bool) -> None:
    site = Client(headers={"Origin": SITE})
    page = Widget.objects.create(title="Account page", trust_page_data=True, confirm_codes=True)
    shown = proposed(site, page, desk.bob)
    assert decide(site, page, shown["id"], accept).status_code == 200


def is_unlocked(desk: Desk) -> None:
    """The second wrong code locks here; the hundredth does elsewhere."""
    desk.monkeypatch.setattr(brakes, "PERSON", brakes.Limit(2, *[brakes.PERSON.window] * 3))
    for _time in range(2):
        world.says(desk.bob, codes.make())
    assert desk.as_ann.post(f"/cases/{desk.case.number}/unlock-codes/").status_code == 302


def loses_a_session(desk: Desk) -> None:
    account = profiles.meet("external", "kunde-4711", level=3)
    identity.prove(desk.bob, account, method="code", level=3, evidence={}, by=None)
    services.revoke_session(account, "laptop", by=desk.ada)


@pytest.mark.parametrize(
    ("happens", "group", "title", "sentence"),
    [
        (accepts, "codes", "Link accepted", "The customer accepted on the account page: this account is theirs"),
        (declines, "codes", "Link declined", "this is not their account. Nothing was linked."),
        (is_unlocked, "codes", "Codes locked", "no code of this person is accepted until an agent lifts the lock"),
        (is_unlocked, "codes", "Lock of codes lifted", "Ann lifted the lock: codes are accepted again"),
        (loses_a_session, "tokens", "Session revoked", "Ada voided the tokens of one session of this person"),
    ],
    ids=["accepted", "declined", "locked", "unlocked", "session revoked"],
)
def test_each_decision_reads_in_the_ledger_and_in_its_group_only(
    desk: Desk, happens: Callable[[Desk], None], group: str, title: str, sentence: str
) -> None:
    person = Profile.objects.get(pk=desk.bob.pk).person
    assert sentence not in read(desk.as_ann, person)
    happens(desk)
    person = Profile.objects.get(pk=desk.bob.pk).person
    for shown in (read(desk.as_ann, person), read(desk.as_ann, person, group=group)):
        assert title in shown
        assert sentence in shown
    for other in ledger.GROUPS.keys() - {group}:
        assert sentence not in read(desk.as_ann, person, group=other)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("status", "said"),
    [(200, "updated"), (404, "not known there"), (401, "refused: check the headers"), (400, "failed")],
)
def test_a_look_up_reads_in_the_ledger_with_what_came_of_it(
    settings: Settings, desk: Desk, status: int, said: str
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"
    line = f"User data looked up in your user database: {said}"
    with databases.database() as there:
        _asked(there, desk, status)
    for query in ({}, {"group": "look_ups"}):
        assert line in read(desk.as_ann, desk.bob.person, **query)
    assert "Nothing of this kind" in read(desk.as_ann, desk.bob.person, group="tokens")


def _asked(there: Database, desk: Desk, status: int) -> None:
    assert desk.bob.channel is not None
    there.status = status
    databases.of(desk.bob.channel.customchannel, there.url)
    world.says(desk.bob, "hello again")
    assert databases.work() == 1
    assert there.lines[0] == f"GET /users/{desk.bob.address}"
