"""What customers write through the API: in the right case, once, and never as somebody else."""

from typing import Any

import pytest
from django.db import transaction

from helpdesk.cases import services as cases
from helpdesk.cases.models import Case, Message
from helpdesk.events.models import Event
from helpdesk.users.models import Person, Profile
from tests import world
from tests.api.test_cases import new
from tests.api.test_custom_channels import inbound

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(channel) -> str:
    return f"custom_channels/{channel.api_key}/messages/"


# — the same message once more —

BROKEN: dict[str, dict[str, Any]] = {
    "no content": {"content": ""},
    "content of a wrong type": {"content": 7},
    "too long": {"content": "x" * 100_001},
    "unknown field": {"colour": "red"},
    "unknown custom field": {"custom_fields": {"shoe": 1}},
    "address that may not be called": {"attachment_urls": ["http://169.254.169.254/"]},
    "e-mail that is none": {"user_email": "nobody"},
}


@pytest.mark.promise("P22")
@pytest.mark.parametrize("what", BROKEN)
def test_a_message_that_came_before_is_the_same_object_whatever_the_body(api, call, what):
    first = api.post(call, inbound())
    again = api.post(call, {**inbound(), **BROKEN[what]}, expect=200)
    assert again == first
    assert Message.objects.count() == 1


@pytest.mark.promise("P22")
@pytest.mark.parametrize("what", BROKEN)
def test_a_case_that_was_made_before_is_the_same_whatever_the_body(api, forum, what):
    first = api.post("cases/", new(forum, external_id="7"))
    again = api.post("cases/", {**new(forum, external_id="7"), **BROKEN[what]}, expect=200)
    assert (again["case_id"], again["message_id"]) == (first["case_id"], first["message_id"])
    assert Case.objects.count() == 1


@pytest.mark.parametrize("what", BROKEN)
def test_a_new_message_with_a_bad_body_is_refused(api, call, what):
    api.post(call, inbound())
    answer = api.call("POST", call, {**inbound(external_id="m-2"), **BROKEN[what]}, expect=_refusal(what))
    assert answer["status"] == _refusal(what)
    assert Message.objects.count() == 1


def _refusal(what: str) -> int:
    return 422 if what in {"too long", "address that may not be called", "e-mail that is none"} else 400


def test_another_customers_message_of_the_same_number_is_another_message(api, call):
    api.post(call, inbound())
    api.post(call, inbound(user_custom_id="carol"))
    assert Message.objects.count() == 2


@pytest.mark.promise("P22")
def test_a_customers_message_to_a_case_is_kept_once_whatever_the_body(api, channel):
    got = api.post("cases/", new(channel))
    path, body = f"cases/{got['case_id']}/messages/", {"user_id": got["user_id"], "external_id": "7"}
    first = api.post(path, {**body, "content": "more"})
    assert api.post(path, body, expect=200)["message_id"] == first["message_id"]
    api.patch(f"cases/{got['case_id']}/", {"status": "closed"})
    assert api.post(path, {**body, "content": "x"}, expect=200)["message_id"] == first["message_id"]


@pytest.mark.both
@pytest.mark.promise("P22")
@pytest.mark.parametrize("path", ["messages", "notes"])
def test_an_agents_words_are_kept_once_by_their_external_id(api, channel, ann, path):
    got = api.post("cases/", new(channel))
    path, body = f"cases/{got['case_id']}/{path}/", {"staff_id": ann.pk, "content": "hi", "external_id": "a-1"}
    first = api.post(path, body)
    assert first["external_id"] == "a-1"
    assert api.post(path, body, expect=200)["message_id"] == first["message_id"]
    assert api.post(path, {**body, "content": ""}, expect=200)["message_id"] == first["message_id"]
    assert api.post(path, {**body, "external_id": "a-2"})["message_id"] != first["message_id"]
    assert Message.objects.filter(agent=ann).count() == 2


def test_the_number_of_an_agents_answer_counts_in_its_case(api, channel, ann):
    """Two programs may both number their answers from one."""
    body = {"staff_id": ann.pk, "content": "hi", "external_id": "1"}
    for customer in ("bob", "carol"):
        got = api.post("cases/", new(channel, user_custom_id=customer))
        api.post(f"cases/{got['case_id']}/messages/", body)
        api.post(f"cases/{got['case_id']}/notes/", body)
    assert Message.objects.filter(agent=ann).count() == 4


@pytest.mark.both
def test_the_database_itself_keeps_an_answer_twice_from_being_there(channel, ann):
    case = world.says(world.customer(channel), "hello").case
    cases.reply(case, "hi", by=ann, external_id="1")
    with pytest.raises(cases.SaidBefore) as before:
        cases.reply(case, "hi again", by=ann, external_id="1")
    assert before.value.message.text == "hi"
    twice = Message.objects.get(external_id="1")
    twice.pk = None
    with pytest.raises(Exception, match=r"(?i)unique"), transaction.atomic():
        twice.save()


# — ids that are none —

NOBODY = ["null", "NULL", "undefined", "None", "NaN", "[object Object]", "true", "0000", " ", " \t\u3000", " null "]


@pytest.mark.parametrize("name", NOBODY)
def test_what_a_program_writes_without_a_value_is_an_id_that_links_nobody(api, call, admin_api, channel, name):
    admin_api.post("users/", {"external_id": "7", "user_email": "bob@example.com"})
    for number in (1, 2):
        got = api.post(call, inbound(user_custom_id=name, external_id=f"m-{number}", user_email="bob@example.com"))
        assert "nothing was linked" in got["warnings"][0]
    assert "nothing was linked" in api.post("cases/", new(channel, user_custom_id=name))["warnings"][0]
    stranger = Profile.objects.get(pk=got["user_id"])
    assert (stranger.address, stranger.person.profiles.count()) == (name, 1)
    admin_api.post("users/", {"external_id": name}, expect=400)
    user = {"user_custom_id": name, "user_custom_channel": channel.api_key}
    admin_api.call("POST", "identification_codes/", {"user": user}, expect=422)


@pytest.mark.parametrize("name", ["1", "nullable", "none-7", "Testing", " 7", "ä/ö?#\n", "x" * 255])
@pytest.mark.seed("001", "when it comes to custom channels, anything can act as a user ID")
def test_any_other_text_is_an_id_and_is_compared_exactly(api, call, name):
    first = api.post(call, inbound(user_custom_id=name))
    second = api.post(call, inbound(user_custom_id=name.upper() + "x"[: len(name) < 255], external_id="m-2"))
    assert Profile.objects.get(pk=first["user_id"]).address == name
    assert (second["user_id"] == first["user_id"]) == (name.upper() + "x"[: len(name) < 255] == name)


# — addresses of somebody else —


@pytest.mark.both
@pytest.mark.seed("001", "is not already associated with another user_custom_id of the same custom channel")
@pytest.mark.parametrize(
    "address", [{"user_email": "bob@example.com"}, {"user_phone": "+49 30 901820"}], ids=["e-mail", "phone"]
)
def test_an_address_of_another_account_is_a_warning_and_an_event_for_agents(api, call, address):
    bob = api.post(call, inbound(**address))
    eve = api.post(call, inbound(user_custom_id="eve-1", **address))
    assert "already belongs to another user_custom_id" in eve["warnings"][0]
    assert "bob" not in eve["warnings"][0].replace("bob@example.com", "")
    people = Profile.objects.filter(pk__in=[bob["user_id"], eve["user_id"]]).values("person_id").distinct()
    assert people.count() == 2
    (told,) = Event.objects.filter(case_id=eve["case_id"], kind="address.taken")
    assert told.red
    assert told.data["other"] == "bob-1"
    api.post(call, inbound(user_custom_id="eve-1", external_id="m-2", **address))
    assert Event.objects.filter(kind="address.taken").count() == 1, "programs repeat themselves, the case does not"
    assert Event.objects.filter(kind="conflict.found").count() == 1
    log = [one["kind"] for one in api.get(f"cases/{eve['case_id']}/changelog/")["results"]]
    assert log.count("address.taken") == 1


def test_an_address_that_is_proven_to_be_somebody_elses_is_told_without_their_name(api, admin_api, call):
    admin_api.post("users/", {"external_id": "7", "user_email": "carol@example.com"})
    admin_api.post("users/", {"external_id": "8", "user_phone": "+49 30 901820"})
    api.post(call, inbound(user_email="carol@example.com"))
    got = api.post(call, inbound(external_id="m-2", user_phone="+49 30 901820"))
    assert "proven" in got["warnings"][0]
    (told,) = Event.objects.filter(case_id=got["case_id"], kind="address.proven_otherwise")
    assert told.data["other"] == ""


# — fields that are not the sender's to set —

MASS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "case": ("POST", "cases/", {"content": "x"}),
    "call": ("POST", "custom_channels/cch{channel}/messages/", {"content": "x", "external_id": "1"}),
    "message": ("POST", "cases/{case}/messages/", {"user_id": "{user}", "content": "x"}),
    "note": ("POST", "cases/{case}/notes/", {"content": "x"}),
    "change": ("PATCH", "cases/{case}/", {}),
    "user": ("PATCH", "users/{user}/", {}),
    "channel": ("PATCH", "custom_channels/cch{channel}/", {}),
}
NOT_THEIRS: dict[str, Any] = {
    "id": 1,
    "case_number": "111-111111",
    "created_at": "2001-01-01T00:00:00Z",
    "level": 3,
    "identified": True,
    "is_admin": True,
    "is_staff": True,
    "author": "agent",
    "agent_id": 1,
    "merged_into": 1,
    "person_id": 1,
    "blocked": False,
    "secret": "whsec_x",
    "from_api": False,
    "delivery": "delivered",
}


@pytest.mark.promise("A26")
@pytest.mark.parametrize("what", MASS)
def test_what_is_not_the_senders_to_set_is_refused_by_name_and_changes_nothing(admin_api, channel, what):
    said = world.says(world.customer(channel), "hello")
    ids = {"channel": channel.pk, "case": said.case.pk, "user": said.message.profile_id}
    method, path, body = MASS[what]
    body = {name: ids["user"] if value == "{user}" else value for name, value in body.items()}
    if what in {"case", "call"}:
        body |= {"user_custom_id": "bob"} | ({"channel": channel.api_key} if what == "case" else {})
    before = state()
    for name, value in NOT_THEIRS.items():
        problem = admin_api.call(method, path.format(**ids), {**body, name: value}, expect=400)
        assert name in problem["errors"]
    assert state() == before


def state() -> tuple[list[Any], ...]:
    return tuple(list(model.objects.order_by("pk").values()) for model in (Case, Message, Person, Profile))
