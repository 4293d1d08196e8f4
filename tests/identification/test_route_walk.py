"""Every public route × every wrong proof: nobody is anybody else afterwards, and nobody is surer of it.

The routes come from the resolver, what is asked of them from the table of rights, and who may change something from
`routes`. So that the walk cannot pass by doing nothing, each right proof has to change something.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import get_resolver

from helpdesk.cases.models import Case
from helpdesk.channels.models import Language, Level, Widget
from helpdesk.users.models import Agent, Link
from helpdesk.users.services import plans, profiles
from identification import services
from identification.models import Proposal
from identification.services.offering import offer
from tests import rights, world
from tests import test_rights as table
from tests.identification import proofs, routes
from tests.identification.proofs import Proof
from tests.test_rights import desk  # noqa: F401
from tests.users import picture

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P26")]

NOTHING = {"token": "", "undo": "nonsense", "hash": "", "hashed": proofs.BOB}


class House:
    """The desk of the table of rights, and on it whatever a proof could be for."""

    def __init__(self, of_rights: table.Desk) -> None:
        self.desk = of_rights
        mine = of_rights.mine
        Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
        self.widget = Widget.objects.create(title="Account page", confirm_codes=True)
        self.tokens = proofs.of_tokens(self.widget)
        self.bridging = Widget.objects.create(title="Old page", confirm_codes=True)
        self.hashes = proofs.of_hashes(self.bridging)
        victim = profiles.meet("email", "bob@example.com")
        self.ids = {**of_rights.ids, **mine.ids, **self._linked(mine.channel), **self._proposed(mine.profile)}
        self.ids |= {
            "confirming": self.widget.public_id,
            "account_page": self.widget.pk,
            "bridging": self.bridging.public_id,
            "trusting": Widget.objects.create(title="Trusted page", trust_page_data=True).public_id,
            "victim": victim.pk,
            "victim_person": victim.person_id,
            "blocked": proofs.blocked_customer(mine.channel),
            "code": services.make_code({"user_email": "carol@example.com"}, by=None)[0],
            "plan_of_ada": self._planned(mine.profile),
        }
        self.before = picture.identity()

    def _linked(self, channel: Any) -> dict[str, Any]:
        """A link by a code, and what stands in the address of its notice."""
        writer = world.customer(channel, "frank")
        code = services.make_code({"user_email": "frank@example.com"}, by=None)[0]
        case = world.says(writer, code).case
        self.notices = proofs.of_notices(Link.objects.get(profile=writer, until=None), case.pk)
        return {"undo_right": self.notices["the address in the notice"]}

    def _proposed(self, writer: Any) -> dict[str, Any]:
        """Codes of Bob's that somebody has sent; Bob's pages are asked: one takes tokens, the other hashes."""
        code = offer(self.widget, {"token": self.tokens["a token of bob"]}, visitor="192.0.2.7").text
        world.says(writer, code)
        first = Proposal.objects.get(state="open")
        told = self.hashes["a hash of bob"]
        vouched = {"identifier": told["hashed"], "identifier_hash": told["hash"]}
        code = offer(self.bridging, vouched, visitor="192.0.2.7").text
        world.says(world.customer(self.desk.mine.channel, "grete"), code)
        return {"proposal": first.pk, "vouched_proposal": Proposal.objects.exclude(pk=first.pk).get(state="open").pk}

    def _planned(self, one: Any) -> str:
        """The hash of a merge that Ada was shown."""
        other = world.customer(self.desk.mine.channel, "one more")
        ada = Agent.objects.get(email="ada@example.com")
        return plans.merge_plan_of_profiles([one.pk, other.pk], by=ada).hash

    def proofs(self, group: str) -> list[Proof]:
        """The proofs of one group, by the name of a role or of the function that makes them."""
        nobody = self.desk.clients["nobody"]
        if group == "sessions":
            return proofs.of_sessions(Agent.objects.get(email="ada@example.com"))
        if group == "keys":
            return proofs.of_keys(self.desk, self.tokens["a token of bob"])
        if group == "tokens":
            return [Proof(name, nobody, {"token": token}, where=("/widget/",)) for name, token in self.tokens.items()]
        if group == "hashes":
            return [Proof(name, nobody, ids, where=("/widget/",)) for name, ids in self.hashes.items()]
        if group == "notices":
            return [Proof(name, nobody, {"undo": token}, where=("/links/",)) for name, token in self.notices.items()]
        return [Proof(group, self.desk.clients[group])]

    def ask(self, proof: Proof, row: rights.Row) -> dict[str, Any]:
        """What one request has changed; it is taken back."""
        ids = {**self.ids, **(self.desk.foreign.ids if proof.foreign else {}), **NOTHING, **proof.ids}
        with transaction.atomic():
            written = connection.connection.total_changes
            table.send(proof.client(), row, ids)
            nothing = connection.connection.total_changes == written
            after = self.before if nothing else picture.identity()
            transaction.set_rollback(True)
        return picture.differences(self.before, after)


@pytest.fixture
def house(request: pytest.FixtureRequest) -> House:
    return House(request.getfixturevalue("desk"))


def resolved() -> set[str]:
    """The names of all routes; of a route without a name, its pattern."""
    found = set()
    for name, route, _view in table.patterns(get_resolver().url_patterns):
        found.add(name if name and not name.endswith(":") else f"{name}{route}")
    return {name for name in found if not name.startswith(routes.ELSEWHERE)}


def walked(proof: Proof) -> Iterator[rights.Row]:
    """What this proof is wrong for."""
    for route, rows in routes.attempts().items():
        if proof.name not in routes.who_for(route).right:
            yield from (row for row in rows if concerns(proof, row))


def concerns(proof: Proof, row: rights.Row) -> bool:
    """Whether the proof stands in the request, or the ids of others do, where anybody looks at them."""
    named = row.path + json.dumps(row.body)
    there = all(f"{{{name}}}" in named for name in proof.ids) and (row.of_a_case or not proof.foreign)
    there = there and (proof.reads or row.method != "GET")
    return there and row.path.startswith(proof.where) and not row.path.startswith(proof.not_where)


def test_each_route_has_a_row_in_the_table() -> None:
    rows = {name: routes.row_of(name) for name in resolved()}
    without = sorted(name for name, row in rows.items() if row is None)
    assert not without, f"say in tests/identification/routes.py who may change with them who somebody is: {without}"
    unasked = sorted(rows.keys() - routes.attempts().keys())
    assert not unasked, f"nothing is asked of them: add a row to tests/rights, or to MORE in bodies.py: {unasked}"
    stale = sorted(routes.ROUTES.keys() - set(rows.values()))
    assert not stale, f"there are no such routes any more: {stale}"


def test_what_is_asked_names_things_that_are_there(house: House) -> None:
    known = {**house.ids, **NOTHING}
    rows = [row for rows in routes.attempts().values() for row in rows]
    unfilled = {name for row in rows for name in re.findall(r"\{(\w+)\}", row.path + json.dumps(row.body))}
    assert unfilled - known.keys() == set(), "nothing stands behind these names"


@pytest.mark.parametrize("group", [*rights.ROLES, "sessions", "keys", "tokens", "hashes", "notices"])
def test_a_wrong_proof_changes_nobody(house: House, group: str) -> None:
    asked, faults = 0, {}
    for proof in house.proofs(group):
        # The right one is the administrator of the table, who walks by her role.
        for row in walked(proof) if (group, proof.name) != ("sessions", "ada") else ():
            asked += 1
            changed = house.ask(proof, row)
            newcomers = routes.who_for(row.operation.split(" ")[-1]).newcomers
            if changed and not (newcomers and only_a_newcomer(changed)):
                faults[proof.name, row.method, row.path, str(row.body)] = changed
    assert asked, "nothing was asked"
    assert faults == {}


def only_a_newcomer(changed: dict[str, Any]) -> bool:
    """Whether all that has changed is that somebody new is here, of whom nobody is sure; nobody known is in it.

    A typed address of somebody known is a conflict for an agent, and no more.
    """
    met = {row[0]: row for row in changed.get("users.Profile", ([], []))[1]}
    people = {row[0] for row in changed.get("users.Person", ([], []))[1]}
    sure = [row for row in met.values() if row[1] != "visitor" or row[5] > Level.CLAIMED or row[4] not in people]
    links = changed.get("users.Link", ([], []))[1]
    strange = [row for row in links if row[1] not in met or row[2] not in people]
    gone = [row for lost, _new in changed.values() for row in lost]
    kinds = {"users.Profile", "users.Person", "users.Link", "users.Operation", "users.Value", "users.Conflict"}
    return not (sure or strange or gone) and changed.keys() <= kinds


def rights_of(names: Iterable[str]) -> list[str]:
    return [name for name in names if routes.row_of(name) and routes.who_for(name).right]


@pytest.mark.parametrize("route", sorted(rights_of(routes.attempts())))
def test_the_right_proof_changes_somebody(house: House, route: str) -> None:
    who = routes.who_for(route)
    groups = ("ada", "key of ada", "tokens", "notices")
    right = next(proof for group in groups for proof in house.proofs(group) if proof.name == who.right[0])
    rows = [row for row in routes.attempts()[route] if concerns(right, row)]
    assert any(house.ask(right, row) for row in rows), "then the walk shows nothing: give it a body that would do it"


@pytest.mark.parametrize("route", ["identify_codes", "identify_decision"])
def test_a_right_hash_changes_somebody(house: House, route: str) -> None:
    (right,) = (proof for proof in house.proofs("hashes") if proof.name == "a hash of bob")
    assert any(house.ask(right, row) for row in routes.attempts()[route] if concerns(right, row))


def test_a_trusted_page_makes_a_code_and_changes_nobody_who_was_there(house: House) -> None:
    """Anybody can say on it that they are Bob: Bob stays as sure as he was, and so does his address."""
    body = {"external_id": proofs.BOB, "user_email": "bob@example.com", "user_full_name": "Mallory"}
    row = rights.Row("identify_codes", f"/widget/v1/identify/{house.ids['trusting']}/codes", "POST", body)
    changed = house.ask(Proof("nobody", house.desk.clients["nobody"]), row)
    (lost, made) = changed.pop("identification.Code")
    assert (lost, len(made)) == ([], 1)
    assert changed == {}


def test_a_session_counts_with_the_proof_of_its_page_only(house: House) -> None:
    """Else the refusals of forged requests would show nothing."""
    *_wrong, right = house.proofs("sessions")
    (row,) = (row for row in routes.attempts()["admin:users_blockedvalue_add"] if "pattern" in (row.body or {}))
    assert house.ask(right, row)


def test_somebody_else_s_token_is_good_for_somebody_else_only(house: House) -> None:
    """A token of Eve's, or a hash, makes a code for Eve, whatever is said of Bob beside it."""
    hers = [one for group in ("tokens", "hashes") for one in house.proofs(group) if one.name.endswith(" of eve")]
    assert len(hers) == 2
    known = {row[0] for row in house.before["users.Profile"]}
    for eve, row in product(hers, routes.attempts()["identify_codes"]):
        if concerns(eve, row):
            changed = house.ask(eve, row)
            gone = [one for name, (lost, _new) in changed.items() for one in lost if name != "users.Person"]
            assert gone == []
            assert not {code[1] for code in changed.get("identification.Code", ([], []))[1]} & known


def test_a_closed_case_is_no_way_around(house: House) -> None:
    """A message to a case of Dora's, in the name of Dora, by who may not see it."""
    case = Case.objects.get(pk=house.desk.foreign.case.pk)
    body = {"user_id": house.desk.foreign.profile.pk, "content": str(house.ids["code"])}
    row = rights.Row("case-messages", f"/api/v1/cases/{case.pk}/messages/", "POST", body)
    assert house.ask(house.proofs("key of ann")[0], row) == {}
