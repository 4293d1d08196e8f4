"""What rules can ask about what has just happened to a case: in the one occasion that made them run.

What rules did is no part of it: their changes start no pass.
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from helpdesk.cases.fields.case import BY
from helpdesk.cases.models import Author, Status
from helpdesk.events.models import Event
from helpdesk.lib.fields import CHOICE, FIELDS, FLAG, SET, Column, Field, Fixed, Rows
from helpdesk.lib.fields.choices import NONE, Choices

UPDATED = frozenset({"updated"})
AGENTS = Rows("users.Agent", "email")
LABELS = Rows("cases.Label")

# Kinds of events → what happened. Messages tell it by their author.
HAPPENED = {
    "case.status_changed": "status",
    "case.priority_changed": "priority",
    "case.group_changed": "group",
    "case.assigned": "assignee",
    "case.labels_changed": "labels",
    "case.subject_changed": "subject",
    "case.value_changed": "field",
    "chat.ended": "chat_ended",
    "chat.taken": "chat_taken",
    "chat.fixed": "chat_fixed",
    "case.snoozed": "snoozed",
    "case.woken": "woken",
    "case.rated": "rated",
    "case.macro_run": "macro",
    "case.merged": "merged",
    "case.unmerged": "unmerged",
    "profile.linked": "linked",
    "profile.unlinked": "unlinked",
    "profile.levelled": "levelled",
}
WRITTEN = {Author.PROFILE.value: "message", Author.AGENT.value: "answer"}

WHAT = Fixed(
    (
        ("message", _("a message from the customer")),
        ("answer", _("an answer from an agent")),
        ("note", _("a new note")),
        ("status", _("a change of the status")),
        ("priority", _("a change of the priority")),
        ("group", _("a change of the group")),
        ("assignee", _("a change of the assignee")),
        ("labels", _("a change of the labels")),
        ("subject", _("a change of the subject")),
        ("field", _("a change of a field of the case")),
        ("chat_ended", _("the end of the chat")),
        ("chat_taken", _("an agent taking the chat")),
        ("chat_fixed", _("a chat fixed to an agent")),
        ("snoozed", _("a snooze")),
        ("woken", _("the end of a snooze")),
        ("rated", _("a rating")),
        ("macro", _("a macro")),
        ("merged", _("another case merged into this one")),
        ("unmerged", _("this case taken out of another one")),
        ("linked", _("a link of the user with a person")),
        ("unlinked", _("the end of a link with a person")),
        ("levelled", _("a change of the user's level")),
    )
)

ACTORS = Fixed(
    (
        ("customer", _("the customer")),
        ("agent", _("an agent")),
        ("api", _("a program, by the API")),
        ("desk", _("the desk itself, such as a timer")),
    )
)


def happened(event: Event) -> str | None:
    """What this event means to people; None for what has no name here."""
    if event.kind == "message.added":
        return "note" if event.get("note") else WRITTEN.get(str(event.get("author")))
    return HAPPENED.get(event.kind)


def by(event: Event | None) -> str | None:
    """Who did it. An agent's key is a program; a customer whom a channel's server writes for is a customer."""
    if event is None:
        return None
    if event.actor_kind == "agent":
        return "api" if event.via == "api" else "agent"
    return "customer" if event.actor_kind == "profile" else "desk"


def resumed(facts: Any) -> str | None:
    """Who took a chat up again that had ended."""
    if not facts.case.channel.sync:
        return None
    again = (event for event in facts.of("message.added") if event.get("begins") or event.get("resumes"))
    return next(("agent" if event.get("resumes") else "customer" for event in again), None)


def reopened(facts: Any) -> bool:
    changes = facts.of("case.status_changed")
    return any(event.get("old") == Status.CLOSED and event.get("new") != Status.CLOSED for event in changes)


def labels(name: str) -> Callable[[Any], frozenset[int]]:
    """The labels that were added, or removed."""
    return lambda f: frozenset(label for event in f.of("case.labels_changed") for label in event.get(name, ()))


def change(kind: str, name: str, old: Any, new: Any, choices: Choices) -> tuple[Field, Field]:
    """Two fields about the same change: what it was before, what it is since. Missing where it did not change."""

    def before(facts: Any) -> Any:
        return next((event.get("old") or NONE for event in facts.of(kind)), None)

    def after(facts: Any) -> Any:
        return next((event.get("new") or NONE for event in reversed(facts.of(kind))), None)

    was = {"is": _("was"), "is_not": _("was not"), "is_any": _("was any of"), "is_none": _("was none of")}
    return (
        Field(f"event.old_{name}", old, CHOICE, before, choices, lists=UPDATED, words=was),
        Field(f"event.new_{name}", new, CHOICE, after, choices, lists=UPDATED),
    )


ROWS = (
    Field(
        "event.what",
        _("What happened"),
        SET,
        lambda f: frozenset(filter(None, map(happened, f.events))),
        WHAT,
        lists=UPDATED,
        words={"has_any": _("is any of"), "has_all": _("is all of"), "has_none": _("is none of")},
    ),
    Field(
        "event.by",
        _("What happened was done"),
        CHOICE,
        lambda f: by(f.begun),
        ACTORS,
        lists=frozenset({"new", "updated"}),
        words=BY,
    ),
    Field(
        "event.agent",
        _("Agent who did it"),
        CHOICE,
        lambda f: f.begun.actor_id if f.begun and f.begun.actor_kind == "agent" else None,
        AGENTS,
        lists=frozenset({"new", "updated"}),
    ),
    *change("case.status_changed", "status", _("Old status"), _("New status"), Column("cases.Case", "status")),
    *change(
        "case.priority_changed", "priority", _("Old priority"), _("New priority"), Column("cases.Case", "priority")
    ),
    *change("case.group_changed", "group", _("Old group"), _("New group"), Rows("users.Group", none=_("none"))),
    *change(
        "case.assigned",
        "assignee",
        _("Old assignee"),
        _("New assignee"),
        Rows("users.Agent", "email", none=_("nobody")),
    ),
    Field(
        "event.fields",
        _("Changed fields of the case"),
        SET,
        lambda f: frozenset(event.get("key") for event in f.of("case.value_changed")),
        Rows("users.CustomField", "key", "key", only=(("level", "case"), ("active", True))),
        UPDATED,
        optional=True,
    ),
    Field("event.labels_added", _("Added labels"), SET, labels("added"), LABELS, UPDATED, optional=True),
    Field("event.labels_removed", _("Removed labels"), SET, labels("removed"), LABELS, UPDATED, optional=True),
    Field(
        "event.reopened",
        _("Closed case"),
        FLAG,
        reopened,
        lists=UPDATED,
        words={"yes": _("was opened again"), "no": _("was not opened again")},
    ),
    Field(
        "event.resumed",
        _("Ended chat"),
        CHOICE,
        resumed,
        Fixed((("customer", _("the customer")), ("agent", _("an agent")))),
        lists=UPDATED,
        optional=True,
        words={
            "is": _("was taken up again by"),
            "is_not": _("was not taken up again by"),
            "is_any": _("was taken up again by any of"),
            "is_none": _("was taken up again by none of"),
            "empty": _("was not taken up again"),
            "not_empty": _("was taken up again"),
        },
    ),
    Field(
        "event.rated",
        _("New rating"),
        FLAG,
        lambda f: bool(f.of("case.rated")),
        lists=UPDATED,
        words={"yes": _("was given"), "no": _("was not given")},
    ),
)

for row in ROWS:
    FIELDS.register(row)
