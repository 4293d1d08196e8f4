"""What a customer sent that looks like a code: right or wrong, and who it makes them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.crypto import digests
from helpdesk.lib.errors import Refusal
from helpdesk.users.errors import AlreadySomeoneElse
from helpdesk.users.models import Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import Method
from helpdesk.users.services import identity, profiles, values
from identification.codes import Candidate, find
from identification.models import Code
from identification.services import brakes
from identification.services.making import PURPOSE

SOURCES = {"api": Source.CODE, "token": Source.TOKEN, "page": Source.PAGE, "hash": Source.PAGE}
# Of one message; who sends more is guessing.
MOST_TRIED = 3


@dataclass(frozen=True)
class Outcome:
    """valid, or not. reason: for the log only, a customer reads the same of every failure.

    One of: unknown, check, used, expired, voided, locked, paused, someone_else; "" when valid.
    """

    valid: bool
    reason: str = ""
    code: Code | None = None

    @property
    def word(self) -> str:
        return "valid" if self.valid else "invalid"


@occasion
def redeem(candidates: Iterable[Candidate], profile: Profile, *, by: Actor | None) -> Outcome:
    """Tries what has the shape of a code, for the one who writes from `profile`; the first right one counts.

    It links the profile with the account's person, keeps the user data that came with it, and is used up.
    Every wrong one counts for the brakes.
    """
    tried = list({candidate.symbols: candidate for candidate in candidates}.values())[:MOST_TRIED]
    braked = _braked(profile)
    outcome = Outcome(valid=False, reason="unknown")
    for candidate in tried:
        outcome = _try(candidate, profile, braked, by)
        if outcome.valid:
            break
        if not braked:
            _count(profile)
    return outcome


def foresee(text: str, profile: Profile) -> set[int]:
    """The profiles that redeeming a code in this text would lock: all those of both people. Reads only."""
    symbols = list(dict.fromkeys(candidate.symbols for candidate in find(text)))[:MOST_TRIED]
    if not symbols:
        return set()
    hashes = [each for one in symbols for each in digests(PURPOSE, one)]
    people = list(Code.objects.filter(hash__in=hashes).values_list("profile__person_id", flat=True))
    if not people:
        return set()
    return set(Profile.objects.filter(person_id__in=[*people, profile.person_id]).values_list("pk", flat=True))


def _braked(profile: Profile) -> str:
    mine = f"profile:{profile.pk}"
    locked = brakes.locked(mine, "desk")
    return "locked" if mine in locked else "paused" if locked else ""


def _count(profile: Profile) -> None:
    brakes.count(f"profile:{profile.pk}", brakes.CONVERSATION)
    until = brakes.count("desk", brakes.DESK)
    if until:
        record("code.braked", by=None, red=True, until=until.isoformat(timespec="seconds"))


def _try(candidate: Candidate, profile: Profile, braked: str, by: Actor | None) -> Outcome:
    """Looks the code up in any case, so that all failures take the same time."""
    now = timezone.now()
    code = Code.objects.filter(hash__in=digests(PURPOSE, candidate.symbols)).select_related("profile").first()
    reason = braked or _fault(candidate, code, now)
    if reason or code is None:
        return Outcome(valid=False, reason=reason, code=code)
    if not _use_up(code, profile, now):
        return Outcome(valid=False, reason="used", code=code)
    return _link(code, profile, by)


def _fault(candidate: Candidate, code: Code | None, now: datetime) -> str:
    if code is None:
        return "unknown" if candidate.adds_up else "check"
    if code.used_at:
        return "used"
    if code.voided_at:
        return "voided"
    return "expired" if code.expires_at <= now else ""


def _use_up(code: Code, profile: Profile, now: datetime) -> bool:
    """Once only, however many try at the same moment: the row count of a plain conditional UPDATE decides."""
    alive = Code.objects.filter(pk=code.pk, used_at=None, voided_at=None, expires_at__gt=now)
    return alive.update(used_at=now, used_by=profile, payload="") == 1


def _link(code: Code, profile: Profile, by: Actor | None) -> Outcome:
    evidence = {"code": code.pk, "made_by": code.method, "widget": code.widget_id}
    try:
        identity.prove(profile, code.profile, method=Method.CODE, level=code.level, evidence=evidence, by=by)
    except AlreadySomeoneElse:
        # Used up all the same: it was shown to somebody whom it does not belong to.
        record(
            "code.conflict",
            by=by,
            profile=profile,
            red=True,
            why=code.profile.address,
            account=code.profile_id,
        )
        return Outcome(valid=False, reason="someone_else", code=code)
    _keep(code, by)
    return Outcome(valid=True, code=code)


def _keep(code: Code, by: Actor | None) -> None:
    """Stores the user data that came with the code; what no longer fits a field is left out."""
    said: dict[str, Any] = json.loads(code.payload) if code.payload else {}
    (account,) = profiles.hold(code.profile_id)
    while said:
        try:
            values.say(account, SOURCES[code.method], said, by=by)
            return
        except Refusal as refusal:
            # A field that was deleted or given other choices since the code was made.
            unfit = set(refusal.fields) & set(said)
            said = {name: value for name, value in said.items() if unfit and name not in unfit}
