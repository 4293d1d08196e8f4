"""Asking the customer who they are."""

import pytest

from helpdesk.cases.models import Case, Message
from helpdesk.users.models import Profile
from helpdesk.users.models.fields import Source
from helpdesk.users.services import values
from tests import world
from tests.cases.test_actions import do

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob() -> Profile:
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def ann(bob):
    return world.agent(sees=[bob.channel])


@pytest.fixture
def case(bob) -> Case:
    return world.says(bob, "hello").case


def said(case: Case) -> list[str]:
    return list(Message.objects.filter(case=case).exclude(author="profile").values_list("text", flat=True))


def test_a_code_is_asked_for_where_we_do_not_know_who_writes(case, bob, ann):
    do("request_identification", case, ann)
    values.say(bob, Source.AGENT, {"language": "de"}, by=None)
    do("request_identification", case, ann, texts={"en": "Your code?", "de": "Ihr Code, {{ case.number }}?"})
    ours, theirs = said(case)
    assert "identification code" in ours
    assert theirs == f"Ihr Code, {case.number}?"


def test_nobody_is_asked_whom_we_know(case, bob, ann):
    Profile.objects.filter(pk=bob.pk).update(level=3)
    do("request_identification", case, ann, texts={"en": "Your code?"})
    assert said(case) == []
