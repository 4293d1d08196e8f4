"""Rules call addresses of the customer's own: signed, in order, by the outbox; a dry run calls nobody."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook as Verifier
from werkzeug import Request, Response

from helpdesk.cases.actions import ACTIONS
from helpdesk.cases.models import Case
from helpdesk.events.models import Event
from helpdesk.lib.fields import WrongValues
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Job, State
from helpdesk.users.models.fields import Source
from helpdesk.users.services import values
from rules import drafts, services
from rules.drafts import Draft, Step
from rules.models import Rule, RuleVersion, Run, Webhook
from rules.services import webhooks
from tests import world
from tests.rules.desk import do, rule

pytestmark = pytest.mark.django_db(transaction=True)

BOTH = '{"text": "{{ user.name | somebody }}: {{ message.text }}", "case": "{{ case.number }}"}'


@pytest.fixture
def bob():
    return world.customer(world.messenger("http://127.0.0.1:9/hook"))


@pytest.fixture
def came() -> list[tuple[dict[str, str], bytes, str]]:
    return []


@pytest.fixture
def hook(httpserver: HTTPServer, settings: Any, came) -> Webhook:
    """A webhook of the admin's, and a server that takes what it sends."""
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"

    def take(request: Request) -> Response:
        came.append(({k.lower(): v for k, v in request.headers.items()}, request.get_data(), request.method))
        return Response("ok")

    httpserver.expect_request("/crm").respond_with_handler(take)
    made = Webhook(title="CRM", url=httpserver.url_for("/crm"), headers="X-Token: kanarie")
    return webhooks.save(made, by=None)


def sends(hook: Webhook, **more: Any) -> dict[str, Any]:
    return do("send_webhook", webhook=hook.pk, **more)


def leave() -> None:
    """Everything that waits for a webhook of a rule leaves, or tries to."""
    for job in Job.objects.filter(kind="rules.webhook", state=State.WAITING):
        outbox.drain(job.lane_id)


def test_a_rule_sends_its_own_body_signed_and_in_order(bob, hook, came):
    rule("tell", list="new", actions=[sends(hook, body=BOTH)])
    rule("tell again", list="updated", actions=[sends(hook, body=BOTH)])
    case = world.says(bob, "first").case
    world.says(bob, "second")
    leave()
    assert [json.loads(body)["text"] for _headers, body, _method in came] == ["somebody: first", "somebody: second"]
    for headers, body, method in came:
        Verifier(hook.secret).verify(body, headers)
        assert (method, headers["x-token"], headers["content-type"]) == ("POST", "kanarie", "application/json")
    assert len({headers["webhook-id"] for headers, _body, _method in came}) == 2
    assert [attempt.ok for attempt in Attempt.objects.filter(group=webhooks.group_of(hook))] == [True, True]
    assert Event.objects.filter(kind="webhook.sent", case_id=case.pk).count() == 2


def test_by_default_it_sends_case_user_and_rule_as_the_api_shows_them(bob, hook, came):
    made = rule("tell", list="new", actions=[sends(hook)])
    case = world.says(bob, "hello").case
    leave()
    said = json.loads(came[0][1])
    assert said["case"]["case_number"] == case.number
    assert said["user"]["user_id"] == bob.pk
    assert said["rule"] == {"rule_id": made.pk, "version": made.version, "title": "tell"}


@pytest.mark.parametrize(
    "name", ['Bob", "admin": "yes', "Bob\\", "{{ case.number }}", '"}]}', "Bob\u2028", "Bob\ttab", "</script>"]
)
def test_a_name_cannot_break_out_of_the_body(bob, hook, came, name):
    values.say(bob, Source.CHANNEL, {"name": name}, by=None)
    bob.refresh_from_db()
    rule("tell", list="new", actions=[sends(hook, body='{"name": "{{ user.name }}", "plan": "free"}')])
    world.says(bob, "hello")
    leave()
    assert json.loads(came[0][1]) == {"name": bob.name, "plan": "free"}
    assert bob.name


def test_plain_text_is_sent_as_it_reads(bob, hook, came):
    rule(
        "tell",
        list="new",
        actions=[sends(hook, format="text", body='[user_full_name|somebody] said "{{ message.text }}"')],
    )
    world.says(bob, "hello")
    leave()
    assert came[0][1] == b'somebody said "hello"'
    assert came[0][0]["content-type"].startswith("text/plain")


def test_with_get_nothing_but_headers_is_sent(bob, hook, came):
    hook.method = "GET"
    webhooks.save(hook, by=None)
    rule("tell", list="new", actions=[sends(hook, body=BOTH)])
    world.says(bob, "hello")
    leave()
    headers, body, method = came[0]
    assert (body, method) == (b"", "GET")
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert headers["webhook-signature"] == Verifier(hook.secret).sign(headers["webhook-id"], at, "")


@pytest.mark.parametrize(
    ("body", "format", "problem"),
    [
        ('{"name": {{ user.name }}}', "json", "Variables stand between quotes"),
        ('{"name": "{{ user.name }}"', None, "This is no JSON"),
        ('{"name": "\\{{ user.name }}"}', None, "This is no JSON"),
        ("hello", "json", "This is no JSON"),
        ('{"name": "{{ user.password }}"}', "json", "There is no variable"),
        ("{{ rating.link }}", "text", "There is no variable"),
        ("[" * 5000, "json", "This is no JSON"),
        (5, "json", "Enter a text."),
        ("x" * 10_001, "text", "10000"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_when_it_is_saved(hook, body, format, problem):
    with pytest.raises(WrongValues) as caught:
        ACTIONS.get("send_webhook").parse({"webhook": hook.pk, "format": format, "body": body})
    assert problem in caught.value.errors["body"]


def test_what_the_receiver_refuses_for_a_moment_is_tried_again(bob, hook, httpserver, came):
    httpserver.clear()
    httpserver.expect_request("/crm").respond_with_data("busy", 503)
    rule("tell", list="new", actions=[sends(hook, body=BOTH)])
    world.says(bob, "hello")
    leave()
    job = Job.objects.get(kind="rules.webhook")
    assert (job.state, job.attempts) == (State.WAITING, 1)
    assert job.last_error == "The server answered 503 Service Unavailable."
    assert job.due_at > job.created_at


def test_a_receiver_that_is_gone_switches_its_webhook_off_and_cases_say_so(bob, hook, httpserver):
    httpserver.clear()
    httpserver.expect_request("/crm").respond_with_data("gone", 410)
    rule("tell", list="updated", actions=[sends(hook, body=BOTH)])
    case = world.says(bob, "hello").case
    world.says(bob, "again")
    leave()
    assert Webhook.objects.get().active is False
    assert Event.objects.get(kind="webhook.switched_off").red
    world.says(bob, "once more")
    assert Event.objects.get(kind="webhook.not_sent", case_id=case.pk).red
    assert not Job.objects.filter(kind="rules.webhook", state=State.WAITING).exists()


def test_a_dry_run_calls_nobody(bob, hook, came):
    case = world.says(bob, "hello").case
    draft = Draft("updated", "Try", actions=(Step("send_webhook", {"webhook": hook.pk, "body": BOTH}),))
    trial = services.on_case(draft, case)
    assert "sent the webhook “CRM”" in str(trial.actions)
    assert not trial.problem
    assert not Job.objects.filter(kind="rules.webhook").exists()
    assert came == []


@pytest.mark.parametrize(
    "url",
    [
        "https://desk.example.com/api/v1/cases/",
        "http://DESK.example.com./hook",
        "http://desk.example.com:80/",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8000/",
        "ftp://example.com/",
        "https://user:pw@example.com/",
        "http://[::1",
        "http://example.com:99999/",
        "nonsense",
        "",
    ],
)
def test_the_desk_itself_and_what_is_not_public_is_not_called(settings, url):
    settings.BASE_URL, settings.EGRESS_ALLOW_NETWORKS = "https://desk.example.com", ""
    with pytest.raises(webhooks.BadAddress) as caught:
        webhooks.check_url(url)
    assert str(caught.value)


def test_another_port_of_the_same_host_is_somebody_else(settings):
    settings.BASE_URL, settings.EGRESS_ALLOW_NETWORKS = "http://127.0.0.1:8000", "127.0.0.0/8"
    webhooks.check_url("http://127.0.0.1:9000/hook")
    with pytest.raises(webhooks.BadAddress):
        webhooks.check_url("http://127.0.0.1:8000/hook")


def test_a_webhook_that_became_the_desk_is_not_called_either(bob, hook, settings, came):
    rule("tell", list="new", actions=[sends(hook, body=BOTH)])
    world.says(bob, "hello")
    settings.BASE_URL = hook.url
    leave()
    job = Job.objects.get(kind="rules.webhook")
    assert (came, job.state) == ([], State.PARKED)


def test_neither_headers_nor_secret_stand_in_rules_versions_traces_or_events(bob, hook):
    rule("tell", list="new", actions=[sends(hook, body=BOTH)])
    world.says(bob, "hello")
    kept: list[Any] = [drafts.write(drafts.of(row)) for row in Rule.objects.with_parts()]
    kept += list(RuleVersion.objects.values_list("body", flat=True))
    kept += [bytes(run.trace) for run in Run.objects.all()]
    kept += [event.data for event in Event.objects.all()]
    kept += [(job.body, bytes(job.payload or b"")) for job in Job.objects.all()]
    assert len(kept) > 5
    assert "kanarie" not in str(kept)
    assert hook.secret not in str(kept)
    assert services.explain(Run.objects.filter(case__isnull=False).latest("pk"))


def test_cases_may_be_told_to_different_lanes_at_once(bob, hook):
    rule("tell", list="new", actions=[sends(hook, body=BOTH)])
    carol = world.customer(bob.channel.customchannel, "carol")
    cases = [world.says(one, "hello").case for one in (bob, carol)]
    lanes = Job.objects.filter(kind="rules.webhook").values_list("lane__key", flat=True)
    assert sorted(lanes) == sorted(f"hook:{hook.pk}:{case.pk}" for case in cases)
    assert Case.objects.count() == 2
