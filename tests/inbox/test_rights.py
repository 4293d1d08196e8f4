"""Who sees what in the inbox: Ann her channels, Eve nothing, strangers the sign-in page."""

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.inbox import urls
from tests import world

pytestmark = pytest.mark.django_db

# Every address of the inbox, how it is asked, and with what. A new one has to be added here.
OPERATIONS = {
    "home": ("get", {}),
    "tray": ("get", {}),
    "rows": ("get", {}),
    "statistics": ("get", {}),
    "agent_status": ("post", {"status": "999"}),
    "agent_statuses": ("get", {}),
    "notifications": ("get", {}),
    "notification_menu": ("get", {}),
    "notification_rows": ("get", {}),
    "notification_read": ("post", {"notification": "all"}),
    "conflicts": ("get", {}),
    "conflict_rows": ("get", {}),
    "conflict": ("get", {}),
    "decide": ("post", {"verdict": "link", "reason": "the same"}),
    "ledger": ("get", {}),
    "ledger_csv": ("get", {}),
    "person": ("get", {}),
    "person_save": ("post", {"name": "Bob"}),
    "person_block": ("post", {"blocked": "yes"}),
    "person_merge": ("get", {}),
    "person_merge_plan": ("post", {"with": "2"}),
    "person_split": ("get", {}),
    "person_split_plan": ("post", {"user": "1"}),
    "person_decide": ("post", {"plan_hash": "x", "reason": "the same"}),
    "person_operations": ("get", {}),
    "person_undo": ("post", {}),
    "case": ("get", {}),
    "fresh": ("get", {}),
    "colleagues": ("get", {}),
    "write": ("post", {"kind": "reply", "text": "hi"}),
    "again": ("post", {}),
    "cancel": ("post", {}),
    "assign": ("post", {"agent": "me"}),
    "status": ("post", {"status": "closed"}),
    "end_chat": ("post", {"status": "pending"}),
    "snooze": ("post", {"for": "hours"}),
    "macro": ("post", {"macro": "1"}),
    "macros": ("get", {}),
}
OF_A_CASE = {
    "case",
    "fresh",
    "colleagues",
    "write",
    "again",
    "cancel",
    "assign",
    "status",
    "end_chat",
    "snooze",
    "macro",
    "macros",
}


# What stands in an address that is of no case.
MORE: dict[str, list[Any]] = {"tray": ["all"], "rows": ["all"], "person_undo": [1, 1]}
MORE |= {name: [1] for name in ("conflict", "decide", "ledger", "ledger_csv")}
MORE |= {f"person_{page}": [1] for page in ("merge", "merge_plan", "split", "split_plan", "decide", "operations")}
MORE |= {name: [1] for name in ("person", "person_save", "person_block")}


def address(name: str, case: Case) -> str:
    if name not in OF_A_CASE:
        return reverse(f"inbox:{name}", args=MORE.get(name, []))
    more = [case.last_message_id] if name in {"again", "cancel"} else []
    return reverse(f"inbox:{name}", args=[case.number, *more])


def ask(client, name: str, case: Case, **headers):
    method, data = OPERATIONS[name]
    return getattr(client, method)(address(name, case), data, headers=headers)


def test_every_address_of_the_inbox_is_in_the_matrix():
    assert {pattern.name for pattern in urls.urlpatterns} == set(OPERATIONS)
    assert "inbox" in get_resolver().app_dict


@pytest.mark.promise("P26")
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_stranger_is_sent_to_the_sign_in_page(client, case, name):
    answer = ask(client, name, case)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_part_of_a_page_is_answered_with_the_way_to_sign_in(client, case, name):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/views/mine/?after=1"}
    answer = ask(client, name, case, **headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == reverse("account_login") + "?next=/views/mine/%3Fafter%3D1"


@pytest.mark.promise("P26")
@pytest.mark.parametrize("name", sorted(OF_A_CASE))
def test_to_eve_a_foreign_case_does_not_exist(as_eve, case, name):
    before = Event.objects.count()
    answer = ask(as_eve, name, case)
    assert answer.status_code == 404
    assert Event.objects.count() == before


@pytest.mark.promise("P26")
@pytest.mark.parametrize("name", ["home", "tray", "rows"])
def test_eves_lists_and_numbers_are_empty(as_eve, case, name):
    page = ask(as_eve, name, case).content.decode()
    assert case.number not in page
    assert ', 1 case"' not in page


@pytest.mark.parametrize("name", OPERATIONS)
def test_somebody_deactivated_is_a_stranger(as_ann, ann, case, name):
    ann.is_active = False
    ann.save()
    assert ask(as_ann, name, case).status_code == 302


@pytest.mark.promise("P26")
def test_a_group_hides_a_case_from_those_who_are_not_in_it_unless_it_is_theirs(as_ann, ann, case):
    cases.set_group(case, world.group("Secret"), by=None)
    assert ask(as_ann, "case", case).status_code == 404
    cases.assign(case, ann, by=None)
    assert ask(as_ann, "case", case).status_code == 200


def test_an_admin_sees_all_cases(client, case):
    client.force_login(world.admin())
    assert ask(client, "case", case).status_code == 200
    assert case.number in ask(client, "home", case).content.decode()


@pytest.mark.promise("P26")
def test_a_message_of_another_case_cannot_be_sent_again_through_ones_own(as_ann, case, channel):
    forum = world.messenger("http://127.0.0.1:9/hook", title="Forum")
    foreign = world.says(world.customer(forum), "a secret").message
    address = reverse("inbox:again", args=[case.number, foreign.pk])
    assert as_ann.post(address).status_code == 404


@pytest.mark.promise("P26")
def test_the_panel_names_only_those_other_cases_that_the_agent_may_see(as_ann, case, bob):
    forum = world.messenger("http://127.0.0.1:9/hook", title="Forum", sync=False)
    there = world.customer(forum, "bob-in-the-forum")
    there.person = bob.person
    there.save(update_fields=["person"])
    world.says(there, "a question in the forum")
    page = as_ann.get(reverse("inbox:case", args=[case.number])).content.decode()
    assert "a question in the forum" not in page


def test_only_posts_change_anything(as_ann, case):
    for name, (method, _data) in OPERATIONS.items():
        other = as_ann.get if method == "post" else as_ann.post
        assert other(address(name, case)).status_code == 405


def test_nothing_of_the_inbox_is_kept_by_a_browser_or_a_proxy(as_ann, case):
    for name in ("home", "rows", "case", "fresh"):
        assert "no-store" in ask(as_ann, name, case)["Cache-Control"]


def test_forms_need_their_token(case, ann):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ann)
    assert ask(strict, "status", case).status_code == 403
