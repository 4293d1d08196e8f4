"""Cases and messages over HTTP."""

from typing import Any

import pytest

from helpdesk.cases.models import Case, Label, Message
from helpdesk.outbox.models import Job
from helpdesk.users.models import CustomField
from tests import world

pytestmark = pytest.mark.django_db


def new(channel, **more):
    return {"channel": channel.api_key, "user_custom_id": "bob-1", "content": "hello", **more}


@pytest.mark.seed("001", "The standard method is used along with the user_custom_id and channel parameters")
def test_a_case_is_made_and_tells_what_an_integrator_keeps(api, channel):
    got = api.post("cases/", new(channel, user_full_name="Bob Brown", company_name="Acme", subject="Invoice"))
    assert got["case_number"][3] == "-"
    assert got["status"] == "open"
    assert got["active_chat"] is True
    assert got["warnings"] == []
    assert got["subject"] == "Invoice"
    user = api.get(f"users/{got['user_id']}/")
    assert (user["user_full_name"], user["company_name"], user["user_custom_id"]) == ("Bob Brown", "Acme", "bob-1")
    assert user["level"] == 1
    assert user["identified"] is False


@pytest.mark.seed("001", "Channel type: in real-time mode (synchronous)")
def test_in_a_synchronous_channel_everything_goes_to_the_last_chat(api, channel):
    first = api.post("cases/", new(channel))
    assert api.post("cases/", new(channel, content="and"))["case_id"] == first["case_id"]


@pytest.mark.seed("001", "Channel type: as mail (asynchronous)")
def test_in_an_asynchronous_channel_it_is_always_a_new_case(api, ann):
    forum = world.messenger(sync=False)
    ann.channels.add(forum.channel_ptr)
    assert api.post("cases/", new(forum))["case_id"] != api.post("cases/", new(forum))["case_id"]


@pytest.mark.seed("001", "we immediately link profiles (user_custom_id + email/phone profile)")
def test_an_address_beside_the_id_is_linked_and_a_taken_one_is_a_warning(api, channel):
    first = api.post("cases/", new(channel, user_email="bob@example.com"))
    assert len(api.get(f"users/{first['user_id']}/")["linked_users"]) == 2
    second = api.post("cases/", new(channel, user_custom_id="eve-1", user_email="bob@example.com"))
    assert "already belongs" in second["warnings"][0]
    assert api.get(f"users/{second['user_id']}/")["linked_users"] == [second["user_id"]]


@pytest.mark.seed("001", "If other user data (name, company, etc.) is transmitted, we also record it")
def test_each_custom_field_knows_whose_it_is(api, channel):
    world.tariff()
    CustomField.objects.create(key="order", title="Order", level="case", kind="text")
    got = api.post("cases/", new(channel, custom_fields={"tariff": "VIP", "order": "4471"}))
    assert api.get(f"users/{got['user_id']}/")["custom_fields"] == {"tariff": "2"}
    assert api.get(f"cases/{got['case_id']}/")["custom_fields"] == {"order": "4471"}


@pytest.mark.seed("001", "In standard channels, users are identified by basic data, also used to send responses")
def test_a_case_without_a_custom_channel_belongs_to_the_address_and_is_answered_by_mail(admin_api):
    got = admin_api.post("cases/", {"user_email": "Bob@Example.com", "content": "hello"})
    answer = admin_api.post(f"cases/{got['case_id']}/messages/", {"staff_id": staff(admin_api), "content": "hi"})
    assert answer["delivery"]["state"] == "queued"
    assert Job.objects.get(message_id=answer["message_id"]).kind == "mail"


def test_a_phone_case_cannot_be_answered_yet_and_says_so(admin_api):
    got = admin_api.post("cases/", {"user_phone": "+49 30 901820", "content": "call me"})
    body = {"staff_id": staff(admin_api), "content": "hi"}
    assert admin_api.post(f"cases/{got['case_id']}/messages/", body, expect=422)["code"] == "no_transport"


def staff(api) -> int:
    return api.get("staff/")["results"][0]["staff_id"]


@pytest.mark.seed("001", "If you need to add a response on behalf of the user, use the standard method")
def test_a_message_as_the_customer_and_one_as_an_agent(api, channel, ann):
    got = api.post("cases/", new(channel))
    path = f"cases/{got['case_number']}/messages/"
    mine = api.post(path, {"user_id": got["user_id"], "content": "more", "external_id": "7"})
    assert mine["author"] == "profile"
    assert (
        api.post(path, {"user_id": got["user_id"], "content": "x", "external_id": "7"}, expect=200)["message_id"]
        == mine["message_id"]
    )
    answer = api.post(path, {"staff_id": ann.pk, "content": "hi"})
    assert (answer["author"], answer["staff_id"]) == ("agent", ann.pk)
    assert [one["content"] for one in api.get(path)["results"]] == ["hi", "more", "hello"]


def test_a_closed_case_takes_no_message_of_the_customer(api, channel):
    got = api.post("cases/", new(channel))
    api.patch(f"cases/{got['case_id']}/", {"status": "closed"})
    body = {"user_id": got["user_id"], "content": "more"}
    assert api.post(f"cases/{got['case_id']}/messages/", body, expect=409)["code"] == "case_closed"


def test_crossing_answers_are_refused(api, channel, ann):
    got = api.post("cases/", new(channel))
    later = api.post("cases/", new(channel, content="wait"))
    body = {"staff_id": ann.pk, "content": "hi", "if_last_message_id": got["message_id"]}
    refused = api.post(f"cases/{got['case_id']}/messages/", body, expect=409)
    assert (refused["code"], refused["last_message_id"]) == ("newer_message", later["message_id"])


@pytest.mark.seed("001", "You can get a list of chats through the list all cases method")
def test_active_chats_are_hidden_unless_asked_for(api, channel):
    got = api.post("cases/", new(channel))
    assert api.get(f"cases/?user_id={got['user_id']}")["results"] == []
    shown = api.get(f"cases/?user_id={got['user_id']}&show_active_chats=true")["results"]
    assert [one["case_id"] for one in shown] == [got["case_id"]]


@pytest.mark.seed("001", "the agent merged it with the previous chat")
def test_a_message_to_a_merged_case_goes_to_the_previous_one(api, channel):
    first = api.post("cases/", new(channel))
    api.patch(f"cases/{first['case_id']}/", {"status": "closed"})
    second = api.post("cases/", new(channel))
    api.patch(f"cases/{first['case_id']}/", {"status": "open"})
    api.post(f"cases/{second['case_id']}/merge/", {"case_id": first["case_id"]}, expect=200)
    assert api.get(f"cases/{second['case_id']}/")["merged_into"] == first["case_id"]
    went = api.post(f"cases/{second['case_id']}/messages/", {"user_id": second["user_id"], "content": "more"})
    assert went["case_id"] == first["case_id"]


def test_a_case_is_changed_by_the_same_verbs_as_in_the_inbox(api, channel, ann):
    got = api.post("cases/", new(channel))
    ann.groups.add(world.group())
    body = {"status": "pending", "priority": "high", "staff_id": ann.pk, "group_id": world.group().pk, "subject": "S"}
    changed = api.patch(f"cases/{got['case_id']}/", body)
    assert {name: changed[name] for name in body} == body
    kinds = {one["kind"] for one in api.get(f"cases/{got['case_id']}/changelog/")["results"]}
    assert {"case.opened", "case.status_changed", "case.assigned", "case.group_changed"} <= kinds


def test_a_case_with_two_of_the_labels_asked_for_is_listed_once(api, channel):
    got = api.post("cases/", new(channel))
    labels = [Label.objects.create(title=title).pk for title in ("vip", "late")]
    api.post(f"cases/{got['case_id']}/labels/", {"add": labels}, expect=200)
    query = f"cases/?show_active_chats=true&labels={labels[0]},{labels[1]}"
    assert [one["case_id"] for one in api.get(query)["results"]] == [got["case_id"]]


def test_pages_follow_each_other_without_gap_or_repeat(api, channel):
    for number in range(5):
        got = api.post("cases/", new(channel, content=f"m{number}"))
    path, seen = f"cases/{got['case_id']}/messages/?limit=2", []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        page = api.get(f"{path}&cursor={page['next']}")
        seen += [one["content"] for one in page["results"]]
    assert seen == ["m4", "m3", "m2", "m1", "m0"]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown channel": ({"channel": "cch999"}, "channel"),
    "no user": ({"user_custom_id": None}, "user_custom_id"),
    "empty content": ({"content": " "}, "content"),
    "unknown field": ({"colour": "red"}, "colour"),
    "wrong type": ({"content": 7}, "content"),
    "a list for text": ({"subject": ["x"]}, "subject"),
    "unknown priority": ({"priority": "urgent"}, "priority"),
    "unknown group": ({"group_id": 99999}, "group_id"),
    "unknown label": ({"labels": [99999]}, "labels"),
    "unknown custom field": ({"custom_fields": {"shoe": 1}}, "custom_fields.shoe"),
    "empty id": ({"user_custom_id": ""}, "user_custom_id"),
    "long id": ({"user_custom_id": "x" * 256}, "user_custom_id"),
    "number id": ({"user_custom_id": 7}, "user_custom_id"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_named_at_its_field_and_writes_nothing(api, channel, what):
    change, field = BAD[what]
    body = {name: value for name, value in {**new(channel), **change}.items() if value is not None}
    problem = api.post("cases/", body, expect=400)
    assert field in problem["errors"], problem
    assert problem["status"] == 400
    assert api.last["Content-Type"] == "application/problem+json"
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b'{"content": NaN}', 400),
        (b'{"content": "nul\\u0000"}', 400),
        (b'{"content": "half \\ud800"}', 400),
        (b"[" * 100_000, 400),
        (b'{"content": "' + b"x" * 10_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_good_json_is_a_client_error_never_ours(api, raw, status):
    assert api.post("cases/", raw, expect=status)["status"] == status
    assert not Case.objects.exists()


def test_text_that_is_too_long_is_refused_in_words(api, channel):
    problem = api.post("cases/", new(channel, content="x" * 100_001), expect=422)
    assert "100" in problem["detail"]
    assert not Message.objects.exists()


def test_bad_user_data_writes_no_message(api, channel):
    world.tariff()
    problem = api.post("cases/", new(channel, custom_fields={"tariff": "Gold"}), expect=422)
    assert "Standard, VIP, No account" in problem["errors"]["tariff"][0]
    assert not Case.objects.exists()


@pytest.mark.promise("P26")
@pytest.mark.parametrize("path", ["", "messages/", "changelog/"])
def test_a_foreign_case_does_not_exist(channel, as_key, path):
    case = world.says(world.customer(channel), "secret").case
    eve = as_key(world.api_key(world.agent("Eve"), "write"))
    for name in (case.pk, case.number):
        eve.get(f"cases/{name}/{path}", expect=404)
    assert eve.get("cases/?show_active_chats=true")["results"] == []
    assert eve.get(f"users/{case.profile_id}/", expect=404)["code"] == "not_found"


@pytest.mark.parametrize("name", ["x", "9" * 30, "-1", "12-", ".."])
def test_a_strange_id_is_not_found(api, name):
    api.get(f"cases/{name}/", expect=404)


@pytest.mark.parametrize("key", ["", "nonsense", "hd_wrong"])
def test_without_a_key_nothing_is_told(as_key, key, db):
    as_key(key).get("cases/", expect=401)


def test_a_key_that_reads_does_not_write(as_key, ann, channel):
    reader = as_key(world.api_key(ann, "read"))
    reader.get("cases/")
    reader.post("cases/", new(channel), expect=403)


def test_what_a_rule_or_agent_said_cannot_be_read_after_access_was_taken(api, channel, ann):
    got = api.post("cases/", new(channel))
    ann.channels.clear()
    api.get(f"cases/{got['case_id']}/", expect=404)


def test_a_failure_between_request_and_commit_leaves_nothing(api, channel, monkeypatch):
    monkeypatch.setattr("helpdesk.cases.services.incoming.wrote", lambda *a, **k: 1 / 0)
    assert api.post("cases/", new(channel), expect=500)["code"] == "internal_error"
    assert not Case.objects.exists()


def test_all_that_may_be_said_of_a_new_case_is_kept(api, channel, ann):
    group, label = world.group(), Label.objects.create(title="vip")
    ann.groups.add(group)
    whose = {"user_full_name": "Bob Brown", "company_name": "Acme", "company_position": "Boss", "user_note": "Friendly"}
    facts = {
        "subject": "Invoice",
        "priority": "critical",
        "group_id": group.pk,
        "staff_id": ann.pk,
        "labels": [label.pk],
    }
    html = {"content": "", "content_html": "<p>hello <b>you</b><script>alert(1)</script></p>"}
    got = api.post("cases/", {**new(channel), **html, **whose, **facts, "language_id": "de"})
    assert {name: got[name] for name in facts} == facts
    user = api.get(f"users/{got['user_id']}/")
    assert {name: user[name] for name in (*whose, "language_id")} == {**whose, "language_id": "de"}
    (message,) = api.get(f"cases/{got['case_id']}/messages/")["results"]
    assert (message["content"], message["content_html"]) == ("hello you", "<p>hello <b>you</b></p>")


def test_cases_are_found_by_whose_they_are_and_how_they_stand(api, channel, ann):
    mine = api.post("cases/", new(channel, subject="mine", priority="high", staff_id=ann.pk))
    theirs = api.post("cases/", new(channel, user_custom_id="carol", subject="theirs"))
    api.patch(f"cases/{theirs['case_id']}/", {"status": "closed"})
    person = api.get(f"users/{mine['user_id']}/")["person_id"]
    by_id = f"user_id={mine['user_id']}", f"person_id={person}", f"user_custom_id=bob-1&channel=cch{channel.pk}"
    for query in (*by_id, "status=open", "priority=high", f"staff_id={ann.pk}", f"to_time={_as_query(theirs)}"):
        found = api.get(f"cases/?show_active_chats=true&{query}")["results"]
        assert [case["case_id"] for case in found] == [mine["case_id"]], query
    both = api.get(f"cases/?show_active_chats=true&status=open,closed&channel=cch{channel.pk}")["results"]
    assert [case["case_id"] for case in both] == [theirs["case_id"], mine["case_id"]]


def _as_query(case: dict[str, Any]) -> str:
    return str(case["created_at"]).replace("+", "%2B")
