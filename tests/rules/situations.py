"""What conditions are shown in tests: a desk where everything is known, and what happens there.

Each situation makes things happen through the verbs and gives the facts that rules would see then. Ann and Max are
agents, Bob is a customer of whom everything is known, Carol one of whom little is; Dan has never written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import time_machine
from django.core.files.base import ContentFile

from channels_custom.models import CustomChannel
from helpdesk.cases import files
from helpdesk.cases import services as cases
from helpdesk.cases.facts import Facts
from helpdesk.cases.models import Case, Label, Rating
from helpdesk.channels.models import Language, Period, Schedule
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion, via
from helpdesk.users.models import Agent, AgentStatus, Company, CustomField, Profile, Role
from helpdesk.users.models.fields import Source
from helpdesk.users.services import blocking, identity, profiles, values
from identification import services as identification
from identification.models import LookUp, LookUpResult
from tests import world

# A Saturday, late at night in UTC; already Sunday at the desk, in Berlin.
NOW = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
TYPES = ("text", "textarea", "select", "checkbox", "date")


def ago(**span: int) -> datetime:
    return NOW - timedelta(**span)


@dataclass
class Desk:
    ann: Agent
    max: Agent
    chat: CustomChannel
    mail: CustomChannel
    bob: Profile
    carol: Profile
    dan: Profile
    labels: dict[str, Label]


def desk() -> Desk:
    """The desk a long time before anything happens. Call it, and the situations, at NOW."""
    for code, title in (("en", "English"), ("de", "Deutsch")):
        Language.objects.get_or_create(code=code, defaults={"title": title, "is_default": code == "en"})
    with time_machine.travel(ago(days=40), tick=False):
        chat, mail = world.messenger(title="Chat"), world.messenger(sync=False, title="Mail")
        ann, other = (world.agent(name, sees=[chat, mail]) for name in ("Ann", "Max"))
        made = Desk(
            ann=ann,
            max=other,
            chat=chat,
            mail=mail,
            bob=world.customer(chat, "bob"),
            carol=world.customer(mail, "carol"),
            dan=profiles.meet("email", "dan@example.com"),
            labels={title: Label.objects.create(title=title) for title in ("spam", "urgent")},
        )
        _agents(made)
        _custom_fields()
        _known(made)
    _hours()
    return made


def _agents(it: Desk) -> None:
    it.ann.status, it.max.status = (
        AgentStatus.objects.create(title=title, available=free) for title, free in (("There", True), ("Out", False))
    )
    for agent, role in ((it.ann, "First line"), (it.max, "Billing")):
        agent.role = Role.objects.create(title=role)
        agent.seen_at = ago(minutes=1)
        agent.save(update_fields=["status", "role", "seen_at"])
    for title, agent in (("Support", it.max), ("VIP", it.ann)):
        agent.groups.add(world.group(title))


def _custom_fields() -> None:
    """One of each type, on each level."""
    for level in ("user", "company", "case"):
        for kind in TYPES:
            choices = [{"key": str(n), "title": title} for n, title in enumerate(("Standard", "VIP"), 1)]
            title = f"{level} {kind}"
            CustomField.objects.create(
                key=f"{kind}_1", title=title, level=level, kind=kind, choices=choices if kind == "select" else []
            )


SAID = {"text_1": "Gold", "textarea_1": "Two\nlines", "select_1": "VIP", "checkbox_1": True, "date_1": "2023-05-01"}
ELSE = {
    "text_1": "Silver",
    "textarea_1": "One line",
    "select_1": "Standard",
    "checkbox_1": False,
    "date_1": "2025-06-07",
}


def _known(it: Desk) -> None:
    person = {"name": "Bob Bräuer", "company": "ACME GmbH", "position": "CEO", "language": "de-AT", "note": "Likes tea"}
    values.say(
        it.bob, Source.AGENT, {**person, **SAID, "metadata": {"plan": "Gold", "seats": 12, "trial": True}}, by=None
    )
    for kind, address in (("email", "bob@example.com"), ("phone", "+4930123456"), ("external", "42")):
        identity.link(profiles.meet(kind, address), it.bob.person, method="agent", level=1, by=None)
    other = {"name": "Carol", "company": "Globex", "position": "CTO", "language": "en", "note": "Rings often"}
    values.say(
        it.carol, Source.AGENT, {**other, **ELSE, "metadata": {"plan": "7", "seats": "7", "trial": False}}, by=None
    )
    for kind, address in (("email", "carol@example.org"), ("phone", "+4989654321")):
        identity.link(profiles.meet(kind, address), it.carol.person, method="agent", level=1, by=None)
    identity.prove(it.carol, profiles.meet("external", "43", level=3), method="api", level=3, evidence={}, by=None)
    for name, known, choice in (("ACME GmbH", SAID, "2"), ("Globex", ELSE, "1")):
        Company.objects.filter(name=name).update(values={**known, "select_1": choice})
    look_up = LookUp.objects.create(channel=it.mail, url="https://api.example.com/{id}")
    LookUpResult.objects.create(look_up=look_up, profile=it.carol, outcome="failed")


def _hours() -> None:
    """Office: on weekdays. Night shift: on Sundays, from midnight on."""
    office, night = (Schedule.objects.create(title=title, timezone="Europe/Berlin") for title in ("Office", "Night"))
    Period.objects.create(schedule=office, weekday=0, opens="09:00", closes="17:00")
    Period.objects.create(schedule=night, weekday=6, opens="00:00", closes="06:00")


def facts(case: Case) -> Facts:
    """What rules see after the last occasion of a case."""
    last = Event.objects.filter(case_id=case.pk).order_by("pk").last()
    happened = Event.objects.filter(occasion=last.occasion).order_by("pk") if last else []
    mine = [event for event in happened if event.case_id in (case.pk, None)]
    return Facts(Case.objects.select_related("channel", "assignee", "group").get(pk=case.pk), mine)


SITUATIONS: dict[str, Callable[[Desk], Facts]] = {}


def situation(make: Callable[[Desk], Facts]) -> Callable[[Desk], Facts]:
    SITUATIONS[make.__name__] = make
    return make


def _file(name: str) -> files.Stored:
    return files.store(ContentFile(b"%PDF-1.4 an invoice", name=name))


@situation
def known(it: Desk) -> Facts:
    """Bob, of whom all is known, wrote a day ago in his chat, and again now; everything is set on his case."""
    with time_machine.travel(ago(days=1), tick=False):
        case = world.says(it.bob, "hello").case
        cases.reply(case, "I am looking", by=it.max)
    with time_machine.travel(ago(hours=3), tick=False):
        cases.set_group(case, world.group("VIP"), by=it.ann)
        cases.set_priority(case, "high", by=it.ann)
        cases.set_subject(case, "Invoice 7", by=it.ann)
        cases.add_labels(case, it.labels.values(), by=it.ann)
        cases.assign(case, it.ann, by=it.ann)
        for key, value in SAID.items():
            cases.set_value(case, key, value, by=it.ann)
    Case.objects.filter(pk=case.pk).update(language="de-AT")
    world.says(it.bob, "Here is Straße ５", stored=(_file("invoice.pdf"), _file("photo.jpg")))
    return facts(case)


@situation
def other(it: Desk) -> Facts:
    """Carol, who is identified and was blocked later, wrote by mail and was answered by Max. Her case is closed."""
    with time_machine.travel(ago(days=3), tick=False):
        world.says(it.carol, "Something else")
    with time_machine.travel(ago(hours=2), tick=False):
        case = world.says(it.carol, "My order", new_case=True).case
        cases.set_group(case, world.group("Support"), by=it.max)
        cases.set_priority(case, "critical", by=it.max)
        cases.set_subject(case, "Order", by=it.max)
        cases.add_labels(case, [it.labels["spam"]], by=it.max)
        cases.assign(case, it.max, by=it.max)
        for key, value in ELSE.items():
            cases.set_value(case, key, value, by=it.max)
    Case.objects.filter(pk=case.pk).update(language="en", via="widget")
    with time_machine.travel(ago(hours=1), tick=False):
        request = cases.request_rating(case, by=it.max)
        cases.rate(request.token, 2)
        cases.change_status(case, "closed", by=it.max)
        cases.change_status(case, "open", by=it.max)
    with via("api"):
        cases.reply(case, "All done", by=it.max, stored=(_file("terms.txt"),))
    blocking.block(Profile.objects.get(pk=it.carol.pk).person, by=None)
    return facts(case)


@situation
def bare(it: Desk) -> Facts:
    """A case of Dan's that an agent has opened: nobody has written, nothing has happened since."""

    @occasion
    def opened() -> Case:
        (dan,) = profiles.hold(it.dan.pk)
        return cases.open_case(dan, it.mail.channel_ptr, by=it.ann)

    return Facts(Case.objects.get(pk=opened().pk))


@situation
def first(it: Desk) -> Facts:
    """Somebody new writes: a word that has the shape of a code, and is none."""
    return facts(world.says(world.customer(it.chat, "eve"), "ID-ABCD7-12345").case)


@situation
def proven(it: Desk) -> Facts:
    """Somebody new sends a code that is valid, in a chat that is running."""
    frank = world.customer(it.chat, "frank")
    world.says(frank, "hello")
    code = identification.make_code({"user_email": "frank@example.com"}, by=None)[0]
    return facts(world.says(frank, code).case)


@situation
def changed(it: Desk) -> Facts:
    """Ann changes all that can be changed, in one go."""
    case = world.says(it.carol, "hello", new_case=True).case
    cases.add_labels(case, [it.labels["spam"]], by=it.ann)

    @occasion
    def change() -> None:
        cases.change_status(case, "pending", by=it.ann)
        cases.set_priority(case, "high", by=it.ann)
        cases.set_group(case, world.group("VIP"), by=it.ann)
        cases.assign(case, it.ann, by=it.ann)
        cases.add_labels(case, [it.labels["urgent"]], by=it.ann)
        cases.remove_labels(case, [it.labels["spam"]], by=it.ann)
        cases.snooze(case, NOW + timedelta(hours=1), by=it.ann)
        cases.set_value(case, "text_1", "new", by=it.ann)

    change()
    return facts(case)


@situation
def changed_back(it: Desk) -> Facts:
    """A program opens a closed case again and changes the rest to something else."""
    case = world.says(it.carol, "hello", new_case=True).case
    cases.set_priority(case, "high", by=it.ann)
    cases.set_group(case, world.group("VIP"), by=it.ann)
    cases.assign(case, it.ann, by=it.ann)
    cases.add_labels(case, [it.labels["urgent"]], by=it.ann)
    cases.change_status(case, "closed", by=it.ann)

    @occasion
    def change() -> None:
        cases.change_status(case, "open", by=it.max)
        cases.set_priority(case, "low", by=it.max)
        cases.set_group(case, None, by=it.max)
        cases.assign(case, it.max, by=it.max)
        cases.add_labels(case, [it.labels["spam"]], by=it.max)
        cases.remove_labels(case, [it.labels["urgent"]], by=it.max)
        cases.set_value(case, "checkbox_1", True, by=it.max)

    with via("api"):
        change()
    return facts(case)


@situation
def noted(it: Desk) -> Facts:
    """Max tells Ann in a note that Bob is to be called."""
    case = world.says(it.bob, "hello").case
    cases.assign(case, it.ann, by=it.ann)
    cases.note(case, "Call him, @Ann", by=it.max)
    return facts(case)


@situation
def noted_else(it: Desk) -> Facts:
    """Ann names Max, who is out, in a note."""
    case = world.says(it.bob, "hello").case
    cases.note(case, "Wait for @Max", by=it.ann)
    return facts(case)


@situation
def resumed(it: Desk) -> Facts:
    """Bob writes again after his chat had ended by itself."""
    case = world.says(it.bob, "hello").case
    cases.end_chat(case, "pending", by=it.ann)
    return facts(world.says(it.bob, "one more thing").case)


@situation
def resumed_by_agent(it: Desk) -> Facts:
    """Ann takes up a chat again that had ended."""
    case = world.says(it.bob, "hello").case
    cases.end_chat(case, "pending", by=it.ann)
    cases.reply(case, "One more thing", by=it.ann)
    return facts(case)


@situation
def rated(it: Desk) -> Facts:
    """Carol gives a rating."""
    case = world.says(it.carol, "hello", new_case=True).case
    request = cases.request_rating(case, by=it.ann)
    cases.rate(Rating.objects.get(pk=request.pk).token, 5)
    return facts(case)


@situation
def silent(it: Desk) -> Facts:
    """Nobody wrote in Bob's chat for a while: the desk ends it."""
    with time_machine.travel(ago(minutes=20), tick=False):
        case = world.says(it.bob, "hello").case
    cases.end_silent_chats()
    return facts(case)
