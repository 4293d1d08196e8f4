"""What rules and macros can do: each action calls its verb, in the name of whoever caused it."""

from typing import Any

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases import texts
from helpdesk.cases.actions import ACTIONS, TEXT_LIMIT
from helpdesk.cases.models import Case, Label, Message
from helpdesk.channels.models import Language
from helpdesk.events.models import Event
from helpdesk.events.occasion import occasion
from helpdesk.lib.fields import WrongValues
from helpdesk.users.models import Agent, CustomField, Profile, Value
from helpdesk.users.models.fields import Source
from helpdesk.users.services import values
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob() -> Profile:
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob: Profile) -> Agent:
    return world.agent(sees=[bob.channel])


@pytest.fixture
def case(bob: Profile) -> Case:
    return world.says(bob, "hello").case


@pytest.fixture
def english() -> Language:
    return Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})[0]


def do(kind: str, case: Case, by: Agent, **given: Any) -> Case:
    """Does one action as a macro would, and gives the case as it is then."""
    action = ACTIONS.get(kind)
    parsed = action.parse(given)

    @occasion
    def act() -> None:
        action.run(cases.hold(case.pk), parsed, by=by)

    act()
    return Case.objects.select_related("profile__person", "group", "assignee").get(pk=case.pk)


def wrong(kind: str, **given: Any) -> dict[str, str]:
    with pytest.raises(WrongValues) as caught:
        ACTIONS.get(kind).parse(given)
    return caught.value.errors


def test_send_message_writes_to_the_customer_in_the_agents_name(case, ann):
    do("send_message", case, ann, texts={"en": "Hello"})
    message = Message.objects.get(case=case, author="agent")
    assert (message.text, message.agent, message.note) == ("Hello", ann, False)


def test_a_note_is_for_agents_only(case, ann):
    do("add_note", case, ann, text="Call {{ user.name | the customer }}")
    assert Message.objects.get(case=case, note=True).text == "Call the customer"


def test_end_chat_ends_the_chat_with_a_status(case, ann):
    ended = do("end_chat", case, ann, status="pending")
    assert (ended.active_chat, ended.status) == (False, "pending")


def test_end_chat_sets_the_status_where_no_chat_runs(case, ann):
    cases.end_chat(case, "open", by=ann)
    assert do("end_chat", case, ann, status="pending").status == "pending"


def test_status_priority_group_and_assignee_are_set_and_taken_away(case, ann):
    vip = world.group("VIP")
    assert do("set_status", case, ann, status="pending").status == "pending"
    assert do("set_priority", case, ann, priority="critical").priority == "critical"
    assert do("set_group", case, ann, group=str(vip.pk)).group == vip
    assert do("set_group", case, ann, group="").group is None
    assert do("assign", case, ann, agent=ann.pk).assignee == ann
    assert do("assign", case, ann).assignee is None


def test_labels_are_added_and_removed(case, ann):
    one, two = Label.objects.create(title="one"), Label.objects.create(title="two")
    assert set(do("add_labels", case, ann, labels=[one.pk, two.pk]).labels.all()) == {one, two}
    assert set(do("remove_labels", case, ann, labels=[str(one.pk)]).labels.all()) == {two}


def test_a_user_field_is_said_by_the_rule_and_can_be_emptied(case, ann):
    world.tariff()
    assert do("set_user_field", case, ann, field="tariff", value="VIP").profile.person.values == {"tariff": "2"}
    assert Value.objects.get(key="cf:tariff").source == Source.RULE
    assert do("set_user_field", case, ann, field="tariff", value=None).profile.person.values == {}


def test_a_case_field_is_set(case, ann):
    CustomField.objects.create(key="order", title="Order", kind="text", level="case")
    assert do("set_case_field", case, ann, field="order", value="A-7").values == {"order": "A-7"}
    assert Event.objects.get(kind="case.value_changed").actor_id == ann.pk


def test_what_cannot_be_done_is_refused_at_its_input(case, ann):
    world.tariff()
    idle = world.agent("Idle")
    idle.is_active = False
    idle.save()
    assert wrong("set_group", group=999) == {"group": "What was chosen here no longer exists (999)."}
    assert wrong("assign", agent=idle.pk) == {"agent": f"What was chosen here no longer exists ({idle.pk})."}
    assert wrong("add_labels", labels=[]) == {"labels": "Choose at least one."}
    assert wrong("set_user_field", field="tariff", value="Gold") == {
        "value": "This has to be one of: Standard, VIP, No account."
    }
    assert wrong("set_case_field", field="tariff", value="VIP") == {
        "field": "What was chosen here no longer exists (tariff)."
    }
    assert wrong("add_note", text="  ") == {"text": "Enter a text."}
    assert wrong("send_message", texts={"en": "x" * (TEXT_LIMIT + 1)}).keys() == {"texts"}
    assert wrong("send_message", texts={"en": "nul \0"}).keys() == {"texts"}
    assert wrong("send_message", texts={"en": 5}) == {"texts": "Enter a text."}
    assert wrong("send_message", texts="Hello") == {"texts": "Enter a text for each language."}


@pytest.mark.parametrize("kind", ACTIONS, ids=lambda kind: kind.key)
def test_each_action_is_whole(kind):
    assert str(kind.label)
    assert all(str(one.label) for one in kind.inputs)
    # A list that is left empty reads as what it is; a single choice has to say what empty means.
    assert all(not one.optional or str(one.none) or one.control == "choices" for one in kind.inputs)
    with pytest.raises(WrongValues):
        kind.parse({"no such input": 1})
    with pytest.raises(WrongValues):
        kind.parse([])


# Variables


@pytest.fixture
def known(bob: Profile, case: Case, ann: Agent) -> Case:
    world.tariff()
    said = {"name": "Bob Brown", "company": "ACME", "position": "CEO", "tariff": "VIP"}
    values.say(bob, Source.AGENT, said, by=None)
    cases.assign(case, ann, by=None)
    cases.set_subject(case, "Invoice", by=None)
    return Case.objects.get(pk=case.pk)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello {{ user.name }}!", "Hello Bob Brown!"),
        ("Hello {{user.first_name}}", "Hello Bob"),
        ("[user_full_name] of [company_name], [company_position]", "Bob Brown of ACME, CEO"),
        ("{{ agent.name }} cares for {{ case.subject }} in {{ channel.title }}", "Ann cares for Invoice in Messenger"),
        ("Tariff {{ user.cf.tariff | unknown }}", "Tariff VIP"),
        ("{{ case.group | nobody }} and [case_group|no group]", "nobody and no group"),
        ("{{ case.group }}", ""),
        ("{{ user.password }} {{ 7*7 }} {% if %} [1] [a_b]", "{{ user.password }} {{ 7*7 }} {% if %} [1] [a_b]"),
    ],
)
def test_variables_stand_for_what_is_known(known, text, expected):
    assert texts.render(text, known) == expected


def test_what_a_variable_says_is_never_read_again(bob, known):
    values.say(bob, Source.AGENT, {"name": "{{ case.number }} [case_number]"}, by=None)
    case = Case.objects.get(pk=known.pk)
    assert texts.render("Hello {{ user.name }}", case) == "Hello {{ case.number }} [case_number]"


@pytest.mark.promise("A39")
def test_what_looks_like_a_variable_and_is_none_is_named():
    world.tariff()
    text = "{{ settings.SECRET_KEY }} {{ user.cf.shoe }} {{}} [user_fullname] [see_below] {{ user.cf.tariff }}"
    assert texts.unknown(text) == ["{{ settings.SECRET_KEY }}", "{{ user.cf.shoe }}", "{{}}", "[user_fullname]"]


def test_a_text_is_picked_by_language(english):
    both = {"en": "Hello", "de": "Hallo", "pt-br": "Olá", "fr": " "}
    assert texts.pick(both, "de") == "Hallo"
    assert texts.pick(both, "de-AT") == "Hallo"
    assert texts.pick(both, "PT-BR") == "Olá"
    assert texts.pick(both, "fr") == texts.pick(both, "") == texts.pick(both, "xx") == "Hello"
    assert texts.pick({"de": "Hallo"}, "en") == "Hallo"


def test_a_message_is_in_the_language_of_the_case_or_the_person(english, bob, case, ann):
    values.say(bob, Source.AGENT, {"language": "de"}, by=None)
    do("send_message", case, ann, texts={"en": "Hello", "de": "Hallo"})
    assert Message.objects.get(case=case, author="agent").text == "Hallo"
