"""The page's word on a proposal: accepted, the account is linked at that moment; declined, it never was."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.cases.models import Case, Message
from helpdesk.cases.services import survivor
from helpdesk.channels.models import Widget
from helpdesk.events.occasion import occasion
from helpdesk.events.services import record
from helpdesk.lib.crypto import digest
from helpdesk.lib.errors import Refusal
from helpdesk.users.services import profiles
from identification.models import Code, Proposal
from identification.services import brakes, notices, offering, proposing, proving, redeeming, refused
from identification.services.proposing import Wish
from identification.services.proving import Proof

# Looking, from one network address: some hundred open dialogs behind one.
LOOKS = brakes.Limit(1200, timedelta(minutes=10), timedelta(minutes=1), timedelta(minutes=10))
State = Proposal.State


class NoSuchProposal(Refusal):
    """None, or somebody else's."""

    code = "not_found"
    status = 404
    sentence = _("There is no such request.")


WHY_OVER = {
    "decided": _("This was decided already."),
    "expired": _("This request has expired. Send a new code."),
    "revoked": _("The sign-in that this request was made with is no longer valid. Send a new code."),
    "blocked": _("This account cannot be linked."),
}


class ProposalOver(Refusal):
    """reason: one of WHY_OVER."""

    code = "proposal_over"
    status = 409
    sentence = _("This can no longer be linked.")

    def __init__(self, reason: str) -> None:
        super().__init__(WHY_OVER[reason], reason=reason)


def look(widget: Widget, told: Mapping[str, Any], *, visitor: str) -> list[Wish]:
    """What waits for the word of the one who gives this proof. Raises TooOften, and as `proving.read` does."""
    brakes.pass_by(f"looks:{digest('brake', visitor)[:40]}", LOOKS)
    proof = _proof(widget, told)
    found = proposing.wishes(proposing.of(widget, proof.account, proof.level))
    if proof.method != "page":
        return found
    # Anybody can say on the page who they are: the whole address is for those who show it.
    return [replace(wish, address=notices.masked(wish.proposal.profile)) for wish in found]


def decide(widget: Widget, told: Mapping[str, Any], number: int, *, accept: bool, visitor: str) -> Proposal:
    """Decides one of them. Its state tells what became of it: declined, too, where somebody else is proven to be
    the one who wrote.

    Raises TooOften, NoSuchProposal, ProposalOver, and as `proving.read` does.
    """
    brakes.pass_by(f"asks:{digest('brake', visitor)[:40]}", offering.ADDRESS)
    return _decide(widget, _proof(widget, told), number, accept)


def _proof(widget: Widget, told: Mapping[str, Any]) -> Proof:
    try:
        return proving.read(widget, told)
    except Refusal as refusal:
        offering.count(widget, refusal.code)
        refused.remember(refusal)
        raise


@occasion
def _decide(widget: Widget, proof: Proof, number: int, accept: bool) -> Proposal:
    proposal = proposing.of(widget, proof.account, proof.level).filter(pk=number).first()
    if proposal is None:
        raise NoSuchProposal
    case = _case(proposal)
    held = profiles.hold_people(proposal.profile_id, proposal.code.profile_id, *([case.profile_id] if case else []))
    proposal.profile, proposal.code.profile = held[proposal.profile_id], held[proposal.code.profile_id]
    offering.check(proof, proposal.code.profile)
    _check(proposal)
    _settle(proposal, State.ACCEPTED if accept else State.DECLINED)
    if accept:
        _accepted(proposal, case)
    else:
        _declined(proposal, case)
    return proposal


def _case(proposal: Proposal) -> Case | None:
    """Where it is read now: the case may have been merged since."""
    case = Case.objects.filter(pk=proposal.case_id or 0).first()
    return Case.objects.get(pk=survivor(case)) if case else None


def _check(proposal: Proposal) -> None:
    if proposal.state != State.OPEN:
        raise ProposalOver("expired" if proposal.state == State.EXPIRED else "decided")
    if proposal.expires_at <= timezone.now():
        raise ProposalOver("expired")
    if proposing.revoked(proposal.code):
        raise ProposalOver("revoked")
    if proposal.profile.person.blocked or proposal.code.profile.person.blocked:
        raise ProposalOver("blocked")


def _settle(proposal: Proposal, state: str) -> None:
    """Once, however many decide at the same moment; the user data that waited is not needed any more."""
    now = timezone.now()
    waiting = Proposal.objects.filter(pk=proposal.pk, state=State.OPEN, expires_at__gt=now)
    if not waiting.update(state=state, decided_at=now):
        raise ProposalOver("decided")
    proposal.state, proposal.decided_at = state, now
    Code.objects.filter(pk=proposal.code_id).update(payload="")


def _accepted(proposal: Proposal, case: Case | None) -> None:
    """Now it is valid, although the message came earlier: the rules of updated cases run."""
    code, writer, owner = proposal.code, proposal.profile, proposal.code.profile
    before = redeeming.hard(writer)
    outcome = redeeming.link(code, writer, by=owner, proposal=proposal.pk)
    if outcome.valid:
        brakes.forget(before, redeeming.hard(writer))
    else:
        Proposal.objects.filter(pk=proposal.pk).update(state=State.DECLINED)
        proposal.state = State.DECLINED
    message = Message.objects.filter(pk=proposal.message_id or 0).first()
    about: dict[str, Any] = {"case": case, "message": message, "profile": writer}
    facts = {"outcome": outcome.word, "reason": outcome.reason, "code": code.pk, "decided": True}
    record("code.checked", by=owner, **about, **facts)
    record("code.accepted", by=owner, **about, proposal=proposal.pk)


def _declined(proposal: Proposal, case: Case | None) -> None:
    """The one who wrote reads nothing of it; agents do, and it counts as a failure."""
    writer = proposal.profile
    redeeming.count(writer)
    facts = {"code": proposal.code_id, "proposal": proposal.pk}
    record("code.declined", by=proposal.code.profile, case=case, profile=writer, red=True, **facts)
