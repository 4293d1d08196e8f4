"""The rules and events of the benchmark, in our words and as plain data for other engines."""

from dataclasses import dataclass
from typing import Any

from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case, Label, Message
from helpdesk.events.models import Event
from helpdesk.users.models import Group

RULES = 100
TEXT = (
    "Hello there, since Monday my parcel has been on its way from one depot to the next and nobody can say when it "
    "will come. The number on the label is the one from your letter. Could you please have a look, and call me back?"
)
# Words that texts are searched for; only the events that name one fire a rule.
WORDS = ("refund", "invoice", "broken", "delay", "address", "return", "voucher", "warranty", "size", "colour")


@dataclass(frozen=True)
class Desk:
    """Rows that rules name."""

    groups: list[int]
    labels: list[int]


@dataclass(frozen=True)
class Said:
    """One event: a message in a case with these properties."""

    text: str
    subject: str
    priority: str
    labels: frozenset[int]
    group: int

    def facts(self, case: Case) -> Facts:
        """With all rows in memory."""
        row = Case.objects.select_related("profile__person", "channel").get(pk=case.pk)
        row.subject, row.priority, row.group_id, row.active_chat = self.subject, self.priority, self.group, True
        said = Event(kind="message.added", case_id=row.pk, message_id=1, data={"author": "profile", "note": False})
        facts = Facts(row, [said])
        facts.__dict__.update(message=Message(pk=1, text=self.text), labels=self.labels)
        return facts

    def plain(self) -> dict[str, Any]:
        """For engines that know nothing of upper and lower case: they are given it folded."""
        return {
            "status": "open",
            "active_chat": True,
            "identified": False,
            "author": "profile",
            "text": self.text.casefold(),
            "subject": self.subject.casefold(),
            "priority": self.priority,
            "labels": sorted(self.labels),
            "group": self.group,
        }


def build(case: Case) -> Desk:
    groups = [Group.objects.create(title=f"group {number}").pk for number in range(10)]
    labels = [Label.objects.create(title=f"label {number}").pk for number in range(20)]
    Case.objects.filter(pk=case.pk).update(group=groups[0], subject="Parcel")
    case.labels.set(labels[:2])
    return Desk(groups, labels)


def words(number: int) -> tuple[str, str]:
    """What rule `number` looks for in the text: something every message has, and something of its own."""
    return "parcel", f"{WORDS[number % len(WORDS)]}-{number}"


def rule(number: int, desk: Desk) -> dict[str, Any]:
    """Eight conditions: some that all rules share, some that ten share, some of its own. The last one decides."""

    def when(field: str, operator: str, value: Any = None) -> dict[str, Any]:
        return {"field": field, "operator": operator, "value": value}

    return {
        "list": "updated",
        "title": f"Rule {number}",
        "all": [
            when("case.status", "is_not", "closed"),
            when("user.identified", "no"),
            when("message.author", "is", "profile"),
            when("case.priority", "is_any", priorities(number)),
            when("case.group", "is_not", desk.groups[1 + number % 9]),
            when("case.labels", "has_none", [desk.labels[2 + number % 18]]),
            when("message.text", "contains_any", list(words(number))),
            when("case.subject", "contains_any", [words(number)[1]]),
        ],
        "actions": [{"kind": "set_priority", "values": {"priority": "high"}}],
    }


def priorities(number: int) -> list[str]:
    return [["normal", "high"], ["low", "normal"], ["normal", "critical"]][number % 3]


def events(desk: Desk) -> list[Said]:
    """Forty, of which some fire a rule."""
    return [
        Said(
            text=f"{TEXT} {number}",
            subject=words(number * 7 % RULES)[1].upper() if number % 4 == 0 else "Where is my PARCEL?",
            priority="normal",
            labels=frozenset(desk.labels[:2]),
            group=desk.groups[0],
        )
        for number in range(40)
    ]
