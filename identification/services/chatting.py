"""Who a visitor of a chat widget is: the widget knows no tokens and asks here (`settings.VISITORS_PROOF`)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from helpdesk.channels.models import Level, Widget
from helpdesk.lib.crypto import digest
from helpdesk.lib.errors import Refusal
from helpdesk.users.models import Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import Method
from helpdesk.users.services import identity, profiles, values
from helpdesk.widget.kinds import Refused
from helpdesk.widget.proof import Limit
from helpdesk.widget.proof import Proof as Shown
from identification.errors import Unsigned
from identification.services import accounts, brakes, claims, making, offering, proving, refused, revoking
from identification.services.proving import Proof

METHODS = {"token": Method.TOKEN, "hash": Method.PAGE, "page": Method.PAGE}
SOURCES = {"token": Source.TOKEN, "hash": Source.PAGE, "page": Source.PAGE}
WAIT, LONGEST = timedelta(minutes=1), timedelta(minutes=10)


class Visitors:
    """The `Prover` of the widget."""

    def read(self, widget: Widget, told: Mapping[str, Any], *, trusts_ids: bool) -> Shown:
        """Raises BadToken, Unsigned, BadUser, NobodyNamed, each counted for the widget's page in the admin."""
        try:
            return _shown(_read(widget, told, trusts_ids))
        except Refusal as refusal:
            offering.count(widget, refusal.code)
            refused.remember(refusal)
            raise

    def seat(self, proof: Shown) -> str:
        """The same for the same account at the same level. A level of its own: who is only vouched for must not
        write with the name of whom a token has proven."""
        account: accounts.Address = proof.weighed.account
        named = f"{account.kind} {account.channel.pk if account.channel else ''} {account.address}"
        return f"account-{proof.level}-{sha256(named.encode()).hexdigest()[:40]}"

    def link(self, profile: Profile, proof: Shown) -> Profile:
        """Raises AlreadySomeoneElse, PersonBlocked, BadToken(revoked)."""
        weighed: Proof = proof.weighed
        said = accounts.read(weighed.user).said
        evidence = {"kid": weighed.kid} if weighed.kid else {}
        more: dict[str, Any] = {
            "level": weighed.level,
            "method": weighed.method,
            "display": weighed.display,
            "evidence": evidence,
        }
        account = making.account_of(weighed.user, by=None, also=[profile], **more)
        offering.check(weighed, account)
        revoking.check_sessions(account.address, weighed.sessions)
        identity.prove(
            profile,
            account,
            method=METHODS[weighed.method],
            level=weighed.level,
            evidence={"made_by": weighed.method, "account": account.pk, **evidence},
            by=profile,
        )
        if said:
            values.say(account, SOURCES[weighed.method], said, by=profile)
        return account

    def claimed(self, profile: Profile, told: Mapping[str, str]) -> None:
        found = claims.proven_elsewhere((), told)
        if found:
            held = profiles.hold_people(profile.pk, *(one.pk for one in found))
            claims.tell(held[profile.pk], [held[one.pk] for one in found], by=held[profile.pk])

    def refused(self, widget: Widget) -> Sequence[Refused]:
        return refused.counted(widget)

    def slow_down(self, tries: Mapping[str, Limit]) -> None:
        """Raises TooOften."""
        brakes.pass_all({key: brakes.Limit(limit.most, limit.window, WAIT, LONGEST) for key, limit in tries.items()})


def _read(widget: Widget, told: Mapping[str, Any], trusts_ids: bool) -> Proof:
    if set(told) == {"id"}:
        if not trusts_ids:
            raise Unsigned
        user, left_out = accounts.forgiving({"external_id": told["id"]})
        proof = Proof(user, "page", Level.VOUCHED, left_out)
    else:
        proof = proving.read(widget, told)
    accounts.read(proof.user)
    return proof


def _shown(proof: Proof) -> Shown:
    address = proof.account.address
    sids = tuple(digest(revoking.PURPOSE, revoking.scoped(address, session)) for session in proof.sessions)
    return Shown(id=address, level=proof.level, signed_at=proof.issued_at, sids=sids, weighed=replace(proof))


PROVER = Visitors()
