"""Tries of somebody who wants in, wants to be somebody else, or wants it to fall over; one test for each that went
through once."""

import base64
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.channels.models import Channel, Widget
from helpdesk.lib import text, uploads
from helpdesk.outbox.kinds import JOBS
from helpdesk.outbox.models import Job
from helpdesk.users.api import idempotency
from helpdesk.users.models import Agent, Company, Profile, StoredAnswer
from helpdesk.users.services import profiles, sessions, values
from tests import rights, world

pytestmark = pytest.mark.django_db

DIGITS = "9" * 5000  # more than Python turns into a number
# What needs no session: keys, the widget's visitors, and addresses that are a proof by themselves.
OPEN = ("/api/", "/widget/", "/sign-in/", "/links/", "/r/")


@pytest.fixture
def channel(db: None) -> Any:
    return world.messenger("http://127.0.0.1:9/hook")


@pytest.fixture
def ann(channel: Any) -> Agent:
    return world.agent("Ann", sees=[channel.channel_ptr])


@pytest.fixture
def call(ann: Agent) -> Any:
    """`call("POST", "cases/", {…})` → the answer."""
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {world.api_key(ann)}"})

    def ask(method: str, path: str, body: Any = b"", kind: str = "application/json", **headers: str) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.generic(method, f"/api/v1/{path}", raw, content_type=kind, headers=headers)

    return ask


def new(channel: Any, **more: Any) -> dict[str, Any]:
    return {"channel": channel.api_key, "user_custom_id": "bob", "content": "hello", **more}


def form(*parts: tuple[str, str, bytes]) -> tuple[bytes, str]:
    """A multipart body: (name, file name or "", content)."""
    said = b"".join(
        b'--B\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (name.encode(), b'; filename="%s"' % file.encode() if file else b"", content)
        for name, file, content in parts
    )
    return said + b"--B--\r\n", "multipart/form-data; boundary=B"


# — requests that are meant to break something —


@pytest.mark.promise("A27", "A28")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("OPTIONS", "cases/", 405),
        ("OPTIONS", "users/1/", 405),
        ("GET", f"users/{DIGITS}/", 404),
        ("GET", f"cases/{DIGITS}/", 404),
        ("GET", f"custom_channels/cch{DIGITS}/", 404),
        ("GET", f"users/?user_custom_id=x&user_custom_channel=cch{DIGITS}", 200),
        ("GET", "cases/?limit=0000011000000", 400),
        ("GET", "cases/?limit=-1", 400),
        ("GET", f"cases/?user_id={DIGITS}", 400),
        ("GET", "cases/?from_time=0001-01-01T00:00:00%2B14:00", 400),
        ("GET", "cases/?to_time=9999-12-31T23:59:59-14:00", 400),
        ("GET", "cases/?cursor=" + base64.urlsafe_b64encode(b"id:" + b"9" * 4000).decode(), 200),
        ("GET", "cases/?cursor=" + base64.urlsafe_b64encode(b"id:" + b"9" * 5000).decode(), 400),
        ("GET", "events/?after=" + base64.urlsafe_b64encode(b"1.0." + b"9" * 5000).decode(), 422),
    ],
)
def test_a_strange_address_is_answered_and_breaks_nothing(call, method, path, status):
    assert call(method, path).status_code == status


@pytest.mark.both
@pytest.mark.promise("A28")
@pytest.mark.parametrize(
    "address",
    [
        "/cases/%00/",
        "/views/all/?after=%00",
        "/widget/v1/identify/1-%00/texts",
        "/widget/v1/chat/1-%00/config/",
        "/api/v1/cases/12-%00/",
        "/api/v1/cases/?user_custom_id=%00",
        "/api/v1/users/?external_id=a%00",
        "/sign-in/%00/",
        "/nowhere/%00",
    ],
)
def test_a_nul_in_an_address_is_refused_before_the_database_sees_it(ann, address):
    client = Client(headers={"Authorization": f"Bearer {world.api_key(ann)}"})
    client.force_login(ann)
    assert client.get(address).status_code == 400


@pytest.mark.both
def test_a_nul_in_a_cookie_is_refused_before_the_database_sees_it(db):
    """Cookies may write characters as octal numbers, and Python reads them."""
    for cookie in ('hd_session="\\000abcdefgh"', 'other="a\\000"'):
        assert Client().get("/", headers={"Cookie": cookie}).status_code == 400
    assert Client().get("/", headers={"Cookie": "hd_session=unknown; other=x"}).status_code == 302


@pytest.mark.promise("A28")
@pytest.mark.parametrize(
    "strange",
    [
        {"labels": [10**30]},
        {"group_id": 10**30},
        {"staff_id": 2**63},
        {"user_id": 10**30},
        {"labels": [{}]},
        {"priority": {}},
        {"user_custom_id": 7},
        {"custom_fields": []},
        {"custom_fields": {f"cf_{DIGITS}": 1}},
        {"subject": "x" * 301},
        {"content": True},
        {"attachment_urls": [{}]},
        {"attachment_urls": ["http://127.0.0.1:22/"]},
    ],
    ids=str,
)
def test_a_strange_body_is_refused_and_breaks_nothing(call, channel, strange):
    assert call("POST", "cases/", new(channel, **strange)).status_code in {400, 422}
    assert not Case.objects.exists()


def test_a_field_with_an_endless_number_for_a_name_is_refused(call, channel):
    made = call("POST", "cases/", new(channel)).json()
    changed = call("PATCH", f"cases/{made['case_id']}/", {"custom_fields": {f"cf_{DIGITS}": 1}})
    assert changed.status_code == 422


@pytest.mark.promise("A22")
@pytest.mark.parametrize(
    "parts",
    [[(f"f{number}", "", b"x") for number in range(2000)], [(f"f{number}", "a", b"x") for number in range(300)]],
    ids=["fields", "files"],
)
def test_a_form_of_very_many_parts_is_refused(call, parts):
    assert call("POST", "cases/", *form(*parts)).status_code == 400


@pytest.mark.promise("A22")
def test_a_form_that_is_too_large_is_not_read(call, monkeypatch):
    monkeypatch.setattr(uploads, "MOST", 1000)
    assert call("POST", "cases/", *form(("attachments", "a.txt", b"x" * 2000))).status_code == 413
    page = Client(raise_request_exception=False)
    told = {"login": "ann@example.com", "password": SimpleUploadedFile("a.txt", b"x" * 2000)}
    assert page.post("/accounts/login/", told).status_code == 400


@pytest.mark.promise("A22")
def test_a_form_of_unknown_length_is_read_to_the_limit_only(monkeypatch):
    monkeypatch.setattr(uploads, "MOST", 1000)
    reader = uploads.Capped()
    assert reader.receive_data_chunk(b"x" * 900, 0) == b"x" * 900
    with pytest.raises(RequestDataTooBig):
        reader.receive_data_chunk(b"x" * 101, 900)


def test_two_companies_of_one_name_do_not_stop_the_customer(call, channel):
    """Races and people make them; once there were two, each message that named them was lost."""
    first, _second = Company.objects.create(name="Acme"), Company.objects.create(name="Acme")
    made = call("POST", "cases/", new(channel, company_name="Acme"))
    assert made.status_code == 201
    assert Profile.objects.get(pk=made.json()["user_id"]).person.company_id == first.pk


def test_a_change_that_is_refused_in_part_changes_nothing(call, channel):
    made = call("POST", "cases/", new(channel)).json()
    body = {"status": "closed", "priority": "high", "custom_fields": {"nothing": 1}}
    assert call("PATCH", f"cases/{made['case_id']}/", body).status_code == 422
    case = Case.objects.get(pk=made["case_id"])
    assert (case.status, case.priority, case.active_chat) == ("open", "normal", True)


def test_a_visitor_s_endless_custom_fields_cost_no_more_than_a_few(db, django_assert_max_num_queries):
    """Where a widget believes the page, anybody may send them: each unknown one cost a query and a copy of all."""
    widget = Widget.objects.create(title="Shop", trust_page_data=True)
    world.tariff()
    fields = {f"x{number}": 1 for number in range(50_000)}
    body = json.dumps({"user_email": "bob@example.com", "custom_fields": {**fields, "tariff": "VIP"}})
    began = time.monotonic()
    with django_assert_max_num_queries(60):
        path = f"/widget/v1/identify/{widget.public_id}/codes"
        made = Client().post(path, body, content_type="application/json")
    assert made.status_code == 201
    assert time.monotonic() - began < 5
    assert len(made.json()["ignored"]) == 100


@pytest.mark.promise("A34")
def test_each_page_that_changes_something_wants_the_token_of_the_session(ann, channel):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.admin())
    said = world.says(world.customer(channel), "hello")
    ids = {"number": said.case.number, "message": said.message.pk}
    paths = [rights.fill(row.path, ids) for row in rights.rows() if row.method == "POST"]
    pages = [path for path in paths if "{" not in path and not path.startswith(OPEN)]
    pages = [path for path in pages if path not in {"/accounts/email/", "/demo/messenger/webhook/"}]
    assert len(pages) > 20
    assert {path: strict.post(path).status_code for path in pages if strict.post(path).status_code != 403} == {}


def test_a_list_of_users_asks_the_database_no_oftener_for_many(call, channel, django_assert_max_num_queries):
    for number in range(30):
        world.customer(channel, f"user-{number}")
    with django_assert_max_num_queries(6):
        assert len(call("GET", "users/").json()["results"]) == 30


# — being taken for somebody else —


@pytest.mark.parametrize("typed", ["\u212aevin@example.com", "ke\u017fin@example.com", "ｋevin@example.com"])
def test_letters_that_only_look_plain_make_no_address_of_somebody_else(typed):
    """The Kelvin sign in lower case is a k."""
    with pytest.raises(text.BadAddress):
        text.normal_email(typed)


def test_a_domain_is_not_taken_for_another_that_is_spelt_alike():
    assert text.normal_email("bob@straße.de") == "bob@xn--strae-oqa.de"
    assert text.normal_email("bob@strasse.de") == "bob@strasse.de"
    assert text.normal_email("bob@BÜCHER.example") == "bob@xn--bcher-kva.example"


def test_the_id_of_an_account_that_looks_like_an_address_gets_no_mail(db):
    """An external id is any text; it was never said to be an address."""
    stranger = profiles.meet("external", "victim@example.com\nBcc: everybody@example.com")
    got = cases.receive(stranger, Channel.objects.get(kind="email"), cases.Draft(text="hello"))
    answer = cases.reply(got.case, "a secret", by=world.admin())
    outcome = JOBS.get("mail").run(Job.objects.get(message_id=answer.pk))
    assert (outcome.ok, outcome.final) == (False, "failed")
    assert mail.outbox == []


@pytest.mark.promise("A38")
def test_the_link_in_a_mail_leads_to_our_own_address_whatever_the_host_header_says(ann, settings):
    settings.BASE_URL, settings.ALLOWED_HOSTS = "https://desk.example.com", ["*"]
    Client().post("/accounts/password/reset/", {"email": ann.email}, headers={"Host": "evil.example"})
    (sent,) = mail.outbox
    assert "https://desk.example.com/accounts/password/reset/key/" in sent.body
    assert "http://evil.example/accounts" not in sent.body


@pytest.mark.promise("A36")
def test_nobody_can_have_mail_sent_to_strangers(ann):
    known = Client().post("/accounts/password/reset/", {"email": ann.email})
    unknown = Client().post("/accounts/password/reset/", {"email": "stranger@example.com"})
    assert [sent.to for sent in mail.outbox] == [[ann.email]]
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


def test_an_agent_cannot_take_the_address_of_a_colleague(ann):
    eve = Client()
    eve.force_login(world.agent("Eve"))
    answer = eve.post("/accounts/email/", {"action_add": "", "email": ann.email})
    assert answer.status_code == 404
    Client().post("/accounts/password/reset/", {"email": ann.email})
    assert len(mail.outbox) == 1


@pytest.mark.promise("A36")
def test_behind_our_proxy_sign_ins_are_counted_by_visitor(ann, settings):
    """One visitor's wrong passwords must not lock everybody out who comes through the same proxy."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    wrong = {"login": "nobody@example.com", "password": "x"}
    first = [Client().post("/accounts/login/", wrong, headers={"X-Forwarded-For": "192.0.2.1"}) for _ in range(60)]
    assert first[-1].status_code == 429
    right = {"login": ann.email, "password": world.PASSWORD}
    assert Client().post("/accounts/login/", right, headers={"X-Forwarded-For": "192.0.2.2"}).status_code == 302


# — the same once more, and in between —


@pytest.mark.promise("P22")
def test_two_files_of_one_name_and_size_are_two_requests(call, channel):
    def upload(content: bytes) -> Any:
        body, kind = form(("user_custom_id", "", b"bob"), ("external_id", "", b"1"), ("attachments", "a.txt", content))
        return call("POST", f"custom_channels/{channel.api_key}/messages/", body, kind, **{"Idempotency-Key": "k"})

    assert upload(b"one").status_code == 201
    assert upload(b"one")["Idempotent-Replayed"] == "true"
    assert upload(b"two").status_code == 422


@pytest.mark.promise("P22")
def test_a_worker_that_was_too_slow_leaves_no_second_effect(call, channel, monkeypatch):
    """Between its claim and its work somebody else took the claim over."""
    real = idempotency.claim

    def claim(*args: Any) -> Any:
        claimed = real(*args)
        StoredAnswer.objects.update(created_at=timezone.now() + timedelta(seconds=1))
        return claimed

    monkeypatch.setattr(idempotency, "claim", claim)
    assert call("POST", "cases/", new(channel), **{"Idempotency-Key": "k"}).status_code == 409
    assert not Message.objects.exists()
    assert StoredAnswer.objects.count() == 1, "the claim is the other's"


def test_a_claim_is_taken_over_by_one_only(call, channel, ann):
    key = ann.api_keys.get()
    old = timezone.now() - idempotency.STALE - timedelta(seconds=1)
    row = StoredAnswer.objects.create(api_key=key, key="k", fingerprint="f", created_at=old)
    same = StoredAnswer.objects.get(pk=row.pk)
    assert idempotency._take_over(row)
    assert not idempotency._take_over(same)


# — what strangers see and leave behind —


def test_strangers_are_not_told_how_the_desk_is_built(settings):
    settings.METRICS_TOKEN = "of the operator"
    told = Client().get("/readyz").json()
    assert {check["detail"] for check in told["checks"].values()} == {""}
    inside = Client().get("/readyz", headers={"Authorization": "Bearer of the operator"}).json()
    assert inside["checks"]["database"]["detail"]


def test_sessions_that_have_run_out_are_forgotten(db):
    Client().get("/accounts/login/")
    assert not Session.objects.exists(), "who only looks at the door leaves no row"
    Client().force_login(world.admin())
    alive = Session.objects.get()
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1))
    assert sessions.forget_old() == 1
    assert list(Session.objects.all()) == [alive]


def test_a_name_of_nothing_but_invisible_letters_is_none(channel):
    bob = world.customer(channel)
    values.say(bob, "api", {"name": "\u200b\u2060\u202e \u3164", "position": "\x9bboss\x85"}, by=None)
    person = Profile.objects.get(pk=bob.pk).person
    assert (person.name, person.position) == ("", "boss")
