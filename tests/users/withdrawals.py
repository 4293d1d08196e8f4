"""Steps that take something back, or only tell: “that was not me”, revocations, and what a user database says."""

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from helpdesk.cases.errors import Blocked
from helpdesk.cases.models import Case
from helpdesk.channels.models import Channel
from helpdesk.lib.errors import Refusal
from helpdesk.users.models import Link, Profile
from helpdesk.users.services import profiles
from identification import services, tokens
from identification.errors import BadToken
from identification.models import Code, LookUp
from identification.services import look_ups, notices, undoing
from identification.services.look_up_requests import Reply
from tests import world
from tests.users.machine import EMAILS, EXTERNAL, Watched, alive, places


class Withdrawing(Watched):
    """The steps. Whoever revokes leaves everybody who they are; whoever undoes is apart from then on."""

    @rule(who=st.integers(0, 11), email=st.sampled_from(EMAILS), name=st.sampled_from(("Bob", "Eve")))
    def the_user_database_answers(self, who: int, email: str, name: str) -> None:
        """Whomever it names: nobody is surer of anything, and nobody new is met."""
        one = self.profile(who)
        answer: dict[str, Any] = {"id": one.address, "email": email, "first_name": name, "metadata": {"plan": name}}
        before = places()
        with self.claims():
            result = look_ups.take(self._look_up(), one, Reply(seconds=0, status=200, answer=answer))
        assert result.outcome in {"updated", "unchanged"}
        assert places() == before, "an answer of the user database changed who somebody is"

    def _look_up(self) -> LookUp:
        known = LookUp.objects.first()
        place = Channel.objects.order_by("pk").first()
        return known or look_ups.save(LookUp(channel=place, url="https://shop.example/users/{id}"), by=None)

    @rule(account=st.sampled_from(EXTERNAL), session=st.sampled_from(("", "laptop")))
    def tokens_are_revoked(self, account: str, session: str) -> None:
        """All of a person or those of one session: what was signed before is worth nothing, what is linked stays."""
        owner = profiles.find("external", account)
        if owner is None:
            return
        old = self.signed(external_id=account, iat=int(time.time()) - 1, sid=session or ...)
        before = places()
        with self.claims():
            if session:
                services.revoke_session(owner, session, by=self.ada)
            else:
                services.revoke_tokens(owner, by=self.ada)
        assert places() == before, "a revocation changed who somebody is"
        with pytest.raises(BadToken) as refused:
            tokens.verify(old, widget=self.widget)
        assert refused.value.code == "revoked"
        if not session:
            theirs = Code.objects.filter(profile__person=owner.person_id).exclude(method="api")
            assert not [code for code in theirs if alive(code)], "a code of a revoked token can be used"

    @rule(who=st.integers(0, 11), email=st.sampled_from(EMAILS), which=st.integers(0, 2))
    def the_customer_says_that_was_not_me(self, who: int, email: str, which: int) -> None:
        """By the address in a notice: it is as before and stays so, or nothing at all has changed."""
        self._is_linked_by_a_code(self.writer(who), email)
        links = Link.objects.filter(method__in=notices.BY_MACHINES, operation__kind="link").order_by("-pk")
        told = [link for link in links.select_related("operation") if _is_new(link)]
        link = told[which % len(told)] if told else None
        case = Case.objects.filter(profile__person=link.person_id).order_by("pk").first() if link else None
        if link and link.operation_id and case:
            self._takes_back(link.operation_id, case)

    def _is_linked_by_a_code(self, writer: Profile, email: str) -> None:
        with self.proves(), suppress(Refusal):
            self.codes.append(services.make_code({"user_email": email}, by=None)[0])
        with self.proves(), suppress(Blocked):
            world.says(writer, f"me: {self.codes[-1] if self.codes else ''}")

    def _takes_back(self, operation: int, case: Case) -> None:
        request = undoing.read(notices.address(operation, case).rstrip("/").rpartition("/")[2])
        used, before = request.is_used, places()
        with self.undoes():
            became = undoing.undo(request)
        after, linked, account = places(), request.news.link.profile_id, request.news.account
        assert (became == "undo_used") == used, "a notice undid a link twice"
        if became != "undo_done":
            assert after == before
            return
        for pk, place in self.before_operation.get(operation, {}).items():
            assert after[pk] == place, "not as before"
        if account:
            assert after[linked].person != after[account.pk].person
            assert tuple(sorted((linked, account.pk))) in self.apart(), "a machine may link the two again"


def _is_new(link: Link) -> bool:
    """Whether it made the profile somebody else: of no other link is anybody told."""
    was = link.operation.plan["before"].get(str(link.profile_id)) if link.operation else None
    return was is not None and was["person"] != link.person_id
