"""Inputs without a label beside them have a name all the same, for those who do not see the column."""

import re

from django.contrib import admin as django_admin

from helpdesk.cases.models import Label
from helpdesk.lib.admin import NamedAdmin
from helpdesk.users.models import Agent
from rules import services as rules
from rules.drafts import Draft, Step, Term
from tests import world


def visible(html: str, prefix: str) -> list[str]:
    """The tags of inputs whose name begins like this, without hidden ones and the empty row for scripts."""
    tags = re.findall(rf'<(?:input|select|textarea)[^>]*name="{prefix}[^>]*>', html)
    return [tag for tag in tags if 'type="hidden"' not in tag and "__prefix__" not in tag]


def test_rows_of_a_table_in_a_form_are_named_by_their_columns(admin):
    made = rules.save(
        Draft("new", "Greet", all=(Term("user.identified", "no"),), actions=(Step("add_note", {"text": "look"}),)),
        by=None,
    )
    html = admin.open(f"rules/newcasesrule/{made.pk}/change/").html
    for prefix in ("conditions-", "actions-"):
        tags = visible(html, prefix)
        assert len(tags) > 4
        assert [tag for tag in tags if "aria-label=" not in tag] == []
    assert 'aria-label="Delete"' in html


def test_inputs_in_a_list_are_named(rf, db):
    class Editing(NamedAdmin[Label]):
        list_display = ("pk", "title")
        list_editable = ("title",)

    request = rf.get("/")
    request.user = world.admin()
    form = Editing(Label, django_admin.site).get_changelist_form(request)
    assert 'aria-label="Title"' in str(form()["title"])


def test_the_halves_of_a_date_with_time_are_named(rf, db):
    plain = NamedAdmin(Agent, django_admin.site)
    field = plain.formfield_for_dbfield(Agent._meta.get_field("last_login"), rf.get("/"))
    html = field.widget.render("last_login", None, {"id": "x"})
    assert ('aria-label="Date"' in html, 'aria-label="Time"' in html) == (True, True)


def test_boxes_to_tick_keep_the_names_of_their_own(admin):
    html = admin.open("users/agent/add/").html
    assert [tag for tag in visible(html, "channels") if "aria-label" in tag] == []
