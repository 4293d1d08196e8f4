"""The conflict card: what two sides claim, what is known of each, and what a verdict would do, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.cases.models import Case
from helpdesk.cases.services import reading
from helpdesk.channels.models import Level
from helpdesk.inbox.people import ICONS
from helpdesk.users.models import Agent, Conflict, Profile
from helpdesk.users.models.conflicts import Conflicts
from helpdesk.users.models.people import Method, ProfileKind
from helpdesk.users.services import conflicts
from helpdesk.users.services.conflicts import Kind, State, Verdict
from helpdesk.users.services.evidence import told_to

Panel = tuple[str, dict[str, Any]] | None
# Beside a case: more stand in the list of conflicts.
MOST_OPEN, MOST_DECIDED = 3, 5
MOST_JUDGES = 3
ROWS = 25

WHAT: dict[str, Any] = {
    Kind.TAKEN: gettext_lazy("Your server gave {value} for {one}, but it belongs to another account of this channel."),
    Kind.PROVEN: gettext_lazy("{value} was given for {one}, but somebody else is proven to be behind it."),
    Kind.CODE: gettext_lazy("{one} sent the identification code of {other}."),
    Kind.ACCOUNTS: gettext_lazy("Your server says that {one} and {other} are one person, but each has its own id."),
    Kind.CLAIMED: gettext_lazy("{value} was said of {one} without proof. It belongs to a person who is proven."),
}
DOES: dict[Verdict, Any] = {
    Verdict.LINK: gettext_lazy(
        "{one} and {other} become one person, with all their profiles and conversations. How sure we are of each stays "
        "as it is."
    ),
    Verdict.MOVE: gettext_lazy("Only {moving} goes over to {to}. Everything else stays where it is."),
    Verdict.REJECT: gettext_lazy(
        "Nothing is linked, and no code, token or call ever links the two by itself. An agent still can."
    ),
}
TITLES: dict[Verdict, Any] = {
    Verdict.LINK: gettext_lazy("The same person"),
    Verdict.MOVE: gettext_lazy("Only move {moving}"),
    Verdict.REJECT: gettext_lazy("Not the same person"),
}
DECIDED: dict[str, Any] = {
    State.LINKED: gettext_lazy("The same person"),
    State.MOVED: gettext_lazy("{moving} was moved"),
    State.REJECTED: gettext_lazy("Not the same person"),
}


@dataclass(frozen=True)
class Side:
    """One side as it was when the conflict was found. sure: how we knew, in words; case: where to read on."""

    title: str
    name: str
    icon: str
    address: str
    place: str
    level: int
    sure: str
    since: datetime
    external_ids: list[str]
    last_seen: datetime | None
    also: list[str]
    more: int
    case: Case | None = None


@dataclass(frozen=True)
class Choice:
    verdict: str
    title: str
    does: str


@dataclass(frozen=True)
class Card:
    """seen: the agent may see both sides, and all of whom the evidence tells.

    now: what has changed since, in words. decided: who and what, if so.
    """

    conflict: Conflict
    seen: bool
    what: str = ""
    sides: tuple[Side, ...] = ()
    now: str = ""
    choices: tuple[Choice, ...] = ()
    decided: str = ""
    who: str = ""

    @property
    def open(self) -> bool:
        return self.conflict.state == State.OPEN


def panel(case: Case, agent: Agent) -> Panel:
    """What has to be decided about the people of this case, and what was."""
    if not getattr(case, "has_conflicts", True):
        return None
    sides = [link.profile_id for link in case.profile.person.links.all() if link.until is None]
    seen = conflicts.seen_by(agent).filter(pk=OuterRef("pk"))
    rows = Conflict.objects.of_profiles(sides).annotate(seen=Exists(seen)).order_by("-pk")
    found = _marked(_whole(rows)[: 2 * (MOST_OPEN + MOST_DECIDED)], agent)
    waiting = [one for one in found if one.state == State.OPEN]
    done = [one for one in found if one.state != State.OPEN and one.seen]  # type: ignore[attr-defined]
    if not waiting and not done:
        return None
    cards = cards_of([*waiting[:MOST_OPEN], *done[:MOST_DECIDED]], agent, here=case)
    return "inbox/conflict_panel.html", {
        "cards": [card for card in cards if card.open],
        "decided": [card for card in cards if not card.open],
        "more": max(0, len(waiting) - MOST_OPEN),
        "judges": judges() if waiting and not agent.judges else [],
    }


def listed(agent: Agent, *, is_open: bool, before: int | None = None) -> list[Conflict]:
    """A page of the conflicts that the agent sees, newest first, and one more where there is a next page."""
    state = Q(state=State.OPEN)
    rows = conflicts.seen_by(agent).filter(state if is_open else ~state).order_by("-pk")
    if before:
        rows = rows.filter(pk__lt=before)
    return _marked(_whole(rows)[: ROWS + 1], agent)


def find(agent: Agent, pk: int) -> Conflict:
    """Raises Conflict.DoesNotExist also where the agent does not see both sides."""
    (found,) = _marked([_whole(conflicts.seen_by(agent)).get(pk=pk)], agent)
    return found


def _marked(rows: Iterable[Conflict], agent: Agent) -> list[Conflict]:
    """Each with `seen`: whether the agent sees both sides (unless the row says so, yes) and all in its evidence."""
    rows = list(rows)
    told = told_to(agent, rows)
    for row in rows:
        row.seen = getattr(row, "seen", True) and row.pk in told  # type: ignore[attr-defined]
    return rows


def _whole(rows: Conflicts) -> Conflicts:
    return rows.select_related("profile__person", "profile__channel", "account__person", "account__channel")


def judges() -> list[str]:
    """Whom to ask: who may decide, administrators last."""
    may = Agent.objects.filter(Q(is_admin=True) | Q(may_merge=True), is_active=True)
    return [str(one) for one in may.order_by("is_admin", "name")[:MOST_JUDGES]]


def cards_of(rows: Iterable[Conflict], agent: Agent, *, here: Case | None = None) -> list[Card]:
    """Each as a card; `seen` on the row says whether the agent may read it."""
    rows = list(rows)
    people = Agent.objects.in_bulk({one.actor_id for one in rows if one.actor_kind == "agent" and one.actor_id})
    return [_card(one, agent, people, here) for one in rows]


def _card(conflict: Conflict, agent: Agent, people: dict[int, Agent], here: Case | None) -> Card:
    if not conflict.seen:  # type: ignore[attr-defined]
        return Card(conflict, seen=False)
    words = _words(conflict)
    is_open = conflict.state == State.OPEN
    return Card(
        conflict,
        seen=True,
        what=str(WHAT[conflict.kind]).format(**words),
        sides=_sides(conflict, agent if is_open else None, here),
        now=_now(conflict) if is_open else "",
        choices=tuple(_choices(conflict, words)) if is_open and agent.judges else (),
        decided="" if is_open else str(DECIDED[conflict.state]).format(**words),
        who=str(people.get(conflict.actor_id or 0) or _("A former agent")),
    )


def called(conflict: Conflict, side: str) -> str:
    """The name of a side, or its address, as it was found, as far as the agent may read it."""
    if not conflict.seen:  # type: ignore[attr-defined]
        return _("Somebody")
    told = conflict.evidence[side]
    return str(told["name"] or told["address"])


def _words(conflict: Conflict) -> dict[str, str]:
    moving, _to = conflicts.moving(conflict)
    other = "profile" if moving == conflict.account else "account"
    return {
        "one": called(conflict, "profile"),
        "other": called(conflict, "account"),
        "value": conflict.value,
        "moving": moving.address,
        "to": called(conflict, other),
    }


def _choices(conflict: Conflict, words: dict[str, str]) -> Iterable[Choice]:
    for verdict in conflicts.offered(conflict):
        together = conflict.profile.person_id == conflict.account.person_id
        does = _("Nothing changes; this conflict is closed.") if together else str(DOES[verdict]).format(**words)
        yield Choice(verdict, str(TITLES[verdict]).format(**words), does)


def _now(conflict: Conflict) -> str:
    """What has become of the two since the evidence was taken."""
    one, other = conflict.profile.person_id, conflict.account.person_id
    if one == other:
        return _(
            "By now the two are one person. If that is wrong, split them beside the case first, and then decide here."
        )
    if (one, other) != (conflict.evidence["profile"]["person"], conflict.evidence["account"]["person"]):
        return _("Since then one of them was linked or split. A verdict is about the people as they are now.")
    return ""


def _sides(conflict: Conflict, reader: Agent | None, here: Case | None) -> tuple[Side, ...]:
    titles = {"profile": _("Who came"), "account": _("Who has it")}
    return tuple(
        _side(titles[name], conflict.evidence[name], _last_case(profile, reader, here))
        for name, profile in (("profile", conflict.profile), ("account", conflict.account))
    )


def _side(title: str, told: dict[str, Any], case: Case | None) -> Side:
    return Side(
        title=title,
        name=told["name"],
        icon=ICONS.get(told["kind"], "message-circle"),
        address=told["address"],
        place=_place(told),
        level=told["level"],
        sure=f"{capfirst(Level(told['level']).label)}: {Method(told['method']).label}",
        since=datetime.fromisoformat(told["since"]),
        external_ids=told["external_ids"],
        last_seen=datetime.fromisoformat(told["last_seen"]) if told["last_seen"] else None,
        also=[f"{one['address']} ({_place(one)})" for one in told["also"]],
        more=told["more"],
        case=case,
    )


def _place(told: dict[str, Any]) -> str:
    return told["channel"] or str(capfirst(ProfileKind(told["kind"]).label))


def _last_case(profile: Profile, reader: Agent | None, here: Case | None) -> Case | None:
    """The person's newest case that the agent may read, if it is not the one beside."""
    if reader is None or (here and here.profile.person_id == profile.person_id):
        return None
    return reading.cases_of(profile.person, reader).first()
