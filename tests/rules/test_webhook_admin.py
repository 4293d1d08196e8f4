"""Webhooks and macros in the admin: what is secret is shown once or never, what is wrong is told at its place."""

import json
from typing import Any

import pytest
from django.test import Client

from helpdesk.cases.models import Label, Macro
from helpdesk.lib.crypto import EncryptedTextField
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Job
from rules.models import Webhook
from tests import world
from tests.admin.pages import Admin
from tests.rules.desk import do, rule

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "rules/webhook/"
MACROS = "cases/macro/"


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.fixture
def ada(client: Client) -> Admin:
    client.force_login(world.admin(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return Admin(client)


def made(ada: Admin, **more: Any) -> Any:
    return ada.open(f"{LIST}add/").send(title="CRM", url="http://127.0.0.1:9/hook", active="on", **more)


def test_its_secret_is_shown_once_and_its_headers_never(ada):
    page = made(ada, new_headers="X-Token: kanarie")
    hook = Webhook.objects.get()
    assert page.secret == hook.secret
    assert hook.headers == "X-Token: kanarie"
    assert isinstance(Webhook._meta.get_field("headers"), EncryptedTextField)
    again = ada.open(f"{LIST}{hook.pk}/change/")
    assert hook.secret not in again.html
    assert "kanarie" not in page.html + again.html
    assert "X-Token" in again.text


def test_headers_stay_are_replaced_or_dropped(ada):
    made(ada, new_headers="X-Token: kanarie")
    address = f"{LIST}{Webhook.objects.get().pk}/change/"
    ada.open(address).send(title="CRM 2")
    assert Webhook.objects.get().headers == "X-Token: kanarie"
    ada.open(address).send(new_headers="X-Other: spatz")
    assert Webhook.objects.get().headers == "X-Other: spatz"
    ada.open(address).send(drop_headers="on")
    assert (Webhook.objects.get().headers, Webhook.objects.get().title) == ("", "CRM 2")


def test_headers_do_not_follow_to_another_server(ada):
    made(ada, new_headers="X-Token: kanarie")
    address = f"{LIST}{Webhook.objects.get().pk}/change/"
    page = ada.open(address).send(url="http://127.0.0.2:9/hook")
    assert "another server" in page.read.errors["new_headers"]
    assert Webhook.objects.get().url == "http://127.0.0.1:9/hook"
    ada.open(address).send(url="http://127.0.0.2:9/hook", drop_headers="on")
    assert (Webhook.objects.get().url, Webhook.objects.get().headers) == ("http://127.0.0.2:9/hook", "")


def test_headers_do_not_leave_in_plain_text_because_an_s_was_dropped(ada):
    ada.open(f"{LIST}add/").send(title="CRM", url="https://127.0.0.1:9/hook", active="on", new_headers="X-Token: k")
    page = ada.open(f"{LIST}{Webhook.objects.get().pk}/change/").send(url="http://127.0.0.1:9/hook")
    assert "another server" in page.read.errors["new_headers"]
    assert Webhook.objects.get().url == "https://127.0.0.1:9/hook"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("url", "http://169.254.169.254/latest/meta-data", "public internet"),
        ("url", "http://10.0.0.8/hook", "public internet"),
        ("url", "ftp://example.com/", "not a complete web address"),
        ("url", "nonsense", "not a complete web address"),
        ("new_headers", "no header", "is no header"),
        ("new_headers", "webhook-signature: v1,x", "set by the helpdesk itself"),
        ("new_headers", "Cookie: x=1", "set by the helpdesk itself"),
        ("title", "", "required"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_kept(ada, field, value, problem):
    page = ada.open(f"{LIST}add/").send(**{"title": "CRM", "url": "http://127.0.0.1:9/", "active": "on", field: value})
    assert problem in page.read.errors[field]
    assert not Webhook.objects.exists()


def test_the_desk_itself_is_refused(ada, settings):
    settings.BASE_URL = "https://desk.example.com"
    page = ada.open(f"{LIST}add/").send(title="Us", url="https://desk.example.com/api/v1/", active="on")
    assert "the helpdesk itself" in page.read.errors["url"]


def test_a_test_is_sent_once_and_what_came_of_it_is_shown(ada, httpserver):
    httpserver.expect_request("/hook").respond_with_data("no", 500)
    ada.open(f"{LIST}add/").send(title="CRM", url=httpserver.url_for("/hook"), active="on")
    hook = Webhook.objects.get()
    ada.open(f"{LIST}{hook.pk}/change/").send("_test")
    (job,) = Job.objects.filter(kind="rules.webhook")
    outbox.drain(job.lane_id)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("parked", 1)
    assert "The server answered 500" in ada.open(f"{LIST}{hook.pk}/change/").text


def test_a_new_secret_takes_the_place_of_the_old_one(ada):
    first = made(ada).secret
    page = ada.open(f"{LIST}{Webhook.objects.get().pk}/change/").send("_rotate")
    assert page.secret == Webhook.objects.get().secret != first


def test_before_it_is_deleted_the_rules_that_need_it_are_named(ada):
    made(ada)
    hook = Webhook.objects.get()
    rule("tell the CRM", actions=[do("send_webhook", webhook=hook.pk)])
    assert "tell the CRM" in ada.open(f"{LIST}{hook.pk}/delete/").text


# Macros


def test_a_macro_is_made_by_the_editor(ada):
    rows = {"actions": [{"kind": "set_priority", "values": {"priority": "high"}}]}
    ada.open(f"{MACROS}add/").send(title="Urgent", draft=json.dumps(rows))
    assert Macro.objects.get().actions == [{"kind": "set_priority", "values": {"priority": "high"}}]
    assert "Set the priority to high" in ada.open(MACROS).text


def test_a_macro_is_made_without_a_script(ada):
    steps = [{"kind": "add_note", "values": {"text": "Looked at"}}]
    ada.open(f"{MACROS}add/").send(title="Seen", steps=json.dumps(steps))
    assert Macro.objects.get().actions == steps
    address = f"{MACROS}{Macro.objects.get().pk}/change/"
    ada.open(address).send(steps=json.dumps([*steps, {"kind": "set_priority", "values": {"priority": "low"}}]))
    assert len(Macro.objects.get().actions) == 2


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ("nonsense", "valid JSON"),
        ("[]", "between 1 and 50 actions"),
        ('[{"kind": "run_macro", "values": {"macro": 1}}]', "cannot stand in a macro"),
        ('[{"kind": "set_status", "values": {"status": "x"}}]', "0.status: What was chosen here no longer exists (x)."),
    ],
)
def test_a_macro_that_makes_no_sense_is_not_kept(ada, steps, problem):
    page = ada.open(f"{MACROS}add/").send(title="Bad", steps=steps)
    assert problem in page.text
    assert not Macro.objects.exists()


def test_the_editor_is_told_what_is_wrong_by_row(ada):
    rows = {"actions": [{"kind": "set_priority", "values": {"priority": "x"}}, {"kind": "run_macro", "values": {}}]}
    page = ada.open(f"{MACROS}add/").send(title="Bad", draft=json.dumps(rows))
    assert '"actions.0.priority"' in page.html
    assert '"actions.1"' in page.html
    assert not Macro.objects.exists()


@pytest.mark.parametrize(
    "draft", ["nonsense", "[]", "{}", '{"actions": 5}', '{"actions": [5]}', '{"actions": [{"values": 5}]}']
)
def test_whatever_a_browser_sends_is_an_answer_and_no_error(ada, draft):
    page = ada.open(f"{MACROS}add/").send(title="Bad", draft=draft)
    assert page.status == 200
    assert not Macro.objects.exists()


def test_an_agents_own_macro_is_not_an_administrators_business(ada):
    own = Macro.objects.create(title="Mine", owner=world.agent("Ann"), actions=[{"kind": "end_chat", "values": {}}])
    assert "Mine" not in ada.open(MACROS).text
    assert ada.client.get(f"/admin/{MACROS}{own.pk}/change/").status_code == 302


def test_a_stored_macro_that_broke_says_so(ada):
    label = Label.objects.create(title="refund")
    macro = Macro.objects.create(title="Refund", actions=[{"kind": "add_labels", "values": {"labels": [label.pk]}}])
    label.delete()
    assert "no longer exists" in ada.open(MACROS).text
    assert '"actions.0.labels"' in ada.open(f"{MACROS}{macro.pk}/change/").html
