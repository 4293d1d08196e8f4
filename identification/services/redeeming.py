"""What a customer sent that looks like a code: right or wrong, and who it makes them.

Where the widget asks for confirmation a right code only proposes: the page that made it decides (`proposing`).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from helpdesk.cases.models import Message
from helpdesk.events.occasion import occasion
from helpdesk.events.services import Actor, record
from helpdesk.lib.crypto import digests
from helpdesk.lib.errors import Refusal
from helpdesk.users.errors import AlreadySomeoneElse
from helpdesk.users.models import Conflict, Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import Method
from helpdesk.users.services import conflicts, identity, profiles, values
from identification.codes import Candidate, find
from identification.models import Code
from identification.services import brakes, proposing
from identification.services.making import PURPOSE

SOURCES = {"api": Source.CODE, "token": Source.TOKEN, "page": Source.PAGE, "hash": Source.PAGE}
# Of one message; who sends more is guessing.
MOST_TRIED = 3


@dataclass(frozen=True)
class Outcome:
    """valid, proposed (the page that made it decides), or neither. reason: for the log only, a customer reads the
    same of every failure.

    One of: unknown, check, used, expired, voided, locked, paused, someone_else; "" when valid or proposed.
    """

    valid: bool
    reason: str = ""
    code: Code | None = None
    proposed: bool = False

    @property
    def right(self) -> bool:
        """It was a code that could be used, and is used up now."""
        return self.valid or self.proposed

    @property
    def word(self) -> str:
        return "proposed" if self.proposed else "valid" if self.valid else "invalid"


@occasion
def redeem(
    candidates: Iterable[Candidate], profile: Profile, *, by: Actor | None, message: Message | None = None
) -> Outcome:
    """Tries what has the shape of a code, for the one who writes from `profile`; the first right one counts.

    It links the profile with the account's person, keeps the user data that came with it, and is used up.
    Every wrong one counts for the brakes. message: where it stands, for a proposal.
    """
    tried = list({candidate.symbols: candidate for candidate in candidates}.values())[:MOST_TRIED]
    braked, before = _braked(profile), hard(profile)
    outcome = Outcome(valid=False, reason="unknown")
    for candidate in tried:
        outcome = _try(candidate, profile, braked, by, message)
        if outcome.right:
            break
        if not braked:
            count(profile)
    if outcome.valid:
        brakes.forget(before, hard(profile))
    return outcome


def foresee(text: str, profile: Profile) -> set[int]:
    """The profiles that redeeming a code in this text would lock: all those of both people. Reads only."""
    symbols = list(dict.fromkeys(candidate.symbols for candidate in find(text)))[:MOST_TRIED]
    if not symbols:
        return set()
    hashes = [each for one in symbols for each in digests(PURPOSE, one)]
    # Only what can still be used: all failures lock, and take, the same.
    alive = Code.objects.filter(used_at=None, voided_at=None, expires_at__gt=timezone.now())
    people = list(alive.filter(hash__in=hashes).values_list("profile__person_id", flat=True))
    if not people:
        return set()
    return set(Profile.objects.filter(person_id__in=[*people, profile.person_id]).values_list("pk", flat=True))


def hard(profile: Profile) -> str:
    """The key of what only an agent lifts."""
    return f"person:{profile.person_id}"


def _braked(profile: Profile) -> str:
    mine = f"profile:{profile.pk}", hard(profile)
    locked = brakes.locked(*mine, "desk")
    if locked.keys() & set(mine) or profile.person.codes_locked_at:
        return "locked"
    return "paused" if locked else ""


def set_locked(profile: Profile, at: datetime | None) -> None:
    """Where pages see it without a question of their own."""
    profile.person.codes_locked_at = at
    profile.person.save(update_fields=["codes_locked_at"])


def count(profile: Profile) -> None:
    """One failure of this profile, its person and the desk; a lock of the latter two is an alarm."""
    brakes.count(f"profile:{profile.pk}", brakes.CONVERSATION)
    if brakes.count(hard(profile), brakes.PERSON):
        set_locked(profile, timezone.now())
        record("person.codes_locked", by=None, profile=profile, person=profile.person, red=True)
    until = brakes.count("desk", brakes.DESK)
    if until:
        record("code.braked", by=None, red=True, until=until.isoformat(timespec="seconds"))


def _try(candidate: Candidate, profile: Profile, braked: str, by: Actor | None, message: Message | None) -> Outcome:
    """Looks the code up in any case, so that all failures take the same time."""
    now = timezone.now()
    code = stored(candidate)
    reason = braked or _fault(candidate, code, now)
    if reason or code is None:
        return Outcome(valid=False, reason=reason, code=code)
    asks = code.widget is not None and code.widget.confirm_codes
    if not use_up(code, profile, now, keep=asks):
        return Outcome(valid=False, reason="used", code=code)
    if asks:
        proposing.propose(code, profile, message)
        return Outcome(valid=False, code=code, proposed=True)
    return link(code, profile, by=by)


def _fault(candidate: Candidate, code: Code | None, now: datetime) -> str:
    if code is None:
        return "unknown" if candidate.adds_up else "check"
    if code.used_at:
        return "used"
    if code.voided_at:
        return "voided"
    return "expired" if code.expires_at <= now else ""


def stored(candidate: Candidate) -> Code | None:
    """The code behind these symbols, whatever became of it."""
    codes = Code.objects.filter(hash__in=digests(PURPOSE, candidate.symbols)).select_related("profile", "widget")
    return codes.first()


def use_up(code: Code, profile: Profile, now: datetime, *, keep: bool = False) -> bool:
    """Once only, however many try at the same moment: the row count of a plain conditional UPDATE decides.

    keep: the user data that came with it stays until the page has decided.
    """
    alive = Code.objects.filter(pk=code.pk, used_at=None, voided_at=None, expires_at__gt=now)
    return alive.update(used_at=now, used_by=profile, **({} if keep else {"payload": ""})) == 1


def link(code: Code, profile: Profile, *, by: Actor | None, **more: Any) -> Outcome:
    """Links the one who sent a right code with the account's person, and keeps the user data that came with it.

    more: what else stands in the link's evidence.
    """
    evidence = {"code": code.pk, "made_by": code.method, "widget": code.widget_id, "account": code.profile_id}
    evidence |= more
    try:
        identity.prove(profile, code.profile, method=Method.CODE, level=code.level, evidence=evidence, by=by)
    except AlreadySomeoneElse:
        # Used up all the same: it was shown to somebody whom it does not belong to.
        # Not whose it is: not everybody who reads the conversation may see that person.
        record("code.conflict", by=by, profile=profile, red=True, account=code.profile_id)
        conflicts.found(Conflict.Kind.CODE, profile, code.profile, by=by)
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
