"""What a user database may answer, and what is done with it: nothing it says breaks anything."""

import json
import socket
from typing import Any

import pytest
from pytest_django import Settings

from channels_custom.models import CustomChannel
from helpdesk.users.models import CustomField, Person, Profile, Value
from helpdesk.users.services import metadata
from identification.models import LookUp, LookUpResult
from identification.services import look_up_answers as answers
from identification.services.look_up_answers import BadAnswer
from tests import world
from tests.identification import databases
from tests.identification.databases import Database
from tests.lib.rogue import Rogue, rogue

JSON = {"Content-Type": "application/json"}
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
    return world.customer(messenger, "A-1001")


def asked(account: Profile, url: str, **more: Any) -> tuple[LookUpResult, Person]:
    """Bob writes, his data are fetched: the line in the log, and the person."""
    assert account.channel is not None
    if not LookUp.objects.exists():
        databases.of(CustomChannel.objects.get(pk=account.channel.pk), url, **more)
    got = world.says(account, "hello")
    assert got.created
    databases.work()
    assert world.says(account, "are you there?").case == got.case, "the conversation goes on whatever came"
    return LookUpResult.objects.latest("pk"), Person.objects.get(profiles=account)


def read(answer: Any, mapping: Any = ()) -> answers.Found:
    return answers.read(answer, asked="A-1001", mapping=mapping)


# --- hostile answers, from a real server ---


HOSTILE = {
    "html": (b"<html>soon</html>", {"Content-Type": "text/html"}, "not JSON but text/html"),
    "no type": (b"{}", {"Content-Type": ""}, "not JSON"),
    "packed": (b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}, "packed"),
    "5 MB": (b'{"first_name": "' + b"x" * 5_000_000 + b'"}', {}, "larger than 256 KB"),
    "depth 10,000": (b'{"metadata": ' * 10_000 + b"1" + b"}" * 10_000, {}, "nested too deep"),
    "depth 200": (b"[" * 200 + b"]" * 200, {}, "no JSON object"),
    "depth 40 in an object": (b'{"a": ' * 40 + b"1" + b"}" * 40, {}, "nested too deep"),
    "NaN": (b'{"metadata": {"x": NaN}}', {}, "NaN"),
    "Infinity": (b'{"metadata": {"x": -Infinity}}', {}, "-Infinity"),
    "duplicate keys": (b'{"first_name": "a", "first_name": "b"}', {}, "stands twice"),
    "duplicate keys inside": (b'{"metadata": {"a": 1, "a": 2}}', {}, "stands twice"),
    "half": (b'{"first_name": "Jo', {}, "no JSON that can be read"),
    "empty": (b"", {}, "no JSON that can be read"),
    "latin-1": (b'{"first_name": "J\xf6rg"}', {}, "no JSON that can be read"),
    "a list": (b'[{"first_name": "John"}]', {}, "no JSON object"),
    "a word": (b'"John"', {}, "no JSON object"),
    "null": (b"null", {}, "no JSON object"),
    "an endless number": (b'{"metadata": {"x": ' + b"9" * 5000 + b"}}", {}, "no JSON that can be read"),
    "code": (b"callback({})", {"Content-Type": "application/javascript"}, "not JSON but"),
    "another id": (b'{"id": "A-1002"}', {}, "another user"),
}


@pytest.mark.seed("004", "Your API must return a JSON object")
@pytest.mark.promise("A14")
@pytest.mark.parametrize("name", HOSTILE)
def test_an_answer_that_cannot_be_used_is_refused_in_words_and_changes_nothing(
    there: Database, account: Profile, name: str
) -> None:
    there.answer, there.headers, why = HOSTILE[name]
    result, person = asked(account, there.url)
    assert (result.outcome, result.status) == ("failed", 200)
    assert why in result.error
    assert (person.name, person.metadata) == ("", {})
    assert not Value.objects.exists()
    assert len(there.lines) == 1, "it is not asked for again"


@pytest.mark.promise("A10", "A11")
@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n{}",
        b"HTTP/9.9 hello\r\n\r\n",
        b"\x00\x01\x02\x03",
    ],
    ids=["negative length", "broken chunks", "endless headers", "no such version", "binary"],
)
def test_an_answer_that_is_no_http_is_a_failure_in_words(account: Profile, raw: bytes) -> None:
    def talk(server: Rogue, line: socket.socket) -> None:
        server.read_request(line)
        line.sendall(raw)

    with rogue(talk) as server:
        result, person = asked(account, server.url("/users/{id}"))
    assert result.outcome == "failed"
    assert result.error
    assert "Traceback" not in result.error
    assert person.name == ""


@pytest.mark.promise("A14", "A28")
@pytest.mark.both
def test_what_the_database_cannot_hold_is_left_out_and_named(there: Database, account: Profile) -> None:
    """NUL and lone surrogates: PostgreSQL takes neither."""
    there.answer = (
        b'{"first_name": "Jo\\u0000hn", "last_name": "Doe", "email": "a\\ud800@example.com", "metadata": '
        b'{"good": "yes", "nul": "\\u0000", "half": "\\udfff", "k\\u0000": 1, "inf": 1e999, "__proto__": "x"}}'
    )
    result, person = asked(account, there.url)
    assert result.outcome == "updated"
    assert person.metadata == {"good": "yes", "__proto__": "x"}
    assert person.name == "", "a name of which a part is damaged is no name"
    for name in ("first_name", "email", "metadata.nul", "metadata.half"):
        assert name in result.error


def test_names_show_what_they_are(there: Database, account: Profile) -> None:
    there.answer = {"first_name": "\u202eJohn\u200b", "last_name": " Doe\r\nX: 1 "}
    _result, person = asked(account, there.url)
    assert person.name == "John Doe X: 1"


# --- the fields ---


@pytest.mark.seed("004", "While all fields are optional, providing them ensures a better experience")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({}, {}),
        ({"first_name": "John"}, {"name": "John"}),
        ({"last_name": "Doe"}, {"name": "Doe"}),
        ({"first_name": None, "last_name": ""}, {"name": None}),
        ({"email": None}, {"claimed_email": None}),
        ({"email": "John@Example.COM"}, {"claimed_email": "john@example.com"}),
        ({"phone_number": "+49 30 1234567"}, {"claimed_phone": "+49301234567"}),
        ({"phone_number": "+1234567890"}, {"claimed_phone": "+1234567890"}),
        ({"metadata": None}, {}),
        ({"metadata": {}}, {"metadata": {}}),
        ({"unknown": {"things": [1]}}, {}),
    ],
    ids=str,
)
def test_every_field_is_optional(answer: dict[str, Any], said: dict[str, Any]) -> None:
    found = read(answer)
    assert found.said == said
    assert found.left_out == {}


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ({"first_name": 7}, "first_name"),
        ({"last_name": ["Doe"]}, "last_name"),
        ({"first_name": "x" * 101}, "first_name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.example, c@d.example"}, "email"),
        ({"phone_number": 491234}, "phone_number"),
        ({"phone_number": "call me"}, "phone_number"),
        ({"metadata": "Pro"}, "metadata"),
        ({"metadata": [1]}, "metadata"),
        ({"metadata": {str(n): n for n in range(51)}}, "metadata"),
        ({"metadata": {"x" * 101: 1}}, f"metadata.{'x' * 100}"),
        ({"metadata": {"big": 2**60}}, "metadata.big"),
    ],
    ids=lambda one: str(one)[:30],
)
def test_a_value_of_the_wrong_kind_is_left_out_with_its_name(answer: dict[str, Any], name: str) -> None:
    found = read({**answer, "metadata": answer.get("metadata", {"good": 1})})
    assert set(found.left_out) == {name}
    assert all(found.left_out.values())


@pytest.mark.seed("004", "returning at least first_name and email is highly recommended")
@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ({}, ("first_name", "email")),
        ({"first_name": "John", "email": ""}, ("email",)),
        ({"first_name": "John", "email": "a@b.example"}, ()),
    ],
)
def test_what_anybody_would_want_is_named_where_it_is_missing(answer: dict[str, Any], missing: tuple[str, ...]) -> None:
    assert read(answer).missing == missing


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "A-1001"},
        {"external_id": "A-1001", "id": 17},
        {"user_id": "A-1001"},
        {"id": None},
        {"name": "x"},
    ],
    ids=str,
)
def test_an_answer_about_the_one_who_was_asked_for_is_taken(answer: dict[str, Any]) -> None:
    assert read(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "A-1002"},
        {"external_id": "a-1001"},
        {"user_id": 1001},
        {"id": ["A-1001"]},
        {"id": True},
        {"id": 17, "user_id": "A-1002"},
    ],
    ids=str,
)
def test_an_answer_about_another_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        read(answer)


def test_a_number_is_compared_as_it_is_written() -> None:
    assert answers.read({"id": 42}, asked="42", mapping=())
    with pytest.raises(BadAnswer):
        answers.read({"id": 42}, asked="042", mapping=())
    with pytest.raises(BadAnswer):
        answers.read({"id": True}, asked="True", mapping=())


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"]
)
def test_each_name_of_json_is_read(kind: str) -> None:
    assert answers.parse(b'\xef\xbb\xbf{"a": 1}', {"Content-Type": kind}, truncated=False) == {"a": 1}


# --- metadata ---


@pytest.mark.seed("004", "Use the metadata field to pass critical context")
def test_metadata_are_made_flat(there: Database, account: Profile) -> None:
    there.answer = {
        "metadata": {
            "plan": {"name": "Pro", "seats": {"used": 3, "paid": 5.5}},
            "vip": True,
            "tags": ["a", "b"],
            "nothing": None,
            "a": {"b": {"c": {"d": {"e": {"f": 1}}}}},
        }
    }
    _result, person = asked(account, there.url)
    assert person.metadata == {
        "plan.name": "Pro",
        "plan.seats.used": 3,
        "plan.seats.paid": 5.5,
        "vip": True,
        "tags": '["a","b"]',
        "a.b.c.d.e": '{"f":1}',
    }


def test_two_ways_to_write_one_key_are_told_apart_from_each_other() -> None:
    kept, wrong = metadata.read({"a.b": 1, "a": {"b": 2}})
    assert kept == {"a.b": 1}
    assert list(wrong) == ["metadata.a.b"]


# --- further fields ---


def field(kind: str, key: str = "x") -> CustomField:
    choices = [{"key": "1", "title": "Standard"}, {"key": "2", "title": "VIP"}] if kind == "select" else []
    return CustomField.objects.create(key=key, title=key, level="user", kind=kind, choices=choices)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("text", "Pro", "Pro"),
        ("text", 7, "7"),
        ("text", 7.0, "7"),
        ("text", True, "true"),
        ("text", None, None),
        ("select", "vip", "2"),
        ("select", 2, "2"),
        ("checkbox", True, True),
        ("checkbox", 0, False),
        ("checkbox", "yes", True),
        ("checkbox", "Off", False),
        ("date", "2023-11-15", "2023-11-15"),
        ("date", "2023-11-15T23:59:59Z", "2023-11-15"),
        ("date", "", None),
    ],
)
def test_a_mapped_value_takes_the_form_of_its_field(kind: str, value: Any, stored: Any) -> None:
    field(kind)
    found = read({"deep": [{"er": value}]}, [{"path": "deep.0.er", "field": "x"}])
    assert found.said == {"x": stored}
    assert found.left_out == {}


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("select", "Gold", "one of: Standard, VIP"),
        ("checkbox", "perhaps", "true or false"),
        ("date", "15.11.2023", "a date such as"),
        ("date", 1700000000, "a date such as"),
        ("text", {"a": 1}, "has to be text"),
        ("text", "x" * 5001, "longer than"),
        ("text", "\x00", "forbidden character"),
    ],
    ids=str,
)
def test_a_mapped_value_that_does_not_fit_is_left_out_with_its_path(kind: str, value: Any, why: str) -> None:
    field(kind)
    found = read({"a": value, "first_name": "John"}, [{"path": "a", "field": "x"}])
    assert found.said == {"name": "John"}
    assert why in found.left_out["a"]


@pytest.mark.parametrize("path", ["nowhere", "plan.name", "list.9", "list.x", "list.999999999999", "text.0"])
def test_a_path_that_leads_nowhere_says_nothing(path: str) -> None:
    field("text")
    found = read({"list": [1], "text": "abc", "plan": "Pro"}, [{"path": path, "field": "x"}])
    assert (found.said, found.left_out) == ({}, {})


def test_a_field_that_is_gone_is_named() -> None:
    assert read({"a": 1}, [{"path": "a", "field": "gone"}]).left_out == {"a": "There is no such user field."}


def test_mapped_values_arrive_at_the_person(there: Database, account: Profile) -> None:
    world.tariff()
    there.answer = {"plan": {"name": "VIP"}, "since": "never"}
    field("date", "since")
    mapping = [{"path": "plan.name", "field": "tariff"}, {"path": "since", "field": "since"}]
    result, person = asked(account, there.url, mapping=mapping)
    assert person.values == {"tariff": "2"}
    assert result.error == "since: This has to be a date such as 2024-04-08."


@pytest.mark.seed("004", "✅ Expected Response Format (200 OK)")
def test_the_answer_of_the_documentation_is_taken_whole(there: Database, account: Profile) -> None:
    there.answer = json.dumps(databases.JOHN).encode()
    result, person = asked(account, there.url)
    assert (result.outcome, result.error) == ("updated", "")
    assert (person.name, person.metadata) == ("John Doe", databases.JOHN["metadata"])
