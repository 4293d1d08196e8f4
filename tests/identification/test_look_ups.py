"""When the company's user database is asked for somebody, and what becomes of the conversation meanwhile."""

import socket
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from channels_custom.models import CustomChannel
from helpdesk.cases import services as cases
from helpdesk.cases.models import Case
from helpdesk.channels.models import Widget
from helpdesk.events.models import Event
from helpdesk.live.facts import facts_of
from helpdesk.outbox import services as outbox
from helpdesk.outbox.models import Attempt, Endpoint, Job
from helpdesk.users.models import Agent, Link, Person, Profile, Value
from helpdesk.users.models.fields import Source
from helpdesk.users.models.people import ProfileKind
from helpdesk.users.services import blocking, identity, profiles, values
from identification.models import LookUp, LookUpResult, SigningKey
from identification.services import forgetting, look_ups
from identification.services.look_up_requests import BadUrl, address
from rules.models import Run
from tests import world
from tests.identification import databases
from tests.identification.asking import ask, claims, sign
from tests.identification.databases import Database
from tests.lib.rogue import Rogue, rogue
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.fixture
def there() -> Any:
    with databases.database() as made:
        yield made


@pytest.fixture
def account(messenger: CustomChannel) -> Profile:
    """Bob's id in the messenger."""
    return world.customer(messenger, "A-1001")


def person(profile: Profile) -> Person:
    return Person.objects.get(profiles=profile)


def outcomes() -> list[tuple[str, int | None]]:
    return list(LookUpResult.objects.order_by("pk").values_list("outcome", "status"))


# --- when it is asked ---


@pytest.mark.seed("004", "When a session begins, our server executes a GET request to your provided endpoint")
@pytest.mark.seed("004", "Auth: Custom headers supported")
def test_when_a_session_begins_one_get_request_asks_for_the_user(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url, headers={"Authorization": "Bearer kakadu"})
    world.says(account, "hello")
    assert databases.work() == 1
    assert there.lines == ["GET /users/A-1001"]
    assert b"\r\nAuthorization: Bearer kakadu\r\n" in there.server.requests[0]
    assert b"\r\nAccept: application/json\r\n" in there.server.requests[0]
    assert outcomes() == [("updated", 200)]


@pytest.mark.seed("004", "fetch real-time user data (name, email, phone) directly from your API")
def test_what_it_says_is_shown_of_the_person(there: Database, messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, there.url)
    world.says(account, "hello")
    databases.work()
    assert person(account).name == "John Doe"
    assert person(account).metadata == databases.JOHN["metadata"]
    said = dict(Value.objects.filter(profile=account, source=Source.LOOKUP).values_list("key", "value"))
    assert (said["claimed_email"], said["claimed_phone"]) == ("john.doe@example.com", "+1234567890")


def test_further_messages_of_a_session_ask_nothing(there: Database, messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, there.url, cache_seconds=0)
    for text in ("hello", "are you there?", "well?"):
        world.says(account, text)
        databases.work()
    assert len(there.lines) == 1


def test_a_chat_that_begins_anew_after_its_end_is_a_session(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url, cache_seconds=0)
    got = world.says(account, "hello")
    databases.work()
    cases.end_chat(got.case, "pending", by=None)
    assert world.says(account, "me again").case == got.case
    databases.work()
    assert len(there.lines) == 2


@pytest.mark.seed("004", "you can pass an external_user_id to the widget during initialization")
def test_the_id_in_a_signed_token_is_looked_up_when_the_widget_makes_a_code(
    there: Database, widget: Widget, key: SigningKey, site: Client
) -> None:
    databases.of(widget, there.url, whom=LookUp.Whom.SIGNED)
    assert ask(site, widget, {"token": sign(key, claims(external_id="A-7"))}).status_code == 201
    databases.work()
    assert there.lines == ["GET /users/A-7"]
    profile = Profile.objects.get(kind=ProfileKind.EXTERNAL, address="A-7")
    assert person(profile).name == "John Doe"
    assert set(Value.objects.values_list("source", flat=True)) == {Source.PROVEN_LOOKUP}


def test_a_page_that_names_an_address_and_no_id_asks_nothing(there: Database, trusting: Widget, site: Client) -> None:
    databases.of(trusting, there.url)
    assert ask(site, trusting, {"user_email": "bob@example.com"}).status_code == 201
    assert databases.work() == 0


def test_a_code_that_the_api_makes_asks_nothing(there: Database, widget: Widget) -> None:
    databases.of(widget, there.url)
    key = world.api_key(world.admin(), "write")
    made = Client(headers={"Authorization": f"Bearer {key}"}).post(
        "/api/v1/identification_codes/", {"user": {"user_email": "b@example.com"}}, content_type="application/json"
    )
    assert made.status_code == 201
    assert databases.work() == 0


@pytest.mark.seed("004", "Enable Integration")
def test_switched_off_it_asks_nothing(there: Database, messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, there.url, active=False)
    world.says(account, "hello")
    assert databases.work() == 0


def test_switched_off_meanwhile_what_waits_is_not_asked(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url)
    world.says(account, "hello")
    LookUp.objects.update(active=False)
    assert databases.work() == 1
    assert there.lines == []
    assert outcomes() == []


# --- for whom ---


@pytest.mark.parametrize(("whom", "asked"), [("signed", 0), ("all", 1), ("", 0)])
def test_an_id_that_nobody_vouches_for_is_asked_for_only_where_the_admin_has_said_so(
    there: Database, messenger: CustomChannel, account: Profile, whom: str, asked: int
) -> None:
    databases.of(messenger, there.url, whom=whom)
    world.says(account, "hello")
    assert databases.work() == asked
    assert len(there.lines) == asked


@pytest.mark.parametrize(
    ("level", "source"), [(2, Source.LOOKUP), (3, Source.PROVEN_LOOKUP)], ids=["vouched", "proven"]
)
def test_ids_that_the_channel_vouches_for_are_asked_for(there: Database, level: int, source: str) -> None:
    channel = world.messenger(sender_level=level)
    databases.of(channel, there.url, whom=LookUp.Whom.SIGNED)
    world.says(world.customer(channel, "A-1001"), "hello")
    databases.work()
    assert set(Value.objects.values_list("source", flat=True)) == {source}


def test_ids_that_programs_write_when_they_have_none_are_not_asked_for(
    there: Database, messenger: CustomChannel
) -> None:
    databases.of(messenger, there.url)
    for name in ("null", "undefined", "0000"):
        world.says(world.customer(messenger, name), "hello")
    assert databases.work() == 0


def test_somebody_blocked_is_not_asked_for(there: Database, messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, there.url)
    world.says(account, "hello")
    blocking.block(account.person, by=None)
    databases.work()
    assert there.lines == []


# --- the address ---


@pytest.mark.seed("004", "https://api.yoursite.com/users/{id} (Recommended)")
@pytest.mark.promise("A14")
@pytest.mark.parametrize(
    ("user_id", "path"),
    [
        ("123", "/users/123"),
        ("a/b?x=1#y", "/users/a%2Fb%3Fx%3D1%23y"),
        ("ünïcode €", "/users/%C3%BCn%C3%AFcode%20%E2%82%AC"),
        ("a\r\nX-Admin: 1", "/users/a%0D%0AX-Admin%3A%201"),
        ("{id}", "/users/%7Bid%7D"),
        (".htaccess", "/users/.htaccess"),
    ],
)
def test_an_id_is_one_part_of_the_path_whatever_it_looks_like(
    there: Database, messenger: CustomChannel, user_id: str, path: str
) -> None:
    databases.of(messenger, there.url)
    world.says(world.customer(messenger, user_id), "hello")
    databases.work()
    assert there.lines == [f"GET {path}"]


WALKS = [".", "..", "../../admin", "..\\..\\x", "a/../../b", "%2e%2e", "%2e%2e%2fadmin", "%252e%252e%252fadmin"]


@pytest.mark.parametrize("user_id", WALKS)
def test_an_id_that_walks_through_a_path_is_not_asked_for(
    there: Database, messenger: CustomChannel, user_id: str
) -> None:
    databases.of(messenger, there.url)
    with pytest.raises(BadUrl):
        address("https://api.example.com/users/{id}/data", user_id)
    world.says(world.customer(messenger, f"{user_id}"), "hello")
    databases.work()
    assert there.lines == []


@pytest.mark.seed("004", "https://api.yoursite.com/users (Defaults to ?id=123)")
@pytest.mark.parametrize(
    ("template", "user_id", "asked"),
    [
        ("https://a.example/users", "123", "https://a.example/users?id=123"),
        ("https://a.example/users?key=1", "123", "https://a.example/users?key=1&id=123"),
        ("https://a.example/users", "a&admin=1#x/é", "https://a.example/users?id=a%26admin%3D1%23x%2F%C3%A9"),
        ("https://a.example/users?u={id}&k=1", "a&b", "https://a.example/users?u=a%26b&k=1"),
        ("https://a.example", "1", "https://a.example?id=1"),
    ],
)
def test_without_a_place_for_it_the_id_is_a_parameter(template: str, user_id: str, asked: str) -> None:
    assert address(template, user_id) == asked


def test_the_parameter_arrives_as_it_was_meant(there: Database, messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, there.server.url("/users?key=1"))
    world.says(account, "hello")
    databases.work()
    assert there.lines == ["GET /users?key=1&id=A-1001"]


# --- each status ---


@pytest.mark.seed("004", "200 OK: Success. The user profile is updated in the support dashboard")
def test_a_second_answer_updates_what_changed_and_takes_away_what_is_gone(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url)
    look_ups.refresh(account, by=None)
    databases.work()
    there.answer = {"first_name": "Jane", "metadata": {"subscription_plan": "Free"}}
    look_ups.refresh(account, by=None)
    databases.work()
    assert person(account).name == "Jane"
    assert person(account).metadata == {"subscription_plan": "Free"}
    last = LookUpResult.objects.latest("pk")
    assert sorted(last.names) == ["metadata.company", "metadata.signup_date", "metadata.subscription_plan", "name"]
    look_ups.refresh(account, by=None)
    databases.work()
    assert LookUpResult.objects.latest("pk").outcome == "unchanged"


@pytest.mark.seed("004", "404 Not Found: The widget will treat the visitor as a new profile using the provided ID")
def test_404_leaves_the_visitor_as_a_new_profile_with_that_id_and_wipes_nothing(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url)
    look_ups.refresh(account, by=None)
    databases.work()
    there.status = 404
    look_ups.refresh(account, by=None)
    databases.work()
    assert outcomes()[-1] == ("not_found", 404)
    assert person(account).name == "John Doe"
    stranger = world.customer(messenger, "A-2")
    got = world.says(stranger, "hello")
    databases.work()
    assert got.case.profile == stranger
    assert Profile.objects.get(address="A-2").level == 1
    assert person(stranger).name == ""
    assert Endpoint.objects.filter(failing_since__isnull=False).count() == 0, "404 is an answer like any other"


@pytest.mark.seed("004", "401 / 403: Unauthorized. The request failed")
@pytest.mark.both
@pytest.mark.parametrize("status", [401, 403])
def test_refused_headers_are_a_configuration_error_and_tried_once(
    there: Database, messenger: CustomChannel, account: Profile, status: int
) -> None:
    look_up = databases.of(messenger, there.url)
    there.status = status
    world.says(account, "hello")
    databases.work()
    assert outcomes() == [("refused", status)]
    assert len(there.lines) == 1
    assert list(look_ups.in_trouble()) == [look_up]


@pytest.mark.seed("004", "5xx: Server Error. The request is aborted, and the issue is logged")
@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_error_is_tried_three_times_then_logged(
    there: Database, messenger: CustomChannel, account: Profile, status: int, caplog: Any
) -> None:
    databases.of(messenger, there.url)
    there.status = status
    world.says(account, "hello")
    databases.work(tries=1)
    assert outcomes() == [], "it is tried again first"
    databases.work(tries=9)
    assert len(there.lines) == 3
    assert outcomes() == [("failed", status)]
    assert f"the server answered {status}" in caplog.text
    assert Event.objects.get(kind="look_up.done").red


def test_a_server_that_asks_to_wait_is_not_asked_before(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url)
    there.status, there.headers = 429, {"Retry-After": "600"}
    world.says(account, "hello")
    databases.work(tries=1)
    job = Job.objects.get(kind="look_up")
    assert timedelta(minutes=9) < job.due_at - timezone.now() < timedelta(minutes=11)
    there.status, there.headers = 200, {}
    world.says(world.customer(messenger, "A-2"), "hello")
    assert len(there.lines) == 1
    assert not Endpoint.objects.get(key=look_ups.group_of(LookUp.objects.get())).room(timezone.now())


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 410, 418])
def test_any_other_status_is_aborted_at_once(
    there: Database, messenger: CustomChannel, account: Profile, status: int
) -> None:
    databases.of(messenger, there.url)
    there.status, there.headers = status, {"Location": there.server.url("/elsewhere")}
    world.says(account, "hello")
    databases.work()
    assert outcomes() == [("failed", status)]
    assert len(there.lines) == 1, "a redirect is not followed"
    assert person(account).name == ""


@pytest.mark.seed("004", "Timeout: 10 Seconds")
def test_a_server_that_drips_is_cut_off_after_ten_seconds(messenger: CustomChannel, account: Profile) -> None:
    """For real: each byte comes a second after the last, so that no pause is long."""

    def talk(server: Rogue, line: socket.socket) -> None:
        server.read_request(line)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")
        server.drip(line, b" ", 1.0)

    with rogue(talk) as server:
        databases.of(messenger, server.url("/users/{id}"))
        world.says(account, "hello")
        databases.work()
    result = LookUpResult.objects.get()
    assert (result.outcome, result.error) == ("failed", "The server did not answer within 10 seconds.")
    assert 9.5 < result.seconds < 12
    assert Attempt.objects.get().ok is False
    assert server.connections == 1, "it had its time, and is not asked again"


def test_a_server_that_is_away_is_tried_three_times(messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, "http://127.0.0.1:9/users/{id}")
    world.says(account, "hello")
    databases.work(tries=9)
    assert outcomes() == [("failed", None)]
    assert Attempt.objects.count() == 3
    assert LookUpResult.objects.get().error == "The server does not accept connections."


def test_an_answer_about_somebody_else_is_refused(there: Database, messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, there.url)
    there.answer = {**databases.JOHN, "external_id": "A-1002"}
    world.says(account, "hello")
    databases.work()
    assert outcomes() == [("failed", 200)]
    assert "another user" in LookUpResult.objects.get().error
    assert not Value.objects.exists()


def test_it_breaks_nothing_when_the_headers_can_no_longer_be_decrypted(
    there: Database, messenger: CustomChannel, account: Profile, settings: Settings
) -> None:
    from cryptography.fernet import Fernet  # noqa: PLC0415

    databases.of(messenger, there.url, headers={"Authorization": "x"})
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert world.says(account, "hello").case
    databases.work(tries=9)
    assert there.lines == [], "nothing is sent without the header that belongs to it"


# --- it links nothing and raises nothing ---


@pytest.mark.promise("P28")
def test_its_addresses_link_nothing_and_raise_no_level(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    carol = profiles.meet(ProfileKind.EMAIL, "john.doe@example.com", level=3)
    before = (account.level, list(Link.objects.order_by("pk").values_list("pk", "person", "until")))
    databases.of(messenger, there.url)
    world.says(account, "hello")
    databases.work()
    account.refresh_from_db()
    assert (account.level, list(Link.objects.order_by("pk").values_list("pk", "person", "until"))) == before
    assert account.person_id != carol.person_id
    assert not Profile.objects.filter(kind=ProfileKind.PHONE).exists()
    assert person(carol).name == ""


def test_what_the_person_has_proven_stands_above_a_look_up_of_an_unproven_id(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    values.say(account, Source.TOKEN, {"name": "Bob Kern", "metadata": {"company": "Acme"}}, by=None)
    databases.of(messenger, there.url)
    world.says(account, "hello")
    databases.work()
    assert person(account).name == "Bob Kern"
    assert person(account).metadata["company"] == "Acme"
    assert person(account).metadata["subscription_plan"] == "Pro"


def test_an_unlinked_profile_takes_its_data_along(there: Database, messenger: CustomChannel, account: Profile) -> None:
    carol = world.customer(messenger, "carol")
    identity.merge(account.person, carol.person, by=None)
    databases.of(messenger, there.url)
    world.says(account, "hello")
    databases.work()
    assert person(carol).metadata["company"] == "TechCorp"
    account.refresh_from_db()
    identity.unlink(account, by=None)
    assert person(account).metadata["company"] == "TechCorp"
    assert person(carol).metadata == {}


def test_rules_do_not_run_for_it_and_the_case_does_not_move(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url)
    got = world.says(account, "hello")
    runs, before = Run.objects.count(), Case.objects.values().get(pk=got.case.pk)
    databases.work()
    assert outcomes() == [("updated", 200)]
    assert Run.objects.count() == runs
    assert Case.objects.values().get(pk=got.case.pk) == before


# --- not too often ---


def test_a_fresh_answer_is_not_asked_for_again(there: Database, messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, there.url, cache_seconds=600)
    with time_machine.travel(timezone.now() - timedelta(seconds=590), tick=True):
        LookUp.objects.update(changed_at=timezone.now() - timedelta(days=1))
        look_ups.refresh(account, by=None)
        databases.work()
    assert look_ups.begin(account, messenger, by=None) is None
    assert world.says(account, "hello").case
    assert databases.work() == 0
    assert len(there.lines) == 1


@pytest.mark.seed("004", "Ensure your endpoint is fast")
def test_an_old_answer_is_shown_until_the_new_one_is_there(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url, cache_seconds=600)
    with time_machine.travel(timezone.now() - timedelta(seconds=610), tick=True):
        LookUp.objects.update(changed_at=timezone.now() - timedelta(days=1))
        look_ups.refresh(account, by=None)
        databases.work()
    world.says(account, "hello")
    assert person(account).name == "John Doe", "what is known is shown while the request is under way"
    assert databases.work() == 1
    assert len(there.lines) == 2


def test_a_404_is_good_for_half_of_the_time(there: Database, messenger: CustomChannel, account: Profile) -> None:
    look_up = databases.of(messenger, there.url, cache_seconds=600)
    LookUp.objects.update(changed_at=timezone.now() - timedelta(days=1))
    for seconds, fresh in ((290, True), (310, False)):
        LookUpResult.objects.all().delete()
        at = timezone.now() - timedelta(seconds=seconds)
        LookUpResult.objects.create(look_up=look_up, profile=account, outcome="not_found", status=404, at=at)
        assert (look_ups.begin(account, messenger, by=None) is None) is fresh


@pytest.mark.both
def test_two_that_begin_at_once_ask_once(there: Database, messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, there.url, cache_seconds=0)
    first = look_ups.begin(account, messenger, by=None)
    assert first is not None
    assert look_ups.begin(account, messenger, by=None) is None
    databases.work()
    # A second job that slipped in beside the first finds the answer there.
    late = look_ups.refresh(account, by=None)
    assert late is not None
    Job.objects.filter(pk=late.pk).update(created_at=first.created_at)
    databases.work()
    assert len(there.lines) == 1


@pytest.mark.both
def test_refresh_asks_at_once_and_hastens_what_waits(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url)
    ann = world.agent("Ann")
    look_ups.refresh(account, by=ann)
    databases.work()
    look_ups.refresh(account, by=ann)
    assert databases.work() == 1
    assert len(there.lines) == 2
    assert LookUpResult.objects.latest("pk").asked_by == "Ann"
    there.status = 500
    look_ups.refresh(account, by=ann)
    databases.work(tries=1)
    (job,) = databases.waiting()
    assert job.due_at > timezone.now()
    look_ups.refresh(account, by=ann)
    assert Job.objects.get(pk=job.pk).due_at <= timezone.now()
    assert len(databases.waiting()) == 1


def test_many_failures_open_the_breaker_of_that_server_alone(there: Database, messenger: CustomChannel) -> None:
    look_up = databases.of(messenger, there.url)
    there.status = 500
    for number in range(6):
        world.says(world.customer(messenger, f"A-{number}"), "hello")
    databases.work(tries=9)
    assert Endpoint.objects.get(key=look_ups.group_of(look_up)).open_since
    assert len(there.lines) <= 18


# --- what is kept of it ---


def test_answers_stand_neither_in_jobs_nor_in_tries_nor_in_the_log(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url, headers={"Authorization": "Bearer kakadu"})
    world.says(account, "hello")
    databases.work()
    kept = [*Job.objects.filter(kind="look_up").values(), *Attempt.objects.values(), *LookUpResult.objects.values()]
    kept += Event.objects.filter(kind__startswith="look_up").values()
    assert all(word not in str(kept) for word in ("TechCorp", "john.doe", "kakadu"))
    assert "A-1001" not in str([*Job.objects.values(), *Attempt.objects.values()])


def test_results_are_forgotten_after_thirty_days(messenger: CustomChannel, account: Profile) -> None:
    look_up = databases.of(messenger, "https://api.example.com/{id}")
    for days in (29, 31):
        at = timezone.now() - timedelta(days=days)
        LookUpResult.objects.create(look_up=look_up, profile=account, outcome="updated", at=at)
    forgetting.forget_old()
    assert LookUpResult.objects.count() == 1


def test_the_state_of_a_profile_is_its_own_last_result_or_its_person_s(
    messenger: CustomChannel, account: Profile
) -> None:
    carol = world.customer(messenger, "carol")
    assert look_ups.state(account) is None
    identity.merge(account.person, carol.person, by=None)
    account.refresh_from_db()
    look_up = databases.of(messenger, "https://api.example.com/{id}")
    made = LookUpResult.objects.create(look_up=look_up, profile=carol, outcome="failed")
    assert look_ups.state(account) == made
    own = LookUpResult.objects.create(look_up=look_up, profile=account, outcome="updated")
    LookUpResult.objects.create(look_up=look_up, profile=carol, outcome="failed")
    assert look_ups.state(account) == own


# --- the panel beside a case ---


@pytest.fixture
def ann(messenger: CustomChannel) -> Agent:
    return world.agent("Ann", sees=[messenger.channel_ptr])


@pytest.fixture
def inbox(ann: Agent) -> Client:
    client = Client()
    client.force_login(ann)
    return client


@pytest.mark.seed("004", "populate the support dashboard")
@pytest.mark.both
def test_the_agent_sees_the_data_with_source_and_time_and_can_ask_again(
    there: Database, messenger: CustomChannel, account: Profile, inbox: Client
) -> None:
    databases.of(messenger, there.url)
    got = world.says(account, "hello")
    waiting = inbox.get(f"/cases/{got.case.number}/").content.decode()
    assert "asking" in waiting
    databases.work()
    shown = inbox.get(f"/cases/{got.case.number}/").content.decode()
    for text in ("John Doe", "From your user database", "john.doe@example.com", "+1234567890"):
        assert text in shown
    there.answer = {"first_name": "Jane"}
    asked = inbox.post(f"/cases/{got.case.number}/look-up/", follow=True)
    assert asked.redirect_chain == [(f"/cases/{got.case.number}/", 302)]
    databases.work()
    assert "Jane" in inbox.get(f"/cases/{got.case.number}/").content.decode()
    assert LookUpResult.objects.latest("pk").asked_by == "Ann"


def test_the_agent_reads_why_there_are_no_data_and_the_conversation_goes_on(
    there: Database, messenger: CustomChannel, account: Profile, inbox: Client, ann: Agent
) -> None:
    databases.of(messenger, there.url)
    there.raw = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nsoon"
    got = world.says(account, "hello")
    databases.work()
    shown = inbox.get(f"/cases/{got.case.number}/").content.decode()
    assert "User data unavailable (the answer is not JSON but text/html)" in shown
    assert world.says(account, "are you there?").case == got.case
    assert cases.reply(got.case, "yes", by=ann).text == "yes"


def test_a_refresh_is_for_those_who_see_the_case(there: Database, messenger: CustomChannel, account: Profile) -> None:
    databases.of(messenger, there.url)
    got = world.says(account, "hello")
    databases.work()
    eve = Client()
    eve.force_login(world.agent("Eve"))
    assert eve.post(f"/cases/{got.case.number}/look-up/").status_code == 404
    assert databases.work() == 0


def test_without_a_look_up_there_is_no_panel(messenger: CustomChannel, account: Profile, inbox: Client) -> None:
    got = world.says(account, "hello")
    assert "From your user database" not in inbox.get(f"/cases/{got.case.number}/").content.decode()


def test_why_somebody_is_not_asked_for_is_said_beside_the_case(
    there: Database, messenger: CustomChannel, account: Profile, inbox: Client
) -> None:
    databases.of(messenger, there.url, whom="signed")
    got = world.says(account, "hello")
    shown = inbox.get(f"/cases/{got.case.number}/").content.decode()
    assert "only ids that are signed or vouched for are looked up" in shown
    assert "/look-up/" not in shown


def test_what_a_database_says_is_text_wherever_it_is_shown(
    there: Database, messenger: CustomChannel, account: Profile, inbox: Client
) -> None:
    bad = "<img src=x onerror=planted()>"
    there.answer = {"first_name": bad, "metadata": {bad[:60]: bad}, "email": f"{bad}@example.com"}
    databases.of(messenger, there.url)
    got = world.says(account, "hello")
    databases.work()
    shown = inbox.get(f"/cases/{got.case.number}/").content.decode()
    assert bad not in shown
    assert "&lt;img src=x" in shown


@pytest.mark.both
def test_the_outbox_hears_of_an_endpoint_that_only_fails(messenger: CustomChannel) -> None:
    look_up = databases.of(messenger, "https://api.example.com/{id}")
    since = timezone.now() - timedelta(hours=2)
    Endpoint.objects.update_or_create(
        key=look_ups.group_of(look_up), defaults={"failing_since": since, "failed_at": timezone.now()}
    )
    outbox.watching.watch()
    assert Event.objects.get(kind="look_up.failing").data["title"] == "Messenger"
    assert list(look_ups.in_trouble()) == [look_up]


def test_a_result_is_told_to_those_who_look_at_the_person_s_cases(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url)
    got = world.says(account, "hello")
    there.status = 404
    databases.work()
    done = Event.objects.get(kind="look_up.done")
    (fact,) = facts_of([done])
    assert (fact.case, fact.kinds) == (got.case.pk, ("look_up.done",))


def test_nobody_is_asked_about_look_ups_where_there_is_none(
    messenger: CustomChannel, account: Profile, django_assert_num_queries: Any
) -> None:
    databases.of(messenger, "https://api.example.com/{id}", active=False)
    assert not look_ups.asked_for()
    with django_assert_num_queries(0):
        assert not look_ups.asked_for(messenger.channel_ptr)
        assert look_ups.standings(account.person_id) == []
    look_up = LookUp.objects.get()
    look_up.active = True
    look_ups.save(look_up, by=None)
    assert look_ups.asked_for(messenger.channel_ptr), "a change is known at once"
    assert not look_ups.asked_for(Widget(pk=messenger.pk))
    LookUp.objects.all().delete()
    assert not look_ups.asked_for()


@pytest.mark.both
def test_ten_that_begin_in_the_same_moment_ask_once(
    there: Database, messenger: CustomChannel, account: Profile
) -> None:
    databases.of(messenger, there.url, cache_seconds=0)
    at_once(lambda _number: look_ups.begin(account, messenger, by=None), range(10))
    assert databases.waiting()
    databases.work()
    assert len(there.lines) == 1
    assert outcomes() == [("updated", 200)]
