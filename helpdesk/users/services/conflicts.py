"""Conflicts: two people claim the same. Nobody is linked, no customer sees an error, an agent judges.

What an agent decides is an operation like others: it can be undone, and then the conflict is open again.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.channels.models import Level
from helpdesk.events.models import Event
from helpdesk.events.occasion import Again, occasion
from helpdesk.events.services import Actor, event, record_all
from helpdesk.lib.text import one_line
from helpdesk.users.errors import (
    AlreadySomeoneElse,
    ConflictDecided,
    MayNotJudge,
    NoReason,
    NotOffered,
    UnusableAddress,
)
from helpdesk.users.models import Agent, Conflict, Link, Operation, Profile
from helpdesk.users.models.conflicts import Conflicts
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.users.services import identity, judged, profiles, reading, undoing

State, Kind = Conflict.State, Conflict.Kind
DAY = timedelta(days=1)
LONGEST_REASON = 300
# Other profiles of a side that its evidence names.
MOST_ALSO = 5


class Verdict(TextChoices):
    """What an agent may say. reopen: what was decided is taken back."""

    LINK = "link", gettext_lazy("the same person")
    MOVE = "move", gettext_lazy("only this one moves")
    REJECT = "reject", gettext_lazy("not the same person")
    REOPEN = "reopen", gettext_lazy("open again")


@occasion
def found(
    kind: str, profile: Profile, account: Profile, *, value: str = "", case_id: int | None = None, by: Actor | None
) -> Conflict | None:
    """Two people claim the same; both profiles are held by the occasion under way. value: what was told, if anything.

    Gives the one open conflict of the two. Where an agent decided that they are two people, there is none to decide:
    agents see a line once a day, and the conflict that was decided is given, if there was one.
    """
    case_id = case_id or judged.case_under_way(profile)
    known = _known(profile, account)
    if known and known.state == State.OPEN:
        arose_in(known, case_id)
        return known
    one, other = (Profile.objects.select_related("person").get(pk=side.pk) for side in (profile, account))
    if judged.between(one.person, other.person).exists():
        _once_a_day(one, other, value, case_id, by)
        return known
    conflict = Conflict.objects.create(
        kind=kind, profile=one, account=other, value=value, evidence=evidence(one, other), case_id=case_id
    )
    _tell("conflict.found", one, case_id, by, conflict=conflict.pk, what=str(kind), value=value, account=other.pk)
    return conflict


def arose_in(conflict: Conflict, case_id: int | None) -> None:
    """The case in which a conflict was first met, where it was not known at once."""
    if case_id and conflict.case_id is None:
        Conflict.objects.filter(pk=conflict.pk, case_id=None).update(case_id=case_id)


def _known(profile: Profile, account: Profile) -> Conflict | None:
    """The open conflict of the two, or the last one that was decided."""
    rows = list(Conflict.objects.of_pair(profile.pk, account.pk).order_by("-pk"))
    return next((one for one in rows if one.state == State.OPEN), rows[0] if rows else None)


def _once_a_day(profile: Profile, account: Profile, value: str, case_id: int | None, by: Actor | None) -> None:
    """Programs repeat themselves with each message."""
    today = Event.objects.filter(kind="conflict.again", profile_id=profile.pk, created_at__gt=timezone.now() - DAY)
    if not today.filter(data__account=account.pk).exists():
        _tell("conflict.again", profile, case_id, by, value=value, account=account.pk)


def _tell(kind: str, profile: Profile, case_id: int | None, by: Actor | None, **data: Any) -> None:
    red = kind in {"conflict.found", "conflict.again"}
    made = event(kind, by=by, profile=profile, person=profile.person, red=red, **data)
    made.case_id = case_id
    record_all([made])


def link_as_told(profile: Profile, other: Profile, *, evidence: dict[str, Any], by: Actor | None) -> None:
    """The company's own server says that these are one person: it is done.

    Where both have an external id, or an agent decided otherwise, it is not: raises AlreadySomeoneElse or KeptApart
    with the `conflict_id`, which is kept. Raises UnusableAddress where many share one of the addresses.
    """
    for side in (profile, other):
        if side.kind in profiles.SHARED_KINDS and profiles.links_nobody(side.kind, side.address):
            raise UnusableAddress(_("Many share the address %(address)s: it links nobody.") % {"address": side.address})
    refusal = _link_as_told(profile, other, evidence, by)
    if refusal:
        raise refusal


@occasion
def _link_as_told(
    profile: Profile, other: Profile, evidence: dict[str, Any], by: Actor | None
) -> AlreadySomeoneElse | None:
    """Given, not raised: what was found has to stay."""
    held = profiles.hold_people(profile.pk, other.pk)
    try:
        identity.prove(profile, other, method=Method.API, level=Level.PROVEN, evidence=evidence, by=by)
    except AlreadySomeoneElse as refusal:
        conflict = found(Kind.ACCOUNTS, held[profile.pk], held[other.pk], by=by)
        refusal.more["conflict_id"] = conflict.pk if conflict else None
        return refusal
    return None


def evidence(profile: Profile, account: Profile) -> dict[str, dict[str, Any]]:
    """What is known of both sides at this moment: kept, because later it will be something else."""
    sides = {"profile": profile, "account": account}
    people = {side.person_id for side in sides.values()}
    links = Link.objects.filter(person__in=people, until=None).select_related("profile__channel").order_by("profile")
    theirs = list(links)
    return {
        name: _side(side, [one for one in theirs if one.person_id == side.person_id]) for name, side in sides.items()
    }


def _side(profile: Profile, links: list[Link]) -> dict[str, Any]:
    own = next(link for link in links if link.profile_id == profile.pk)
    others = [link.profile for link in links if link is not own]
    return {
        **_address(own.profile),
        "method": own.method,
        "since": own.since.isoformat(),
        "name": profile.name,
        "person": profile.person_id,
        "external_ids": [one.profile.address for one in links if one.profile.kind == ProfileKind.EXTERNAL],
        "last_seen": profile.last_seen_at.isoformat() if profile.last_seen_at else None,
        "also": [_address(one) for one in others[:MOST_ALSO]],
        "more": max(0, len(others) - MOST_ALSO),
    }


def _address(profile: Profile) -> dict[str, Any]:
    return {
        "user_id": profile.pk,
        "kind": profile.kind,
        "address": profile.address,
        "channel": profile.channel.title if profile.channel else "",
        "level": profile.level,
    }


def seen_by(agent: Agent) -> Conflicts:
    """The conflicts of which this agent may see both sides."""
    return Conflict.objects.between_seen(reading.seen_by(agent))


def offered(conflict: Conflict) -> list[Verdict]:
    """What still makes sense, as the people are now. The sides come with their persons."""
    if conflict.state != State.OPEN:
        return [Verdict.REOPEN]
    if conflict.profile.person_id == conflict.account.person_id:
        return [Verdict.LINK]
    return [Verdict.LINK, Verdict.MOVE, Verdict.REJECT]


def moving(conflict: Conflict) -> tuple[Profile, Profile]:
    """(the profile that goes over alone, the side it goes to).

    An address goes to the one who writes; who showed another account's code, or was named with one, goes to that.
    """
    address = conflict.account.kind in {ProfileKind.EMAIL, ProfileKind.PHONE} and conflict.kind != Kind.CODE
    return (conflict.account, conflict.profile) if address else (conflict.profile, conflict.account)


@occasion
def decide(conflict: Conflict, verdict: str, *, reason: str, by: Agent) -> Conflict:
    """An agent's verdict, with its reason (≤ 300 characters; none is needed for `reopen`).

    Raises MayNotJudge (also where `reopen` would give a profile back to somebody whom the agent does not see),
    Conflict.DoesNotExist where the agent does not see both sides, NoReason, ConflictDecided where
    it was decided already, NotOffered where this makes no sense any more, NotUndoable.
    """
    if not by.judges:
        raise MayNotJudge
    decided = Operation.objects.filter(pk__in=Conflict.objects.filter(pk=conflict.pk).values("operation")).first()
    held = undoing.hold(decided, conflict.profile_id, conflict.account_id)
    rows = seen_by(by).select_related("operation").select_for_update(of=("self",), no_key=True)
    conflict = rows.get(pk=conflict.pk)
    if conflict.operation != decided:
        raise Again
    conflict.profile, conflict.account = held[conflict.profile_id], held[conflict.account_id]
    _check(conflict, verdict)
    if verdict == Verdict.REOPEN:
        _reopen(conflict, by)
    else:
        _close(conflict, Verdict(verdict), _reason(reason), by)
    return conflict


def _check(conflict: Conflict, verdict: str) -> None:
    if conflict.state != State.OPEN and verdict != Verdict.REOPEN:
        raise ConflictDecided
    if verdict not in offered(conflict):
        raise NotOffered


def _reason(reason: str) -> str:
    text = one_line(reason)
    if not text:
        raise NoReason(fields={"reason": [_("Say why, in a few words: whoever reads it later has only this.")]})
    if len(text) > LONGEST_REASON:
        too_long = _("At most %(number)d characters, please.") % {"number": LONGEST_REASON}
        raise NoReason(too_long, fields={"reason": [too_long]})
    return text


def _close(conflict: Conflict, verdict: Verdict, reason: str, by: Agent) -> None:
    state, act = VERBS[verdict]
    conflict.operation = act(conflict, reason, by)
    conflict.state, conflict.reason, conflict.decided_at = state, reason, timezone.now()
    conflict.actor_kind, conflict.actor_id = by.actor
    conflict.save(update_fields=["operation", "state", "reason", "decided_at", "actor_kind", "actor_id"])
    words = str(verdict.label)
    _tell(
        "conflict.decided", conflict.profile, conflict.case_id, by, conflict=conflict.pk, verdict=words, reason=reason
    )


def _reopen(conflict: Conflict, by: Agent) -> None:
    """Takes the verdict back; one that changed nothing, because they were one person already, is only open again."""
    operation = conflict.operation
    if operation and operation.undone_by_id is None:
        undoing.check_seen(operation, by)
        identity.undo(operation, by=by)
    else:
        judged.reopen(Conflict.objects.filter(pk=conflict.pk), by=by)
    conflict.refresh_from_db()


def _link(conflict: Conflict, reason: str, by: Agent) -> Operation | None:
    """The writer's person becomes the account's; each profile is as sure as before."""
    one, other = conflict.profile.person, conflict.account.person
    return None if one == other else identity.merge(one, other, by=by, reason=reason)


def _move(conflict: Conflict, reason: str, by: Agent) -> Operation | None:
    """One profile goes over alone. Who keeps the rest is somebody else: no machine joins the two again."""
    one, to = moving(conflict)
    left = one.person_id
    evidence = {"reason": reason, "conflict": conflict.pk}
    link = identity.link(one, to.person, method=Method.AGENT, level=one.level, evidence=evidence, by=by, reason=reason)
    rest = Profile.objects.filter(person=left).order_by("pk").first()
    if rest:
        judged.keep(one, rest, by=by, reason=reason, operation=link.operation)
    return link.operation


def _reject(conflict: Conflict, reason: str, by: Agent) -> Operation:
    return identity.keep_apart(conflict.profile, conflict.account, by=by, reason=reason)


VERBS: dict[Verdict, tuple[str, Callable[[Conflict, str, Agent], Operation | None]]] = {
    Verdict.LINK: (State.LINKED, _link),
    Verdict.MOVE: (State.MOVED, _move),
    Verdict.REJECT: (State.REJECTED, _reject),
}
