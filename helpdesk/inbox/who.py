"""Who is who, for pages: the verbs beside a case, a plan with its two sides, what was decided so far."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from helpdesk.cases.models import Case
from helpdesk.inbox.people import name_of
from helpdesk.users.models import Agent, Operation, Person, Plan, Profile
from helpdesk.users.services import undoing

Panel = tuple[str, dict[str, Any]] | None
# Profiles of one side that a page names.
MOST_PROFILES = 12
MOST_NAMED = 3
TITLES = {
    "merge": gettext_lazy("Merge these people?"),
    "split": gettext_lazy("Split this person?"),
    "link": gettext_lazy("Link this profile?"),
}
VERBS = {"merge": gettext_lazy("Merge"), "split": gettext_lazy("Split"), "link": gettext_lazy("Link")}
DONE = {
    "merge": gettext_lazy("They are one person now."),
    "split": gettext_lazy("They are two people now."),
    "link": gettext_lazy("The profile is linked."),
}
WAS_DONE = {
    "merge": gettext_lazy("Merged"),
    "split": gettext_lazy("Split off"),
    "link": gettext_lazy("Linked"),
    "unlink": gettext_lazy("Unlinked"),
    "apart": gettext_lazy("Not the same person"),
}
OUTCOMES = {
    "kept": (gettext_lazy("stays"), ""),
    "adopted": (gettext_lazy("is shown from now on"), "ok"),
    "shadowed": (gettext_lazy("kept, but not shown"), "warn"),
    "lost": (gettext_lazy("goes away"), "danger"),
}


@dataclass(frozen=True)
class Side:
    """A person before or after. stays: the one who is left after a merge."""

    title: str
    person_id: int | None
    cases: str
    blocked: bool
    external: str
    profiles: list[dict[str, Any]]
    more: int
    stays: bool


@dataclass(frozen=True)
class Outcome:
    """What becomes of a value."""

    title: str
    text: str
    words: str
    look: str
    source: str


@dataclass(frozen=True)
class Done:
    """An operation in a list. undoable: by this agent, as far as they see everybody concerned."""

    operation: Operation
    what: str
    who: str
    undone_by: str
    undoable: bool


def panel(case: Case, agent: Agent) -> Panel:
    """The verbs, for those who may judge."""
    if not agent.judges:
        return None
    person = case.profile.person
    several = sum(link.until is None for link in person.links.all()) > 1
    return "inbox/person_panel.html", {"person": person, "several": several}


def told(plan: Plan) -> dict[str, Any]:
    """A plan as its page shows it."""
    body = plan.body
    asked = plan.asked.get("into")
    return {
        "plan": plan,
        "title": TITLES[plan.kind],
        "verb": VERBS[plan.kind],
        # Whoever stays stands last: they come to them.
        "before": sorted(
            (_side(one, body, stays=one["person_id"] == asked) for one in body["before"]), key=lambda side: side.stays
        ),
        "after": [_side(one, body, stays=False) for one in body["after"]],
        "fields": [(_title(one, body), list(_outcomes(body, one["person_id"]))) for one in body["after"]],
        "history": body["history"],
        "warnings": body["warnings"],
    }


def _side(side: dict[str, Any], body: dict[str, Any], *, stays: bool) -> Side:
    mine = set(side["user_ids"])
    profiles = [one for one in body["profiles"] if one["user_id"] in mine]
    return Side(
        title=_title(side, body),
        person_id=side["person_id"],
        cases=_cases(side["cases"]),
        blocked=side["blocked"],
        external=", ".join(side["external_ids"]),
        profiles=profiles[:MOST_PROFILES],
        more=max(0, len(profiles) - MOST_PROFILES),
        stays=stays,
    )


def _title(side: dict[str, Any], body: dict[str, Any]) -> str:
    """The name, or an address where there is none."""
    first = next((one["address"] for one in body["profiles"] if one["user_id"] in side["user_ids"]), "")
    return str(side["name"] or first)


def _cases(cases: dict[str, Any]) -> str:
    number = cases["count"]
    if cases["more"]:
        return _("%(number)d+ cases") % {"number": number}
    return ngettext("%(number)d case", "%(number)d cases", number) % {"number": number}


def _outcomes(body: dict[str, Any], person: int | None) -> Iterable[Outcome]:
    for field in body["fields"]:
        if field["to_person_id"] == person:
            words, look = OUTCOMES[field["outcome"]]
            yield Outcome(field["title"], field["text"], str(words), look, field["source_text"])


def listed(rows: Iterable[Operation], agent: Agent) -> list[Done]:
    """Operations with whom they moved. rows: with names, as `undoing.named` gives them."""
    operations = list(rows)
    wanted = {pk for one in operations for pk in undoing.profiles_of(one)}
    moved = Profile.objects.select_related("person", "channel").in_bulk(wanted)
    barred = undoing.barred(agent, operations)
    return [
        Done(one, _what(one, moved), undoing.done_by(one), undoing.undone_by(one), one.pk not in barred)
        for one in operations
    ]


def _what(operation: Operation, moved: dict[int, Profile]) -> str:
    """`Merged: bob, bob@example.com and 3 more`"""
    names = [moved[pk].address for pk in undoing.profiles_of(operation) if pk in moved]
    shown = ", ".join(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        shown = _("%(names)s and %(number)d more") % {"names": shown, "number": len(names) - MOST_NAMED}
    return f"{WAS_DONE[operation.kind]}: {shown}"


def called(person: Person, profiles: Iterable[Profile]) -> str:
    """A person by name, or by an address."""
    return person.name or next((name_of(one) for one in profiles), f"#{person.pk}")
