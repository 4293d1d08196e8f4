"""What an agent should know before deciding: the warnings of a plan, each with a code for programs."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.channels.models import Level
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.users.services.outlook import Outlook


def of(plan: Outlook) -> list[dict[str, str]]:
    """[{"code", "text"}], the gravest first."""
    checks = (_kept_apart, _conflicts, _external, _blocked, _unblocked, _proven, _readers)
    return [{"code": code, "text": text} for check in checks for code, text in check(plan)]


def _joined(plan: Outlook, one: int, other: int) -> bool:
    """Whether these two profiles are of two people now and of one then."""
    people = (plan.scene.profiles[one].person_id, plan.scene.profiles[other].person_id)
    return people[0] != people[1] and plan.whose[one] == plan.whose[other]


def _kept_apart(plan: Outlook) -> Iterator[tuple[str, str]]:
    for edge in plan.scene.apart:
        if _joined(plan, edge.one_id, edge.other_id):
            yield (
                "kept_apart",
                _("An agent decided that these are not the same person (“%(why)s”). That is taken back.")
                % {"why": edge.reason},
            )


def _conflicts(plan: Outlook) -> Iterator[tuple[str, str]]:
    number = sum(_joined(plan, one.profile_id, one.account_id) for one in plan.scene.conflicts)
    if number:
        yield (
            "open_conflict",
            ngettext(
                "There is an open conflict between them; look at it first.",
                "There are %(number)d open conflicts between them; look at them first.",
                number,
            )
            % {"number": number},
        )


def _external(plan: Outlook) -> Iterator[tuple[str, str]]:
    for _person, ids in plan.after():
        accounts = [
            one for one in map(plan.scene.profiles.get, sorted(ids)) if one and one.kind == ProfileKind.EXTERNAL
        ]
        if len({one.person_id for one in accounts}) > 1:
            names = ", ".join(one.address for one in accounts)
            yield (
                "two_external_ids",
                _("They have accounts of their own (%(names)s): to your company's software they are different people.")
                % {"names": names},
            )


def _blocked(plan: Outlook) -> Iterator[tuple[str, str]]:
    free = [one for one in plan.scene.profiles.values() if not plan.scene.people[one.person_id].blocked]
    if any(plan.blocked(plan.whose[one.pk]) for one in free):
        yield "blocked_spreads", _("One of them is blocked. Afterwards the block holds for all of these profiles.")


def _unblocked(plan: Outlook) -> Iterator[tuple[str, str]]:
    for one in plan.moving:
        if plan.scene.people[one.person_id].blocked and not plan.blocked(plan.whose[one.pk]):
            yield "unblocks", _("%(address)s is blocked now and will not be.") % {"address": one.address}


def _proven(plan: Outlook) -> Iterator[tuple[str, str]]:
    """A merge keeps together what was proven to be one; a split or a link takes it apart."""
    if plan.kind == "merge":
        return
    links = plan.scene.links
    proven = [one for one in plan.moving if one.level >= Level.PROVEN and links[one.pk].method != Method.FIRST]
    if proven:
        yield (
            "proven_moves",
            ngettext(
                "%(number)d of these profiles was proven to be this person.",
                "%(number)d of these profiles were proven to be this person.",
                len(proven),
            )
            % {"number": len(proven)},
        )


def _readers(plan: Outlook) -> Iterator[tuple[str, str]]:
    number = plan.history["agents_gain_count"]
    if number:
        yield (
            "history_seen",
            ngettext(
                "%(number)d agent will see user data and profiles that they do not see now.",
                "%(number)d agents will see user data and profiles that they do not see now.",
                number,
            )
            % {"number": number},
        )
    if plan.history["users_gain_count"]:
        yield "history_read", _("In the chat widget the customer will read the conversations of the other side.")
