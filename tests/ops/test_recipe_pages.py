"""Recipes in the admin: a look first, then one button; what the desk has stays as it is."""

from typing import Any

import pytest
from django.test import Client

from helpdesk.cases.models import Label
from helpdesk.ops import recipes
from helpdesk.users.models import CustomField, Group
from rules.models import Rule, RuleGroup
from tests import world

pytestmark = pytest.mark.django_db
LIST = "/admin/rules/recipes/"
NIGHT = f"{LIST}out_of_hours/"


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(world.admin())
    return client


def shown(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_the_six_stand_on_a_page_each_with_a_sentence(ada):
    page = shown(ada, LIST)
    assert len(recipes.RECIPES) == 6
    for recipe in recipes.RECIPES:
        assert f'href="{LIST}{recipe.key}/"' in page
        assert str(recipe.summary) in page


@pytest.mark.parametrize("recipe", recipes.RECIPES, ids=lambda recipe: recipe.key)
def test_a_look_at_each_shows_its_rules_and_what_they_need_and_changes_nothing(ada, recipe):
    page = shown(ada, f"{LIST}{recipe.key}/")
    data = recipe.read()
    for part in ("rules", "labels", "groups", "roles", "schedules"):
        for row in data.get(part, []):
            assert row["title"] in page, row["title"]
    assert "Add it" in page
    for model in (Rule, RuleGroup, Label, Group):
        assert not model.objects.exists()


def test_one_button_adds_it_switched_off_and_the_second_time_there_is_nothing_to_add(ada):
    answer: Any = ada.post(NIGHT, follow=True)
    page = answer.content.decode()
    assert "switched off until you switch them on" in page
    assert "All of it is there" in page
    assert "Add it" not in page
    assert list(Rule.objects.values_list("active", flat=True)) == [False] * 3
    assert RuleGroup.objects.filter(active=True).count() == 3
    Rule.objects.filter(list="new").update(active=True)
    ada.post(NIGHT)
    assert Rule.objects.count() == 3
    assert Rule.objects.get(list="new").active


def test_what_is_there_already_is_said_to_stay(ada):
    world.hours("Office hours")
    assert "is there already, and stays as it is" in shown(ada, NIGHT)


def test_a_desk_that_cannot_take_it_reads_why_and_nothing_is_added(ada):
    CustomField.objects.create(level="user", key="tariff", title="Tariff", kind="text")
    for answer in (ada.get(f"{LIST}vip_escalation/"), ada.post(f"{LIST}vip_escalation/")):
        page = answer.content.decode()
        assert "the type of a field that exists cannot change" in page
        assert "Add it" not in page
    assert not Rule.objects.exists()


def test_there_is_no_recipe_of_a_name_that_is_none(ada):
    for name in ("nothing", "..%2Fmanage"):
        assert ada.get(f"{LIST}{name}/").status_code == 404


@pytest.mark.parametrize("name", ["newcasesrule", "updatedcasesrule", "timerule"])
def test_each_list_of_rules_leads_to_them(ada, name):
    assert f'<a href="{LIST}">Start from a recipe</a>' in shown(ada, f"/admin/rules/{name}/")
