"""docs/rules.md says what the tables say."""

from helpdesk.cases.actions import ACTIONS
from helpdesk.lib.fields import FIELDS
from rules import docs


def test_the_page_about_rules_is_up_to_date():
    assert docs.PATH.read_text(encoding="utf-8") == docs.page(), "write it anew: rules.docs.write()"


def test_the_page_has_every_field_operator_and_action():
    page = docs.page()
    for key in [*(field.key for field in FIELDS), *(kind.key for kind in ACTIONS)]:
        assert f"`{key}`" in page
    for field in FIELDS:
        assert all(f"`{operator.key}`" in page for operator in field.operators)
