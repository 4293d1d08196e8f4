"""The ten rules of the identification story, at the verbs: exactly one of them fires on each step."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Language
from helpdesk.events.models import Event
from helpdesk.users.models import Agent, Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.services import values
from identification import services as identification
from rules import exchange
from tests import world
from tests.rules.desk import fired, fresh, ten_rules

pytestmark = pytest.mark.django_db

BOB = {"user_email": "bob@example.com", "user_full_name": "Bob Brown"}


@pytest.fixture(autouse=True)
def _ten_rules(db: None) -> None:
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
    world.tariff()
    world.group("Support")
    world.group("VIP")
    exchange.load(ten_rules())


@pytest.fixture
def bob() -> Profile:
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob: Profile) -> Agent:
    return world.agent(sees=[bob.channel])


class Chat:
    """What a customer sees of one conversation: what is written, and which rule answers."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def says(self, text: str) -> str:
        """The customer writes; gives the title of the one rule that fired, "" for none."""
        before = Event.objects.filter(kind="rule.fired").count()
        self.case = world.says(self.profile, text).case
        new = fired(self.case)[before:]
        assert len(new) <= 1, new
        return new[0] if new else ""

    @property
    def answers(self) -> list[str]:
        rows = Message.objects.filter(case=self.case, author="rule").order_by("pk")
        return [row.text for row in rows]

    def state(self) -> tuple[str, bool, str | None, str | None]:
        """(status, whether a chat runs, group, tariff)."""
        case = fresh(self.case)
        tariff = case.profile.person.values.get("tariff")
        return case.status, case.active_chat, case.group.title if case.group else None, tariff


def code(tariff: str | None = None, user: dict[str, Any] | None = None) -> str:
    said = {"custom_fields": {"tariff": tariff}} if tariff else {}
    return identification.make_code({**(user or BOB), **said}, by=None)[0]


@pytest.mark.seed(
    "000",
    "It will send an auto-response to the chat with a code request and end the chat in the pending status",
)
def test_a_stranger_is_asked_for_a_code_and_nobody_is_disturbed(bob, ann):
    chat = Chat(bob)
    assert chat.says("hello") == "Unknown: ask for an identification code"
    assert chat.state() == ("pending", False, None, None)
    assert "five minutes" in chat.answers[0]


@pytest.mark.seed("000", "rule for updated cases when the user has not sent an identification code")
def test_anything_else_than_a_code_is_asked_again_and_pending_again(bob):
    chat = Chat(bob)
    chat.says("hello")
    for text in ("what code?", "hm", "ID?"):
        assert chat.says(text) == "No code was sent: ask again"
        assert chat.state() == ("pending", False, None, None)


@pytest.mark.seed("000", "rule for updated cases when the user has sent an invalid identification code")
def test_an_old_code_and_a_wrong_one_are_told_to_be_invalid(bob):
    chat = Chat(bob)
    chat.says("hello")
    old = code()
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert chat.says(old) == "The code is invalid: say so"
        fresh_code = code()
        wrong = fresh_code[:-1] + ("7" if fresh_code[-1] != "7" else "8")
        assert chat.says(wrong) == "The code is invalid: say so"
    assert chat.state() == ("pending", False, None, None)
    assert chat.answers[1] == chat.answers[2]


@pytest.mark.seed("000", 'when the user with the "VIP" tariff has sent a valid identification code')
def test_a_valid_code_of_a_vip_opens_the_case_and_greets_by_name(bob):
    chat = Chat(bob)
    chat.says("hello")
    assert (
        chat.says(f"here: {code('VIP').lower().replace('-', ' ')}")
        == "The code is valid, VIP tariff: to the VIP group, with high priority"
    )
    assert chat.state() == ("open", True, "VIP", "2")
    assert chat.answers[-1].startswith("Thank you, Bob Brown!")


@pytest.mark.seed("000", 'when the user with the "Standard" tariff has sent a valid identification code')
def test_a_valid_code_of_a_standard_customer_goes_to_support(bob):
    chat = Chat(bob)
    chat.says("hello")
    assert chat.says(code("Standard")) == "The code is valid, Standard tariff: to the support group"
    assert chat.state() == ("open", True, "Support", "1")


@pytest.mark.seed("000", "agents only join the chat after successful verification")
def test_once_identified_the_rules_leave_the_talk_to_the_agents(bob, ann):
    chat = Chat(bob)
    chat.says("hello")
    chat.says(code("VIP"))
    assert chat.says("my invoice is wrong") == ""
    cases.reply(chat.case, "let me see", by=ann)
    cases.note(chat.case, "no code here", by=ann)
    assert len(fired(chat.case)) == 2
    assert chat.says("and my address") == ""
    assert chat.state() == ("open", True, "VIP", "2")


def test_what_agents_do_is_not_answered_by_rules(bob, ann):
    chat = Chat(bob)
    chat.says("hello")
    cases.reply(chat.case, "I saw you by chance. Do you have no account?", by=ann)
    cases.set_priority(chat.case, "high", by=ann)
    assert fired(chat.case) == ["Unknown: ask for an identification code"]


@pytest.mark.seed("000", "the user responds that they don't have an account yet")
def test_carol_has_no_account_and_starts_over_later(bob):
    chat = Chat(bob)
    chat.says("hi")
    assert chat.says("I don’t have an account") == "Has no account: remember it, let agents help"
    assert chat.state() == ("open", True, "Support", "3")
    assert "5" in chat.answers[-1]
    assert chat.says("what does it cost?") == ""
    for text in ("START", " 5 "):
        assert chat.says(text) == "Had no account and wants to be identified now"
        assert chat.state() == ("pending", False, "Support", None)
        assert chat.says("no account") == "Has no account: remember it, let agents help"
    chat.says("start")
    assert chat.says(code("Standard")) == "The code is valid, Standard tariff: to the support group"


@pytest.mark.seed("003", "end users aren't prompted to provide their name or email address")
@pytest.mark.seed("000", 'rule for new cases for users with the "Standard" tariff')
@pytest.mark.parametrize(
    ("tariff", "title", "group"),
    [
        ("Standard", "Standard tariff: to the support group", "Support"),
        ("VIP", "VIP tariff: to the VIP group, with high priority", "VIP"),
        ("No account", "No account: tell how to be identified later", "Support"),
    ],
)
def test_a_new_chat_of_a_known_customer_has_a_rule_for_each_tariff(bob, tariff, title, group):
    values.say(bob, Source.AGENT, {"tariff": tariff, "name": "Bob"}, by=None)
    chat = Chat(bob)
    assert chat.says("hello") == title
    assert chat.state()[:3] == ("open", True, group)


@pytest.mark.seed("000", "User has been created — after / before")
def test_old_customers_can_be_left_alone(bob):
    rules = ten_rules()
    rules[0]["all"].append({"field": "user.created", "operator": "after", "value": "2999-01-01"})
    exchange.load(rules)
    chat = Chat(bob)
    assert chat.says("hello") == ""
    assert chat.state() == ("open", True, None, None)


def test_an_answer_is_in_the_language_of_the_customer(bob):
    values.say(bob, Source.AGENT, {"language": "de-AT"}, by=None)
    chat = Chat(bob)
    chat.says("hallo")
    assert chat.answers[0].startswith("Hallo!")


def test_the_example_is_what_an_export_gives(bob):
    exported = exchange.export()
    assert [(r["list"], r["title"]) for r in exported] == [(r["list"], r["title"]) for r in ten_rules()]
    assert {change.verb for change in exchange.load(exported)} == {"same"}
    assert exported[2]["actions"][1] == {"kind": "set_group", "values": {"group": "VIP"}}
    assert exported[1]["all"] == [{"field": "user.cf.tariff", "operator": "is", "value": "Standard"}]


def test_an_import_names_what_the_desk_does_not_have(bob):
    rules = ten_rules()
    rules[2]["actions"][1]["values"]["group"] = "Gold"
    rules[1]["all"][0]["value"] = "Platinum"
    rules[0]["all"][0]["field"] = "user.cf.shoe_size"
    with pytest.raises(exchange.WrongRules) as caught:
        exchange.load(rules)
    places = [line.partition(":")[0] for line in caught.value.lines]
    assert places == ["rules[0].all[0]", "rules[1].all[0]", "rules[2].actions[1].group"]
    assert Case.objects.count() == 0
