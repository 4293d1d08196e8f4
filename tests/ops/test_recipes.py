"""The recipes beside the identification story: each is read, understood, and the same when it comes a second time."""

import re

import pytest
from django.core.management import call_command

from helpdesk.channels.models import Language
from helpdesk.events.models import Event
from helpdesk.ops import exchange, recipe_docs, recipes
from helpdesk.users.models import CustomField
from rules import services
from rules.models import Rule
from tests import world

pytestmark = pytest.mark.django_db

ALL = [recipe.key for recipe in recipes.RECIPES]


def verbs(steps: list[exchange.Step]) -> set[str]:
    return {step.verb for step in steps}


def test_every_file_of_the_folder_is_a_recipe_and_every_recipe_a_file():
    assert sorted(path.stem for path in recipes.FOLDER.glob("*.json")) == sorted(ALL)


@pytest.mark.parametrize("key", ALL)
def test_a_recipe_comes_in_whole_and_the_second_time_changes_nothing(key):
    data = recipes.find(key).read()
    Language.objects.all().delete()  # of which each desk is made with one
    plan = exchange.load(data, keep=False)
    assert verbs(plan) == {"new"}
    assert not Rule.objects.exists()
    assert exchange.load(data, keep=True) == plan
    assert Rule.objects.filter(active=True, problem="").count() == len(data["rules"])
    assert verbs(exchange.load(data, keep=True)) == {"same"}


def test_all_recipes_stand_side_by_side():
    for recipe in recipes.RECIPES:
        exchange.load(recipe.read(), keep=True)
    again = [step for recipe in recipes.RECIPES for step in exchange.load(recipe.read(), keep=True)]
    assert verbs(again) == {"same"}


@pytest.mark.parametrize("key", ALL)
def test_what_the_customer_reads_is_there_in_every_language_that_its_rule_is_for(key):
    for rule in recipes.find(key).read()["rules"]:
        for texts in (action["values"]["texts"] for action in rule["actions"] if "texts" in action["values"]):
            assert all(texts.values())
            assert set(texts) == {"en", "de"} or key == "language_routing", rule["title"]


@pytest.mark.parametrize("key", ALL)
def test_its_page_says_what_its_rules_do(key):
    recipe = recipes.find(key)
    page = recipe_docs.page_of(recipe).read_text(encoding="utf-8")
    assert page == recipe_docs.written(recipe), "write it anew: recipe_docs.write()"
    assert all(rule["title"] in page for rule in recipe.read()["rules"])
    assert not Rule.objects.exists()


@pytest.mark.parametrize("key", ALL)
def test_its_rules_in_words_have_no_question_mark_for_something_missing(key):
    plan = recipes.plan(recipes.find(key).read())
    assert plan.adds
    for line, new in plan.lines:
        assert new
        assert " ?" not in f"{line.when} {line.then}"
        assert "{" not in line.then


def test_links_of_the_pages_lead_somewhere():
    for path in recipe_docs.FOLDER.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).is_file(), f"{path.name}: {target}"


def test_only_what_the_desk_lacks_is_added_and_nothing_of_its_own_changed(tmp_path, capsys):
    hours = world.hours("Office hours", timezone="Asia/Tokyo")
    path = str(recipes.find("out_of_hours").path)
    call_command("import_config", path, "--only-new", "--apply")
    hours.refresh_from_db()
    assert hours.timezone == "Asia/Tokyo"
    assert hours.periods.count() == 5
    rule = Rule.objects.filter(list="new").get()
    services.switch(rule, False, by=None)
    capsys.readouterr()
    call_command("import_config", path, "--only-new", "--apply")
    assert "Everything of it is there." in capsys.readouterr().out
    rule.refresh_from_db()
    assert not rule.active


def test_what_is_added_to_a_running_desk_arrives_switched_off_and_says_who_added_it():
    ada = world.admin()
    exchange.load(recipes.find("out_of_hours").read(), keep=True)
    Rule.objects.filter(list="new").delete()
    made = recipes.add("out_of_hours", by=ada)
    assert [(step.section, step.verb) for step in made] == [("rules", "new")]
    assert list(Rule.objects.order_by("list").values_list("list", "active")) == [
        ("new", False),
        ("time", True),
        ("updated", True),
    ]
    assert Event.objects.filter(kind="rule.saved").latest("pk").actor_id == ada.pk


def test_a_recipe_that_this_desk_cannot_take_says_why():
    CustomField.objects.create(level="user", key="tariff", title="Tariff", kind="text")
    ada = world.admin()
    with pytest.raises(exchange.Mistakes, match="the type of a field that exists cannot change"):
        recipes.add("vip_escalation", by=ada)
    with pytest.raises(recipes.NoSuchRecipe):
        recipes.add("../secrets", by=ada)
