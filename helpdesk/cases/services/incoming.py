"""A customer writes: the message is kept, in the right case, whatever happens afterwards."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from helpdesk.cases import files
from helpdesk.cases.errors import Blocked, CaseClosed, EmptyMessage, NotTheirs
from helpdesk.cases.models import Author, Case, Message, Status
from helpdesk.cases.services import holding
from helpdesk.cases.services.merging import survivor
from helpdesk.cases.services.opening import Facts, open_case
from helpdesk.cases.services.snoozing import wake
from helpdesk.cases.services.writing import Body, body, wrote
from helpdesk.channels.models import Channel
from helpdesk.events.models import Event
from helpdesk.events.occasion import current, edge, occasion
from helpdesk.events.services import record
from helpdesk.users.models import Profile
from helpdesk.users.services import blocking, conflicts, profiles
from helpdesk.users.services.told import NotLinked

A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Draft:
    """What came in. text or html (cleaned here), files already stored.

    case_id: the case that the sender names; new_case: never an existing one, where the channel works like mail;
    apart: in a chat neither.
    or_new: the case named is a wish: a chat goes on in its last case all the same, and a closed one gives a new one.
    conflicts: addresses told along with it that are somebody else's.
    """

    text: str = ""
    html: str = ""
    external_id: str | None = None
    case_id: int | None = None
    new_case: bool = False
    apart: bool = False
    or_new: bool = False
    stored: tuple[files.Stored, ...] = ()
    facts: Facts = field(default_factory=Facts)
    conflicts: tuple[NotLinked, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """created: False where the same external_id had come before. opened: a new case was made for it."""

    case: Case
    message: Message
    created: bool = True
    opened: bool = False


def receive(profile: Profile, channel: Channel, draft: Draft) -> Receipt:
    """Keeps a message of the customer behind a profile.

    Finds the case by the lifecycle: a chat goes on in its last case until that is closed; a channel like mail goes
    on in the case named or the last one that is not closed. The same external_id again gives the first receipt.
    Raises EmptyMessage, BadText, CaseClosed, NotTheirs, Blocked.
    """
    # Cleaning stands before the transaction: nothing slow between BEGIN and COMMIT.
    clean = body(draft.text, draft.html)
    if not clean.text and not draft.stored:
        raise EmptyMessage
    try:
        return _receive(profile, channel, draft, clean, set())
    except holding.Elsewhere as error:
        # The case was merged into one of another profile: begin again with that one locked, too.
        return _receive(profile, channel, draft, clean, {error.profile_id})


@occasion
def _receive(profile: Profile, channel: Channel, draft: Draft, clean: Body, also: set[int]) -> Receipt:
    ahead = _foresee(clean.all_text, profile) | also
    if ahead:
        # Handling this text may link people: all of their profiles are locked now, in order.
        profile = profiles.hold_people(profile.pk, *ahead)[profile.pk]
    else:
        (profile,) = profiles.hold(profile.pk)
    before = received(profile, draft.external_id)
    if before:
        return before
    if profile.person.blocked:
        raise Blocked
    if profile.person.deleted_at:
        blocking.restore(profile.person, by=profile)
    case = _case(profile, channel, draft)
    opened = case is None
    if case is None:
        case = open_case(profile, channel, by=profile, facts=draft.facts)
    message = _add(case, profile, channel, draft, clean)
    _tell_conflicts(case, profile, draft.conflicts)
    return Receipt(case, message, opened=opened)


def _foresee(text: str, profile: Profile) -> set[int]:
    """Further profiles that the reactors will want to lock for this text: locks are taken before any case."""
    return set().union(*(import_string(path)(text, profile) for path in settings.FORESEERS))


def received(profile: Profile, external_id: str | None) -> Receipt | None:
    """What this profile already wrote under this id; None where it is new."""
    if external_id is None:
        return None
    messages = Message.objects.select_related("case__channel")
    before = messages.filter(profile=profile, external_id=external_id).first()
    return Receipt(before.case, before, created=False) if before else None


def _case(profile: Profile, channel: Channel, draft: Draft) -> Case | None:
    """The case that this message belongs to; None: a new one."""
    if draft.case_id is not None:
        named = _named(profile, draft.case_id)
        if not (draft.or_new and channel.sync):
            return _still_open(named, draft)
    if draft.apart or (draft.new_case and not channel.sync):
        return None
    last = _last(profile, channel)
    if last is None:
        return None
    case = holding.held(survivor(last))
    return None if case.status == Status.CLOSED else case


def _last(profile: Profile, channel: Channel) -> Case | None:
    """A chat goes on in its very last case only; mail in the last one that is not closed."""
    cases = Case.objects.filter(profile=profile, channel=channel).order_by("-pk")
    if not channel.sync:
        cases = cases.exclude(status=Status.CLOSED, merged_into=None).exclude(merged_into__status=Status.CLOSED)
    return cases.first()


def _named(profile: Profile, case_id: int) -> Case:
    named = Case.objects.select_related("profile").filter(pk=case_id).first()
    if named is None or named.profile.person_id != profile.person_id:
        raise NotTheirs
    return named


def _still_open(named: Case, draft: Draft) -> Case | None:
    case = holding.held(survivor(named))
    if case.status != Status.CLOSED:
        return case
    if not draft.or_new:
        raise CaseClosed
    return None


def _tell_conflicts(case: Case, profile: Profile, told: Iterable[NotLinked]) -> None:
    """A line in the case for each address that is somebody else's, where an agent judges the conflict.

    Once, however often it is told; once a day in all cases where an agent has judged that these are two people.
    """
    for one in told:
        kind = "address.taken" if one.other else "address.proven_otherwise"
        before = Event.objects.filter(kind=kind, data__address=one.address)
        if one.decided:
            before = before.filter(profile_id=profile.pk, created_at__gt=timezone.now() - A_DAY)
        else:
            before = before.filter(case_id=case.pk)
        if not before.exists():
            facts = {"address": one.address, "other": one.other, "account": one.account}
            record(kind, by=profile, case=case, profile=profile, red=True, **facts)
        if one.conflict:
            conflicts.arose_in(one.conflict, case.pk)


def _add(case: Case, profile: Profile, channel: Channel, draft: Draft, clean: Body) -> Message:
    message = Message.objects.create(
        case=case,
        channel=channel,
        author=Author.PROFILE,
        profile=profile,
        text=clean.text,
        html=clean.html,
        external_id=draft.external_id,
        level=profile.level,
        from_api=edge() == "api",
    )
    # At hand for the reactors: each that need not read it again saves a query of every message.
    current().hold(message)
    files.attach(message, draft.stored)
    # The first message of a case, or of a chat after it had ended: a session of the customer's begins with it.
    begins = {"begins": True} if not case.messages_count or (channel.sync and not case.active_chat) else {}
    reactivated = _touch(case, message, channel)
    about = {"case": case, "message": message, "profile": profile}
    record("message.added", by=profile, **about, author="profile", note=False, **begins)
    if case.snoozed_until is not None:
        wake(case, by=profile, why="message")
    if reactivated and case.status != Status.OPEN and not channel.sync:
        reopen(case, profile)
    return message


def reopen(case: Case, profile: Profile) -> None:
    """An answer by mail opens a pending case again."""
    old, case.status, case.status_at = case.status, Status.OPEN, timezone.now()
    case.save(update_fields=["status", "status_at"])
    record("case.status_changed", by=profile, case=case, profile=profile, old=old, new=case.status)


def _touch(case: Case, message: Message, channel: Channel) -> bool:
    """Brings the case's facts for lists up to date; in a chat, the chat is under way again."""
    return wrote(case, message, chat=channel.sync, by="profile")
