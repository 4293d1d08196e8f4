"""Rules and a code that only proposes: *is valid* holds when the page has said yes, and not before."""

import pytest
from django.test import Client

from helpdesk.cases.models import Message
from helpdesk.channels.models import Widget
from helpdesk.users.models import Profile
from rules.models import Action, Condition, Rule
from tests import world
from tests.identification.proposing import decide, proposed

pytestmark = pytest.mark.django_db


def rule(title: str, operator: str) -> Rule:
    made = Rule.objects.create(list="updated", title=title, position=len(title))
    Condition.objects.create(rule=made, field="identification.code", operator=operator)
    Action.objects.create(rule=made, kind="add_note", values={"text": f"{operator} held"})
    return made


@pytest.mark.seed("000", "Identification code — was not sent / is invalid / is valid")
def test_until_it_is_accepted_none_of_the_three_holds_then_is_valid_does(
    site: Client, careful: Widget, bob: Profile
) -> None:
    world.says(bob, "hello")
    for title, operator in (("a", "not_sent"), ("ab", "invalid"), ("abc", "valid")):
        rule(title, operator)
    shown = proposed(site, careful, bob)
    assert not Message.objects.filter(note=True).exists()
    decide(site, careful, shown["id"])
    assert [note.text for note in Message.objects.filter(note=True)] == ["valid held"]


def test_after_no_none_of_the_three_holds_either(site: Client, careful: Widget, bob: Profile) -> None:
    world.says(bob, "hello")
    for title, operator in (("a", "not_sent"), ("ab", "invalid"), ("abc", "valid")):
        rule(title, operator)
    decide(site, careful, proposed(site, careful, bob)["id"], accept=False)
    assert not Message.objects.filter(note=True).exists()
