"""Variables in texts: what each says, who may read it, and that what it says is never read as anything else."""

import json

import pytest

from helpdesk.cases import services as cases
from helpdesk.cases import texts
from helpdesk.cases.models import Case, Label
from helpdesk.cases.variables import QUOTED
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import identity, profiles, values
from tests import world
from tests.cases.test_actions import wrong

pytestmark = pytest.mark.django_db

HOSTILE = [
    "{{ case.number }}",
    "[case_number]",
    '"}, "admin": true, {"a": "',
    "\\",
    '\\\\"',
    "tab\tand\nline",
    "</script><script>alert(1)</script>",
    "\u2028\u2029",
    "{{ user.name }}{% debug %}{0}%s",
    "\U0001f600",
]


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


@pytest.fixture
def case(bob, ann) -> Case:
    case = world.says(bob, "my printer is on fire").case
    values.say(bob, Source.AGENT, {"name": "Bob Brown"}, by=None)
    cases.assign(case, ann, by=None)
    cases.add_labels(case, [Label.objects.create(title="fire")], by=None)
    return Case.objects.get(pk=case.pk)


def named(case: Case, name: str) -> Case:
    values.say(case.profile, Source.AGENT, {"name": name}, by=None)
    return Case.objects.get(pk=case.pk)


def test_every_variable_says_something_in_braces_and_the_same_in_brackets(case, bob, settings):
    for kind, address in ((ProfileKind.EMAIL, "bob@example.com"), (ProfileKind.EXTERNAL, "B-1")):
        identity.link(profiles.meet(kind, address), bob.person, method="api", level=3, by=None)
    case = Case.objects.get(pk=case.pk)
    said = {
        variable.name: texts.render(f"{{{{ {variable.name} }}}}", case, to=variable.only or texts.AGENTS)
        for variable in texts.VARIABLES
    }
    again = {
        variable.name: texts.render(f"[{variable.alias}]", case, to=variable.only or texts.AGENTS)
        for variable in texts.VARIABLES
    }
    assert said == again
    assert {name: said[name] for name in ("user.email", "user.external_id", "case.status", "case.labels")} == {
        "user.email": "bob@example.com",
        "user.external_id": "B-1",
        "case.status": "open",
        "case.labels": "fire",
    }
    assert said["case.link"] == f"{settings.BASE_URL}/cases/{case.number}/"
    assert said["message.text"] == "my printer is on fire"
    assert (said["agent.first_name"], said["agent.email"]) == ("Ann", "ann@example.com")
    assert all(said[name] for name in ("desk.date", "desk.time", "channel.title", "case.priority"))


def test_what_is_for_agents_stands_in_no_text_for_customers(case):
    inner = [variable for variable in texts.VARIABLES if variable.only == texts.AGENTS]
    assert {"agent.email", "case.link", "case.labels"} <= {variable.name for variable in inner}
    for variable in inner:
        text = f"{{{{ {variable.name} }}}}"
        assert wrong("send_message", texts={"en": text}) == {"texts": f"Only texts for agents can name {text}."}
        assert texts.render(text, case) == text, "nor where it got in by another way"
        assert texts.unknown(text, texts.AGENTS) == []


def test_what_a_customer_wrote_is_cut(case, bob):
    world.says(bob, "x" * 5000)
    assert len(texts.render("{{ message.text }}", case)) <= QUOTED


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_what_it_is(case, name):
    case = named(case, name)
    kept = case.profile.name
    assert texts.render("Dear {{ user.name }}", case) == f"Dear {kept}"
    body = texts.render('{"name": "{{ user.name }}", "last": 1}', case, escape=texts.in_json)
    assert json.loads(body) == {"name": kept, "last": 1}


def test_a_name_of_nothing_but_a_variable_is_never_read_again(case):
    case = named(case, "{{ case.number }}")
    assert texts.render("{{ user.name }} [user_full_name]", case) == "{{ case.number }} {{ case.number }}"
