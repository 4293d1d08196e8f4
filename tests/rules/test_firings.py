"""From a rule to what it did: the cases, the passes, and what is left when these are gone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from helpdesk.cases.models import Case
from rules import services
from rules.models import Firing, Rule, Run
from tests import world
from tests.rules.desk import do, rule, when

pytestmark = pytest.mark.django_db

SEES = [when("message.text", "contains_any", ["invoice"])]


@pytest.fixture
def case() -> Case:
    return world.says(world.customer(world.messenger(), "bob"), "hello").case


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(world.admin())
    return client


def passes_of(row, admin: Client) -> str:
    return admin.get(reverse("admin:rules_updatedcasesrule_passes", args=[row.pk])).content.decode()


def test_a_rule_shows_the_passes_in_which_it_did_something_and_no_others(admin: Client, case: Case) -> None:
    fires, other = rule("Invoices", all=SEES), rule("Nothing", all=[when("message.text", "contains_any", ["x9"])])
    world.says(case.profile, "my invoice is wrong")
    world.says(case.profile, "hello?")
    run = Run.objects.filter(case=case).order_by("pk").first()
    page = passes_of(fires, admin)
    assert run is not None
    assert reverse("case_run", args=[case.number, run.pk]) in page
    assert [row.outcome for row in Firing.objects.all()] == ["fired"]
    assert case.number not in passes_of(other, admin)
    editor = admin.get(reverse("admin:rules_updatedcasesrule_change", args=[fires.pk])).content.decode()
    assert reverse("admin:rules_updatedcasesrule_passes", args=[fires.pk]) in editor


def test_one_that_failed_stands_there_too(admin: Client, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    row = rule("Fails", all=SEES, actions=[do("send_message", texts={"en": "ok"})])
    monkeypatch.setattr("helpdesk.cases.actions.talking.cases.reply", _broken)
    world.says(case.profile, "my invoice is wrong")
    assert [one.outcome for one in Firing.objects.filter(rule_id=row.pk)] == ["failed"]
    assert "failed" in passes_of(row, admin)


def _broken(*args: object, **more: object) -> None:
    raise ValueError("out of ink")


def test_when_the_trace_is_gone_the_line_goes_too(case: Case) -> None:
    row = rule("Invoices", all=SEES)
    world.says(case.profile, "my invoice is wrong")
    long_ago = timezone.now() - timedelta(days=400)
    Run.objects.update(at=long_ago)
    Firing.objects.update(at=long_ago)
    assert services.forget_old() == 2
    assert not Firing.objects.filter(rule_id=row.pk).exists()


def test_a_rule_that_is_deleted_meanwhile_costs_no_message(case: Case) -> None:
    row = rule("Invoices", all=SEES)
    services.now()
    for rows in (row.conditions.all(), row.actions.all(), row.versions.all(), Rule.objects.filter(pk=row.pk)):
        rows._raw_delete("default")  # as another process does, unseen by this one
    assert world.says(case.profile, "my invoice is wrong").message.pk


def test_the_page_goes_on_where_it_ended_with_as_many_queries(
    admin: Client, case: Case, django_assert_max_num_queries
) -> None:
    row = rule("Invoices", all=SEES)
    world.says(case.profile, "my invoice is wrong")
    (one,) = Firing.objects.all()
    Firing.objects.bulk_create(
        Firing(rule_id=row.pk, case=case, occasion=one.occasion, outcome="fired") for _ in range(60)
    )
    with django_assert_max_num_queries(12):
        page = passes_of(row, admin)
    assert page.count(f">{case.number}<") == 50
    assert "?before=" in page
