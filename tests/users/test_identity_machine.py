"""Who is who, in any order: messages, codes, tokens, servers, agents and undoing keep the invariants of `machine`."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from helpdesk.cases.errors import Blocked
from helpdesk.events.models import Event
from helpdesk.lib.errors import Refusal
from helpdesk.users.errors import NotUndoable, PlanStale
from helpdesk.users.models import Conflict, Operation, Plan, Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import Method
from helpdesk.users.services import blocking, conflicts, identity, plans, told, values
from identification import services
from identification.models import Proposal
from identification.services import brakes, deciding
from identification.services.offering import offer
from tests import world
from tests.users.machine import EMAILS, EXTERNAL, Places, alive, blocked, places, stored
from tests.users.withdrawals import Withdrawing

pytestmark = pytest.mark.django_db

PHONES = ("+4930901820", "+4930901821")
SOURCES = (Source.AGENT, Source.API, Source.CHANNEL, Source.PAGE, Source.BROWSER)

some = st.integers(0, 11)
emails, accounts, phones = (st.sampled_from(words) for words in (EMAILS, EXTERNAL, PHONES))
words = st.sampled_from(("Bob", "Carol", "Eve", None))
sources = st.sampled_from(SOURCES)


class Interleaving(Withdrawing):
    """The steps. shown: the plans that Ada was shown, and how everybody stood then."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: dict[str, Places] = {}

    # Customers

    @rule(who=some)
    def writes(self, who: int) -> None:
        with self.claims():
            self._says(self.writer(who), "hello")

    @precondition(lambda self: self.codes)
    @rule(who=some, which=some)
    def sends_a_code(self, who: int, which: int) -> None:
        writer, text = self.writer(who), self.codes[which % len(self.codes)]
        code = stored(text)
        usable = alive(code) and not brakes.locked(f"profile:{writer.pk}", "desk")
        proven = identity.proven_otherwise(writer)
        is_somebody = writer.person_id == code.profile.person_id
        before = places()[writer.pk]
        with self.proves():
            outcome = self._says(writer, f"here: {text}")
        after = places()[writer.pk]
        if outcome == "valid":
            assert usable, "a code worked that is used, void, expired or braked"
            assert after.person == places()[code.profile_id].person
            assert after.level <= max(before.level, code.level)
        else:
            assert after == before, "a code that is invalid changed who the writer is"
        assert outcome != "valid" or is_somebody or not proven, "a proven writer became somebody else by a code"
        assert stored(text).used_at or not (outcome and usable), "a code that was sent can be sent again"

    @rule(who=some, email=emails, account=st.one_of(st.none(), accounts))
    def identifies(self, who: int, email: str, account: str | None) -> None:
        """As customers do: a code is made for them, and sent at once."""
        made = len(self.codes)
        self.asks_for_a_code_as_the_server(email, account, None)
        if len(self.codes) > made:
            self.sends_a_code(who, made)

    @rule(who=some, symbol=st.sampled_from("23456789"))
    def guesses(self, who: int, symbol: str) -> None:
        with self.claims():
            assert self._says(self.writer(who), f"ID-A{symbol * 4}-{symbol * 5}") != "valid"

    def _says(self, writer: Profile, text: str) -> str:
        """What became of a code in it; "" where the writer is blocked."""
        try:
            message = world.says(writer, text).message
        except Blocked:
            return ""
        event = Event.objects.filter(kind="code.checked", message_id=message.pk).first()
        return event.data["outcome"] if event else ""

    @rule(minutes=st.integers(1, 6))
    def time_passes(self, minutes: int) -> None:
        self.time.shift(timedelta(minutes=minutes))

    # The company's site and server

    @rule(account=accounts, email=emails, verified=st.booleans(), name=words, asks=st.booleans())
    def signs_in_at_the_site(self, account: str, email: str, verified: bool, name: str | None, asks: bool) -> None:
        token = self.signed(external_id=account, email=email, email_verified=verified, name=name or ...)
        with self.proves():
            self._offer(self.asking if asks else self.widget, {"token": token})

    @precondition(lambda self: Proposal.objects.filter(state="open").exists())
    @rule(account=accounts, accept=st.booleans(), own=st.booleans())
    def the_page_decides(self, account: str, accept: bool, own: bool) -> None:
        """Only about what was proposed of the account that is signed in there."""
        waiting = Proposal.objects.filter(state="open").order_by("-pk")
        mine = waiting.filter(code__profile__address=account)
        proposal = (mine if own else waiting.exclude(pk__in=mine)).first()
        if proposal is None:
            return
        told, self.asked = {"token": self.signed(external_id=account)}, self.asked + 1
        with self.proves() if own and accept else self.claims():
            try:
                deciding.decide(self.asking, told, proposal.pk, accept=accept, visitor=f"visitor {self.asked}")
            except Refusal:
                return
        assert own, "a page decided about somebody else's account"

    @rule(account=accounts, email=emails, name=words)
    def forges_a_token(self, account: str, email: str, name: str | None) -> None:
        token = self.signed(external_id=account, email=email, email_verified=True)
        with self.claims():
            self._offer(self.widget, {"token": f"{token[:-6]}AAAAAA", "user_email": email, "user_full_name": name})

    @rule(told=st.one_of(emails.map(lambda e: {"user_email": e}), accounts.map(lambda a: {"external_id": a})))
    def is_named_by_a_page(self, told: dict[str, Any]) -> None:
        with self.claims():
            self._offer(self.trusting, {**told, "user_full_name": "Mallory"})

    def _offer(self, widget: Any, told: dict[str, Any]) -> None:
        self.asked += 1
        with suppress(Refusal):
            self.codes.append(offer(widget, told, visitor=f"visitor {self.asked}").text)

    @rule(email=emails, account=st.one_of(st.none(), accounts), name=words)
    def asks_for_a_code_as_the_server(self, email: str, account: str | None, name: str | None) -> None:
        user = {"user_email": email, "external_id": account, "user_full_name": name}
        with self.proves(), suppress(Refusal):
            self.codes.append(services.make_code(user, by=None)[0])

    @rule(who=some, email=emails, phone=st.one_of(st.just(""), phones), name=words)
    def tells_as_the_server(self, who: int, email: str, phone: str, name: str | None) -> None:
        with self.proves():
            told.tell(self.writer(who), told.Told(email=email, phone=phone, said={"name": name}), by=None)

    @rule(who=some, source=sources, name=words, note=words)
    def something_is_said(self, who: int, source: str, name: str | None, note: str | None) -> None:
        with self.claims():
            values.say(self.profile(who), source, {"name": name, "note": note}, by=None)

    # Agents

    @rule(who=some, whose=some)
    def is_linked_by_an_agent(self, who: int, whose: int) -> None:
        one, other = self.profile(who), self.profile(whose)
        with self.judges():
            identity.link(one, other.person, method=Method.AGENT, level=one.level, by=self.ada)

    @rule(who=some)
    def is_unlinked(self, who: int) -> None:
        one = self.profile(who)
        if Profile.objects.filter(person=one.person).count() > 1:
            with self.judges():
                identity.unlink(one, by=self.ada)

    @rule(who=some, whose=some)
    def is_merged(self, who: int, whose: int) -> None:
        one, other = self.profile(who).person, self.profile(whose).person
        if one == other:
            return
        with self.judges():
            identity.merge(one, other, by=self.ada, reason="the same")

    @rule(who=some)
    def is_split(self, who: int) -> None:
        with self.judges():
            identity.split([self.profile(who)], by=self.ada, reason="two people")

    @rule(who=some, on=st.booleans())
    def is_blocked(self, who: int, on: bool) -> None:
        with self.claims():
            (blocking.block if on else blocking.unblock)(self.profile(who).person, by=self.ada)

    @rule(who=some, whose=some)
    def are_kept_apart(self, who: int, whose: int) -> None:
        one, other = self.profile(who), self.profile(whose)
        if one.person_id == other.person_id:
            return
        with self.judges():
            identity.keep_apart(one, other, by=self.ada, reason="two people")

    @precondition(lambda self: Conflict.objects.exists())
    @rule(which=some, verdict=st.sampled_from(("link", "move", "reject", "reopen")))
    def a_conflict_is_decided(self, which: int, verdict: str) -> None:
        found = Conflict.objects.order_by("-pk")
        with self.judges(), suppress(Refusal):
            conflicts.decide(found[which % found.count()], verdict, reason="they said so", by=self.ada)

    @rule(who=some, whose=some, kind=st.sampled_from(("merge", "link", "split")))
    def a_plan_is_shown(self, who: int, whose: int, kind: str) -> None:
        one, other = self.profile(who).pk, self.profile(whose).pk
        with self.claims(), suppress(Refusal):
            if kind == "merge":
                plan = plans.merge_plan_of_profiles([one, other], by=self.ada)
            else:
                plan = (
                    plans.link_plan(one, other, by=self.ada) if kind == "link" else plans.split_plan([one], by=self.ada)
                )
            self.shown[plan.hash] = places()

    @precondition(lambda self: self.shown)
    @rule(which=some)
    def a_plan_is_applied(self, which: int) -> None:
        """What was shown is done, once; if anything of it is otherwise by now, nothing is."""
        plan_hash = sorted(self.shown)[which % len(self.shown)]
        as_shown, before = self.shown.pop(plan_hash), places()
        concerned = {one["user_id"] for one in Plan.objects.get(hash=plan_hash).body["profiles"]}
        with self.judges():
            try:
                done = plans.apply(plan_hash, reason="as shown", by=self.ada)
            except PlanStale:
                assert places() == before
                return
        assert all(as_shown[pk] == before[pk] for pk in concerned), "a plan was applied to something else"
        after = places()
        with self.claims():
            assert plans.apply(plan_hash, reason="again", by=self.ada) == done
        assert places() == after

    # Undoing

    @precondition(lambda self: self.before_operation)
    @rule(which=st.integers(0, 4))
    def is_undone(self, which: int) -> None:
        known = Operation.objects.exclude(kind="undo").order_by("-pk")
        operation = known[which % known.count()]
        was_undone = operation.undone_by_id is not None
        with self.undoes():
            try:
                identity.undo(operation, by=self.ada)
            except NotUndoable:
                return
        assert not was_undone, "an operation was undone twice"
        now = places()
        for pk, place in self.before_operation.get(operation.pk, {}).items():
            assert now[pk] == place, "not as before"

    @rule(who=some, whose=some, arrivals=st.lists(st.tuples(some, sources, words), max_size=4))
    def a_merge_is_undone_after_more_has_come(self, who: int, whose: int, arrivals: list[Any]) -> None:
        one, other = self.profile(who).person, self.profile(whose).person
        if one == other:
            return
        before, barred = places(), blocked()
        with self.judges():
            operation = identity.merge(one, other, by=self.ada, reason="a mistake")
        for number, source, name in arrivals:
            self.something_is_said(number, source, name, name)
            self.writes(number)
        with self.undoes():
            identity.undo(operation, by=self.ada)
        assert places() == before
        assert blocked() == barred
        with pytest.raises(NotUndoable):
            identity.undo(operation, by=self.ada)


@pytest.mark.promise("P28")
@pytest.mark.both
@pytest.mark.once
@pytest.mark.slow
@pytest.mark.hypothesis
def test_whatever_happens_in_whatever_order_everybody_stays_who_they_are_shown_to_be() -> None:
    times = hypothesis.settings().max_examples // 50  # 1, or 40 with `make fuzz`
    limits = hypothesis.settings(
        max_examples=(45 if connection.vendor == "sqlite" else 10) * max(1, times),
        stateful_step_count=30,
        deadline=None,
        derandomize=times <= 1,
        # Making an example small takes minutes: `make fuzz` does that.
        phases=(Phase.generate,) if times <= 1 else tuple(Phase),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Interleaving, settings=limits)
