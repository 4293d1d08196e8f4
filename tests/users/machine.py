"""A desk on which steps are drawn at random, and what has to be true after each of them.

Each example stands in a transaction that is taken back. Time stands still within a step and goes on between two.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Level, Widget
from helpdesk.lib.crypto import digests
from helpdesk.users.models import Apart, Link, Operation, Person, Profile, Value
from helpdesk.users.services import profiles, told, values
from identification import keys
from identification.codes import find
from identification.models import Code
from identification.services.making import PURPOSE
from tests import world
from tests.identification.asking import claims, sign

START = datetime(2026, 3, 28, 9, tzinfo=UTC)
EMAILS = ("bob@example.com", "carol@example.com", "eve@example.com")
EXTERNAL = ("A-1", "A-2")
STRENGTH = {"agent": 3, "api": 3, "code": 3, "token": 3, "proven_lookup": 3}
STRENGTH |= {"channel": 2, "page": 2, "lookup": 2, "browser": 1}


@dataclass(frozen=True)
class Place:
    """Where a profile stands: whose it is, how sure that is, since when."""

    person: int
    level: int
    identified_at: datetime | None


Places = dict[int, Place]


def places() -> Places:
    rows = Profile.objects.values_list("pk", "person_id", "level", "identified_at")
    return {pk: Place(person, level, at) for pk, person, level, at in rows}


def together(held: Places) -> set[tuple[int, int]]:
    """All pairs of profiles that are one person's."""
    return {pair for pair in combinations(sorted(held), 2) if held[pair[0]].person == held[pair[1]].person}


class Watched(RuleBasedStateMachine):
    """The desk, and the invariants. Rules wrap what they do in `claims`, `proves`, `judges` or `undoes`."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        self.clock = time_machine.travel(START, tick=False)
        self.time = self.clock.start()
        self.asked = 0
        self.codes: list[str] = []
        self.said: dict[int, tuple[int, int | None]] = {}
        self.addresses: dict[int, tuple[Any, ...]] = {}
        self.sure: dict[int, int] = {}
        self.before_operation: dict[int, Places] = {}

    @initialize()
    def open_the_desk(self) -> None:
        for title in ("Messenger", "Forum"):
            channel = world.messenger(title=title)
            bob, _carol = (world.customer(channel, name) for name in ("bob", "carol"))
            told.tell(bob, told.Told(email=EMAILS[0]), by=None)
        profiles.meet("external", EXTERNAL[0], level=Level.PROVEN)
        self.ada = world.admin()
        self.key = keys.make("Shop", by=None)[0]
        self.widget = Widget.objects.create(title="Account page")
        self.trusting = Widget.objects.create(title="Trusting page", trust_page_data=True)
        self.asking = Widget.objects.create(title="Page that asks back", confirm_codes=True)
        self.sure = {pk: place.level for pk, place in places().items()}

    def teardown(self) -> None:
        self.clock.stop()
        transaction.set_rollback(True)
        self.frame.__exit__(None, None, None)

    # What a step may do

    @contextmanager
    def claims(self) -> Iterator[None]:
        """Somebody only says something: everybody stays who they are, and nobody is surer of it."""
        with self._step() as before:
            yield
        after = places()
        assert {pk: after[pk] for pk in before} == before, "a claim changed who somebody is"
        assert all(after[pk].level <= Level.VOUCHED for pk in after.keys() - before.keys())

    @contextmanager
    def proves(self) -> Iterator[None]:
        """A machine acts on a proof: levels may rise, and people become one, where nothing speaks against it."""
        with self._step() as before:
            yield
        after = places()
        joined = together(after) - together(before)
        accounts = set(Profile.objects.filter(kind="external").values_list("pk", flat=True))
        assert not [pair for pair in joined if set(pair) <= accounts], "a machine made one person of two accounts"
        assert not joined & self.apart(), "a machine joined what an agent held apart"
        for pk, place in after.items():
            self.sure[pk] = max(self.sure.get(pk, 0), place.level)

    @contextmanager
    def judges(self) -> Iterator[None]:
        """An agent decides who is who: that is no proof, so no level rises."""
        with self._step() as before:
            yield
        after = places()
        assert not [pk for pk in before if after[pk].level > before[pk].level], "an agent's word raised a level"

    @contextmanager
    def undoes(self) -> Iterator[None]:
        """Things are as they were: the level, too, if it was proven then. The invariants watch the rest."""
        with self._step():
            yield

    @contextmanager
    def _step(self) -> Iterator[Places]:
        self.time.shift(timedelta(seconds=1))
        before = places()
        last = _last_operation()
        yield before
        new = list(Operation.objects.filter(pk__gt=last).order_by("pk"))
        if len(new) == 1:
            touched = {int(pk) for pk in new[0].plan.get("before", {})}
            self.before_operation[new[0].pk] = {pk: place for pk, place in before.items() if pk in touched}
        for pk, place in places().items():
            self.sure.setdefault(pk, place.level)

    def apart(self) -> set[tuple[int, int]]:
        return set(Apart.objects.filter(lifted_at=None).values_list("one_id", "other_id"))

    # Who is there

    def profile(self, number: int) -> Profile:
        everybody = Profile.objects.select_related("person", "channel").order_by("pk")
        return everybody[number % everybody.count()]

    def writer(self, number: int) -> Profile:
        """Of those who can write: the profiles of a channel."""
        writers = Profile.objects.select_related("person", "channel").filter(kind="custom").order_by("pk")
        return writers[number % writers.count()]

    def signed(self, **said: Any) -> str:
        """A token of the company's server, of now."""
        return sign(self.key, claims(**{"iat": int(time.time()), **said}))

    # What is always true

    @invariant()
    def the_desk_is_in_order(self) -> None:
        self.each_profile_has_one_open_link_that_says_the_same()
        self.identified_means_level_two_or_more()
        self.nobody_is_surer_than_a_proof_has_ever_made_them()
        self.ids_and_addresses_stay()
        self.no_message_is_lost_or_elsewhere()
        self.what_is_shown_is_what_the_profiles_add_up_to()

    def each_profile_has_one_open_link_that_says_the_same(self) -> None:
        links = list(Link.objects.filter(until=None).order_by("profile").values_list("profile", "person", "level"))
        assert links == [(pk, place.person, place.level) for pk, place in sorted(places().items())]

    def identified_means_level_two_or_more(self) -> None:
        assert not [place for place in places().values() if (place.level >= 2) != bool(place.identified_at)]

    def nobody_is_surer_than_a_proof_has_ever_made_them(self) -> None:
        assert not [pk for pk, place in places().items() if place.level > self.sure[pk]]

    def ids_and_addresses_stay(self) -> None:
        now = {pk: tuple(more) for pk, *more in Profile.objects.values_list("pk", "kind", "channel", "address")}
        assert {pk: now.get(pk) for pk in self.addresses} == self.addresses
        self.addresses = now

    def no_message_is_lost_or_elsewhere(self) -> None:
        now: dict[int, tuple[int, int | None]]
        now = {pk: (case, who) for pk, case, who in Message.objects.values_list("pk", "case", "profile")}
        assert {pk: now.get(pk) for pk in self.said} == self.said
        owners = dict(Case.objects.values_list("pk", "profile"))
        assert not [pk for pk, (case, who) in now.items() if who and owners[case] != who]
        self.said = now

    def what_is_shown_is_what_the_profiles_add_up_to(self) -> None:
        for person in Person.objects.all():
            shown = best(person)
            assert (person.name, person.note) == (shown.get("name") or "", shown.get("note") or "")
            assert values.settle(person) == set(), "it was not settled"


def best(person: Person) -> dict[str, Any]:
    """The word that counts for each key, told again from the rows: the strongest source, of these the newest."""
    rows = Value.objects.filter(profile__person=person)
    ordered = sorted(rows, key=lambda row: (STRENGTH[row.source], row.at, row.pk))
    return {row.key: row.value for row in ordered}


def _last_operation() -> int:
    return Operation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def stored(text: str) -> Code:
    """The row of a code."""
    (candidate,) = find(text)
    return Code.objects.select_related("profile").get(hash__in=digests(PURPOSE, candidate.symbols))


def alive(code: Code) -> bool:
    return not code.used_at and not code.voided_at and code.expires_at > timezone.now()


def blocked() -> dict[int, bool]:
    return dict(Person.objects.values_list("pk", "blocked"))
