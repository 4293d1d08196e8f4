"""“API Integration” in the admin: setting a look-up up, trying it, and reading what came of it."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from channels_custom.models import CustomChannel
from helpdesk.channels.models import Widget
from helpdesk.users.models import Person, Value
from helpdesk.users.services import profiles
from identification.models import LookUp, LookUpResult
from tests import world
from tests.admin.pages import Admin
from tests.identification import databases
from tests.identification.databases import Database

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "identification/lookup/"
SECRET = "Bearer kakadu-singt"


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = "127.0.0.0/8"


@pytest.fixture
def ada(client: Client) -> Admin:
    client.force_login(world.admin(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return Admin(client)


@pytest.fixture
def there() -> Any:
    with databases.database() as made:
        yield made


def page(look_up: LookUp, rest: str = "change/") -> str:
    return f"{LIST}{look_up.pk}/{rest}"


def fill(place: Widget | CustomChannel, url: str, **more: Any) -> dict[str, Any]:
    kind = "widget" if isinstance(place, Widget) else "channel"
    return {"place": f"{kind}:{place.pk}", "url": url, "active": "on", "whom": "signed", **more}


@pytest.mark.seed("004", "Navigate to Project Settings > API Integration and toggle it on")
def test_it_is_set_up_under_settings_api_integration(ada: Admin, widget: Widget, there: Database) -> None:
    start = ada.open("/admin/")
    assert "API Integration" in start.text
    assert f"/admin/{LIST}" in start.read.links
    ada.open(f"{LIST}add/").send(**fill(widget, there.url))
    look_up = LookUp.objects.get()
    assert (look_up.widget, look_up.url, look_up.active, look_up.whom) == (widget, there.url, True, "signed")


def test_the_page_of_a_widget_and_of_a_channel_leads_there(
    ada: Admin, widget: Widget, messenger: CustomChannel
) -> None:
    for address, place in (
        (f"channels/widget/{widget.pk}/change/", f"widget:{widget.pk}"),
        (f"channels_custom/customchannel/{messenger.pk}/change/", f"channel:{messenger.pk}"),
    ):
        link = f"/admin/{LIST}add/?place={place}"
        assert link in ada.open(address).read.links
        assert ada.open(link).shows("place") == [place]
    look_up = databases.of(messenger, "https://api.example.com/users/{id}")
    shown = ada.open(f"channels_custom/customchannel/{messenger.pk}/change/")
    assert f"/admin/{page(look_up)}" in shown.read.links
    assert "https://api.example.com/users/{id}" in shown.text


def test_nothing_is_preselected_and_switching_on_without_a_choice_is_refused_there(
    ada: Admin, widget: Widget, there: Database
) -> None:
    empty = ada.open(f"{LIST}add/")
    assert "whom" not in empty.values
    told = empty.send(**fill(widget, there.url, whom=None))
    assert told.errors == {"whom": "Choose for whom, before it is switched on."}
    told.send(active=None)
    assert LookUp.objects.get().whom == ""
    assert "customer's data shown to your agents" in empty.text


def test_a_second_one_for_the_same_place_is_not_offered(ada: Admin, widget: Widget, messenger: CustomChannel) -> None:
    databases.of(widget, "https://api.example.com/")
    html = ada.open(f"{LIST}add/").html
    assert f'value="widget:{widget.pk}"' not in html
    assert f'value="channel:{messenger.pk}"' in html


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://api.example.com/{id}", "must begin with http:// or https://"),
        ("https://ada:pw@api.example.com/{id}", "must not contain a user name"),
        ("https://api.example.com:8080/{id}", "Port 8080 is not allowed"),
        ("http://10.0.0.1/{id}", "does not lead to the public internet"),
        ("http://169.254.169.254/latest/{id}", "does not lead to the public internet"),
        ("https://{id}.example.com/", "not in the name of the server"),
        ("https://api.example.com/{id}#top", "never sent"),
        ("https://api.example.com/{user}", "only thing that can be filled in"),
        ("https://api.example.com/{id", "only thing that can be filled in"),
        ("https://[::1/{id}", "not a complete web address"),
        ("//api.example.com/{id}", "must begin with http:// or https://"),
    ],
)
def test_an_address_that_cannot_be_asked_is_refused_in_words(
    ada: Admin, widget: Widget, settings: Settings, url: str, why: str
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ""
    told = ada.open(f"{LIST}add/").send(**fill(widget, url))
    assert why in told.errors["url"]
    assert not LookUp.objects.exists()


@pytest.mark.promise("A13")
@pytest.mark.parametrize(
    "line",
    ["Host: evil.example", "Content-Length: 5", "Transfer-Encoding: chunked", "Proxy-Authorization: x", "a b: c"],
)
def test_a_header_that_is_ours_or_none_is_refused(ada: Admin, widget: Widget, there: Database, line: str) -> None:
    told = ada.open(f"{LIST}add/").send(**fill(widget, there.url, new_headers=line))
    assert "is not allowed" in told.errors["new_headers"]
    assert not LookUp.objects.exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Authorization", "“Name: value”"),
        ("X-Key: 1\nx-key: 2", "there twice"),
        ("\n".join(f"X-{n}: 1" for n in range(21)), "At most 20"),
    ],
)
def test_headers_that_cannot_be_read_are_refused_in_words(
    ada: Admin, widget: Widget, there: Database, text: str, why: str
) -> None:
    assert why in ada.open(f"{LIST}add/").send(**fill(widget, there.url, new_headers=text)).errors["new_headers"]


def test_a_line_break_in_a_header_makes_no_second_header(ada: Admin, widget: Widget, there: Database) -> None:
    """Lines are told apart by the form; a bare carriage return stays in the value and is refused."""
    told = ada.open(f"{LIST}add/").send(**fill(widget, there.url, new_headers="X-Key: 1\rX-Admin: 1"))
    assert not LookUp.objects.exists() or "X-Admin" not in json.loads(LookUp.objects.get().headers), told.errors


@pytest.mark.seed("004", "Add any necessary headers (e.g., Authorization: Bearer <token>)")
@pytest.mark.promise("P31")
def test_headers_are_written_and_never_read_again(ada: Admin, widget: Widget, there: Database) -> None:
    ada.open(f"{LIST}add/").send(**fill(widget, there.url, new_headers=f"Authorization: {SECRET}"))
    look_up = LookUp.objects.get()
    assert json.loads(look_up.headers) == {"Authorization": SECRET}
    shown = ada.open(page(look_up))
    assert "Authorization: set" in shown.text
    assert "kakadu" not in shown.html
    shown.send(cache_seconds="60")
    assert json.loads(LookUp.objects.get().headers) == {"Authorization": SECRET}, "an empty input changes nothing"
    ada.open(page(look_up)).send(new_headers="authorization: other\nX-More: 1")
    assert json.loads(LookUp.objects.get().headers) == {"authorization": "other", "X-More": "1"}
    ada.open(page(look_up)).send(drop_headers=["X-More"])
    assert json.loads(LookUp.objects.get().headers) == {"authorization": "other"}


def test_headers_do_not_follow_the_address_to_another_server(ada: Admin, widget: Widget, there: Database) -> None:
    ada.open(f"{LIST}add/").send(**fill(widget, there.url, new_headers=f"Authorization: {SECRET}"))
    look_up = LookUp.objects.get()
    with databases.database() as elsewhere:
        refused = ada.open(page(look_up)).send(url=elsewhere.url)
        assert "This is another server." in refused.errors["url"]
        assert LookUp.objects.get().url == there.url
        ada.open(page(look_up)).send(url=elsewhere.url, drop_headers=["Authorization"], new_headers="X-Key: new")
        assert json.loads(LookUp.objects.get().headers) == {"X-Key": "new"}
    assert LookUp.objects.get().url == elsewhere.url


def test_further_fields_are_rows_of_path_and_field(ada: Admin, widget: Widget, there: Database) -> None:
    world.tariff()
    ada.open(f"{LIST}add/").send(**fill(widget, there.url, path_0="plan.name", field_0="tariff"))
    look_up = LookUp.objects.get()
    assert look_up.mapping == [{"path": "plan.name", "field": "tariff"}]
    shown = ada.open(page(look_up))
    assert shown.shows("path_0", "field_0", "path_3") == ["plan.name", "tariff", ""]
    assert "needs both" in shown.send(path_1="x", field_1="").errors["path_1"]
    assert "another row" in shown.send(path_1="x", field_1="tariff").errors["path_1"]
    assert "dots between" in shown.send(path_0="plan..name").errors["path_0"]
    shown.send(path_0="", field_0="")
    assert LookUp.objects.get().mapping == []


def test_saving_makes_earlier_answers_old(ada: Admin, messenger: CustomChannel, there: Database) -> None:
    look_up = databases.of(messenger, there.url)
    bob = world.customer(messenger, "A-1001")
    world.says(bob, "hello")
    databases.work()
    ada.open(page(look_up)).send(cache_seconds="7200")
    first = LookUpResult.objects.get()
    assert LookUp.objects.get().changed_at > first.at


def test_a_test_shows_request_answer_and_what_would_change_and_keeps_nothing(
    ada: Admin, messenger: CustomChannel, there: Database
) -> None:
    world.tariff()
    there.answer = {**databases.JOHN, "plan": {"name": "VIP"}}
    look_up = databases.of(
        messenger, there.url, headers={"Authorization": SECRET}, mapping=[{"path": "plan.name", "field": "tariff"}]
    )
    bob = world.customer(messenger, "A-1001")
    before = (Value.objects.count(), Person.objects.get(profiles=bob).updated_at, LookUpResult.objects.count())
    shown = ada.open(page(look_up, "test/")).send("_test", user_id="A-1001")
    assert there.lines == ["GET /users/A-1001"]
    assert SECRET.encode() in there.server.requests[0]
    assert "kakadu" not in shown.html
    for text in ("GET " + there.server.url("/users/A-1001"), "Authorization: ••••••", "200", "TechCorp"):
        assert text in shown.text
    for title, then in (("Name", "John Doe"), ("Tariff", "2"), ("metadata.subscription_plan", "Pro")):
        assert f'<th scope="row">{title}</th><td dir="auto">–</td><td dir="auto">{then}</td>' in shown.html
    assert "john.doe@example.com would be shown as what your database says" in shown.text
    assert before == (Value.objects.count(), Person.objects.get(profiles=bob).updated_at, LookUpResult.objects.count())
    assert Person.objects.get(profiles=bob).name == ""


def test_a_test_with_an_unknown_id_shows_what_would_be_known(ada: Admin, widget: Widget, there: Database) -> None:
    shown = ada.open(page(databases.of(widget, there.url), "test/")).send("_test", user_id="nobody/yet?")
    assert there.lines == ["GET /users/nobody%2Fyet%3F"]
    assert "What would be known of this new user" in shown.text
    assert "John Doe" in shown.text
    assert not profiles.find("external", "nobody/yet?")


def test_a_test_says_what_is_missing_and_what_was_left_out(ada: Admin, widget: Widget, there: Database) -> None:
    there.answer = {"last_name": "Doe", "phone_number": "none", "metadata": {"huge": "x" * 2000}}
    shown = ada.open(page(databases.of(widget, there.url), "test/")).send("_test", user_id="7")
    for text in (
        "first_name is not in the answer",
        "email is not in the answer",
        "This is not a telephone number.",
        "metadata.huge",
    ):
        assert text in shown.text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "The visitor stays, as a new profile with that id."),
        (401, "check the headers"),
        (403, "check the headers"),
        (302, "redirects are not followed"),
        (500, "the server answered 500"),
    ],
)
def test_a_test_tells_each_status_in_words(ada: Admin, widget: Widget, there: Database, status: int, said: str) -> None:
    there.status = status
    assert said in ada.open(page(databases.of(widget, there.url), "test/")).send("_test", user_id="7").text


@pytest.mark.seed("004", "slow database queries may prevent user data from appearing")
def test_a_slow_answer_is_warned_of(ada: Admin, widget: Widget, there: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr("identification.look_up_trials.SLOW", -1.0)
    shown = ada.open(page(databases.of(widget, there.url), "test/")).send("_test", user_id="7")
    assert "when an agent has begun to read" in shown.text


def test_the_page_lists_the_last_results_without_what_was_said(
    ada: Admin, messenger: CustomChannel, there: Database
) -> None:
    look_up = databases.of(messenger, there.url)
    world.says(world.customer(messenger, "A-1001"), "hello")
    databases.work()
    there.status, there.answer = 500, "out of order"
    world.says(world.customer(messenger, "A-1002"), "hello")
    databases.work()
    shown = ada.open(page(look_up))
    for text in ("A-1001", "updated", "A-1002", "the server answered 500"):
        assert text in shown.text
    assert "TechCorp" not in shown.text
    assert "API Integration" in ada.open(LIST).text


@pytest.mark.seed("004", "401 / 403: Unauthorized. The request failed; please check your API keys")
def test_refused_headers_are_told_to_administrators_everywhere(
    ada: Admin, messenger: CustomChannel, there: Database
) -> None:
    look_up = databases.of(messenger, there.url)
    there.status = 401
    world.says(world.customer(messenger, "A-1001"), "hello")
    databases.work()
    assert "refuses our requests" in ada.open("/").text
    assert "Check the headers" in ada.open(page(look_up)).text
    eve = Client()
    eve.force_login(world.agent("Eve"))
    assert "refuses our requests" not in eve.get("/").content.decode()
    ada.open(page(look_up)).send(new_headers="Authorization: right")
    assert "refuses our requests" not in ada.open("/").text, "new settings have not failed yet"


def test_only_administrators_come_in(widget: Widget, client: Client) -> None:
    look_up = databases.of(widget, "https://api.example.com/")
    client.force_login(world.agent("Eve"))
    for address in (LIST, page(look_up), page(look_up, "test/")):
        assert client.get(f"/admin/{address}").status_code == 302
