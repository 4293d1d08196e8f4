"""docs/rules.md says what the tables say."""

import json
import re

import pytest

from helpdesk.cases import texts
from helpdesk.cases.actions import ACTIONS
from helpdesk.channels.models import Language
from helpdesk.lib.fields import FIELDS
from rules import catalogue, docs, drafts, services
from rules.models import Rule, RuleList


def test_the_page_about_rules_is_up_to_date():
    assert docs.PATH.read_text(encoding="utf-8") == docs.page(), "write it anew: rules.docs.write()"


def test_the_page_has_every_field_operator_action_input_and_variable():
    page = docs.page()
    for key in [*(field.key for field in FIELDS), *(kind.key for kind in ACTIONS)]:
        assert f"`{key}`" in page
    for field in FIELDS:
        assert all(f"`{operator.key}`" in page for operator in field.operators)
    for kind in ACTIONS:
        assert all(f"`{one.name}` {one.label}" in page for one in kind.inputs)
    assert all(f"`{{{{ {one.name} }}}}`" in page for one in texts.VARIABLES)


def test_links_within_the_page_lead_somewhere():
    page = docs.page()
    heads = {head.lower().replace(",", "").replace(" ", "-") for head in re.findall(r"^#+ (.+)$", page, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= heads


def test_each_section_has_an_example_that_can_be_used():
    sections = {catalogue.schema.section(key) for key, _operator, _value in catalogue.EXAMPLES}
    assert sections == {catalogue.schema.section(field.key) for field in FIELDS}
    by_key = {field.key: field for field in FIELDS}
    for key, operator, value in catalogue.EXAMPLES:
        assert by_key[key].parse(operator, value) == value


@pytest.mark.django_db
def test_the_rule_on_the_page_can_be_saved():
    Language.objects.get_or_create(code="en", defaults={"title": "English", "is_default": True})
    written = re.search(r"```json\n(.+?)```", docs.page(), re.S)
    assert written
    draft, errors = drafts.read(json.loads(written[1]))
    assert not errors
    services.save(draft, by=None)
    assert Rule.objects.get().list == RuleList.UPDATED
