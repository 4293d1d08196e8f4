"""The REST API, and what Ann may try with the ids of others."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.rights.row import ROLES, Row, api


def case_api() -> Iterator[Row]:
    theirs = {"channel": "cch{channel}", "user_custom_id": "{custom_id}", "content": "hi"}
    yield api("case-list", "cases/?show_active_chats=true", eve=200, ann=200, read=200, ada=200)
    yield api("case-list", "cases/", "POST", theirs, eve=400, ann=201, ada=201, of_a_case=True)
    by_id = {"user_id": "{user}", "content": "hi"}
    yield api("case-list", "cases/", "POST", by_id, eve=400, ann=201, ada=201, of_a_case=True)
    one = "cases/{case}/"
    for name, path in (("detail", ""), ("changelog", "changelog/"), ("messages", "messages/")):
        yield api(f"case-{name}", one + path, eve=404, ann=200, read=200, ada=200, of_a_case=True)
    yield api("case-detail", "cases/{number}/", eve=404, ann=200, read=200, ada=200, of_a_case=True)
    verbs: tuple[tuple[str, str, str, dict[str, Any], int], ...] = (
        ("detail", "PATCH", one, {"subject": "x"}, 200),
        ("assign", "POST", f"{one}assign/", {"staff_id": None}, 200),
        ("end-chat", "POST", f"{one}end_chat/", {"status": "closed"}, 409),
        ("labels", "POST", f"{one}labels/", {"add": ["{cases_label}"]}, 200),
        ("snooze", "POST", "cases/{other}/snooze/", {"until": (timezone.now() + timedelta(days=1)).isoformat()}, 200),
        ("wake", "POST", f"{one}wake/", {}, 200),
        ("run-macro", "POST", f"{one}run_macro/", {"macro_id": "{cases_macro}"}, 200),
        ("merge", "POST", f"{one}merge/", {"case_id": "{other}"}, 200),
        ("unmerge", "POST", f"{one}unmerge/", {}, 409),
        ("notes", "POST", f"{one}notes/", {"content": "n"}, 201),
        ("messages", "POST", "cases/{other}/messages/", {"user_id": "{user}", "content": "hi"}, 201),
    )
    for name, method, path, body, done in verbs:
        yield api(f"case-{name}", path, method, body, eve=404, ann=done, ada=done, of_a_case=True)
    yield api(
        "message-status",
        "messages/{message}/status/",
        "POST",
        {"status": "delivered"},
        eve=404,
        ann=200,
        channel=404,
        ada=200,
        of_a_case=True,
    )


def delivery_api() -> Iterator[Row]:
    """What leaves for a channel's address: as its case; with the key of another channel there is none."""
    yield api("delivery-list", "webhooks/deliveries/", eve=200, ann=200, read=200, channel=200, ada=200)
    one = "webhooks/deliveries/{delivery}/"
    yield api("delivery-detail", one, eve=404, ann=200, read=200, channel=404, ada=200, of_a_case=True)
    for name, done in (("retry", 200), ("cancel", 409)):
        path = f"{one}{name}/"
        yield api(f"delivery-{name}", path, "POST", eve=404, ann=done, channel=404, ada=done, of_a_case=True)


def other_api() -> Iterator[Row]:
    yield api("custom_channel-list", "custom_channels/", eve=200, ann=200, read=200, ada=200)
    new = {"title": "New", "channel_type": "sync"}
    yield api("custom_channel-list", "custom_channels/", "POST", new, eve=403, ann=403, ada=201)
    one, title = "custom_channels/cch{channel}/", {"title": "x"}
    yield api("custom_channel-detail", one, eve=404, ann=200, read=200, channel=404, ada=200, of_a_case=True)
    yield api("custom_channel-detail", one, "PATCH", title, eve=403, ann=403, ada=200)
    said = {"user_custom_id": "{custom_id}", "external_id": "e1", "content": "hi"}
    yield api(
        "custom_channel-messages",
        f"{one}messages/",
        "POST",
        said,
        eve=404,
        ann=201,
        channel=404,
        ada=201,
        of_a_case=True,
    )
    yield api("user-list", "users/", eve=200, ann=200, read=200, ada=200)
    who = {"user_custom_id": "{custom_id}", "user_custom_channel": "cch{channel}"}
    yield api("user-list", "users/", "POST", who, eve=400, ann=201, ada=201, of_a_case=True)
    yield api("user-list", "users/", "POST", {"user_email": "{email}"}, eve=400, ann=201, ada=201, of_a_case=True)
    yield api("user-detail", "users/{user}/", eve=404, ann=200, read=200, ada=200, of_a_case=True)
    verbs: tuple[tuple[str, str, str, dict[str, Any], int], ...] = (
        ("detail", "PATCH", "", {"user_note": "x"}, 200),
        ("block", "PUT", "block/", {}, 200),
        ("disable", "PUT", "disable/", {}, 200),
        ("restore", "PUT", "restore/", {}, 200),
        ("link", "PUT", "link/", {"user_email": "new@example.com"}, 200),
        ("unlink", "PUT", "unlink/", {"user_email": "new@example.com"}, 400),
    )
    for name, method, path, body, done in verbs:
        yield api(f"user-{name}", f"users/{{user}}/{path}", method, body, eve=404, ann=done, ada=done, of_a_case=True)
    yield api("conflict-list", "conflicts/", eve=200, ann=200, read=200, ada=200)
    one, verdict = "conflicts/{conflict}/", {"verdict": "reject", "reason": "two people"}
    yield api("conflict-detail", one, eve=404, ann=200, read=200, ada=200, of_a_case=True)
    yield api("conflict-decide", f"{one}decide/", "POST", verdict, eve=404, ann=403, ada=200, of_a_case=True)
    yield api("user-revoke-tokens", "users/{user}/revoke_tokens/", "POST", eve=403, ann=403, ada=200)
    # A key that writes is the company's server: whom it names, it names.
    whose = {"user": {"user_email": "new@example.com"}}
    yield api("identification_code-list", "identification_codes/", "POST", whose, eve=201, ann=201, ada=201)
    yield api("event-list", "events/", eve=200, ann=200, read=200, channel=200, ada=200)
    yield from rule_api()
    yield from identification_api()
    yield from lists()
    yield from schedule_api()
    for name in ("schema", "docs"):
        wrong_keys = dict.fromkeys(("retired key", "key of inactive"), 401)
        yield Row(name, f"/api/v1/{name}/", answers={**dict.fromkeys(ROLES, 200), **wrong_keys})


def lists() -> Iterator[Row]:
    """What everybody with a key may read."""
    plain = ("label", "group", "custom_field", "language", "macro")
    paths = {
        "statistics": "statistics",
        "staff": "staff",
        "company": "companies",
        **{name: f"{name}s" for name in plain},
    }
    for name, path in paths.items():
        yield api(f"{name}-list", f"{path}/", eve=200, ann=200, read=200, ada=200)


def team_api() -> Iterator[Row]:
    """Who answers, and what asks them to look."""
    yield api("notification-list", "notifications/", eve=200, ann=200, read=200, ada=200)
    one = "notifications/{notification}/read/"
    yield api("notification-read", one, "POST", eve=404, ann=200, ada=404, of_a_case=True)
    yield api("notification-read-all", "notifications/read_all/", "POST", eve=200, ann=200, ada=200)
    status = {"status_id": "{users_agentstatus}"}
    yield api("staff-detail", "staff/{owner}/", eve=200, ann=200, read=200, ada=200)
    yield api("staff-detail", "staff/{owner}/", "PATCH", status, eve=403, ann=403, ada=200)
    for name, path, row in (("role", "roles/", "users_role"), ("agent_status", "agent_statuses/", "users_agentstatus")):
        one = f"{path}{{{row}}}/"
        yield api(f"{name}-list", path, eve=200, ann=200, read=200, ada=200)
        yield api(f"{name}-list", path, "POST", {"title": "new"}, eve=403, ann=403, ada=201)
        yield api(f"{name}-detail", one, eve=200, ann=200, read=200, ada=200)
        yield api(f"{name}-detail", one, "PATCH", {"title": "other"}, eve=403, ann=403, ada=200)
        yield api(f"{name}-detail", one, "DELETE", eve=403, ann=403, ada=204)


def operation_api() -> Iterator[Row]:
    """Who is who: of those here only Ada may judge it. The rest of it is in tests/api/test_operations.py."""
    plans: tuple[tuple[str, dict[str, Any], int], ...] = (
        ("merge", {"user_ids": ["{user}"]}, 422),
        ("split", {"user_ids": ["{user}"]}, 201),
        ("link", {"user_id": "{user}", "with_user_id": "{user}"}, 422),
    )
    for name, body, done in plans:
        yield api(f"person-{name}-plan", f"persons/{name}_plan/", "POST", body, eve=403, ann=403, ada=done)
    yield api("operation-list", "operations/", eve=200, ann=200, read=200, ada=200)
    stale = {"plan_hash": "x", "reason": "y"}
    yield api("operation-list", "operations/", "POST", stale, eve=403, ann=403, ada=409)
    one = "operations/{operation}/"
    yield api("operation-detail", one, eve=404, ann=200, read=200, ada=200, of_a_case=True)
    yield api("operation-undo", f"{one}undo/", "POST", {}, eve=403, ann=403, ada=200)


def identification_api() -> Iterator[Row]:
    """Keys and widgets are the administrators'."""
    calls: tuple[tuple[str, str, str, Any, int], ...] = (
        ("signing_key-list", "GET", "signing_keys/", None, 200),
        ("signing_key-list", "POST", "signing_keys/", {"title": "x"}, 201),
        ("signing_key-detail", "GET", "signing_keys/{identification_signingkey}/", None, 200),
        ("signing_key-retire", "POST", "signing_keys/{identification_signingkey}/retire/", {}, 200),
        ("widget-list", "GET", "widgets/", None, 200),
        ("widget-list", "POST", "widgets/", {"title": "x"}, 201),
        ("widget-detail", "GET", "widgets/{channels_widget}/", None, 200),
        ("widget-detail", "PATCH", "widgets/{channels_widget}/", {"title": "y"}, 200),
    )
    for name, method, path, sent, done in calls:
        yield api(name, path, method, sent, eve=403, ann=403, ada=done)


def schedule_api() -> Iterator[Row]:
    """Business hours are the administrators'."""
    calls: tuple[tuple[str, str, str, Any, int], ...] = (
        ("list", "GET", "schedules/", None, 200),
        ("list", "POST", "schedules/", {"title": "x"}, 201),
        ("detail", "GET", "schedules/{channels_schedule}/", None, 200),
        ("detail", "PATCH", "schedules/{channels_schedule}/", {"title": "y"}, 200),
        ("detail", "DELETE", "schedules/{channels_schedule}/", None, 204),
    )
    for name, method, path, sent, done in calls:
        yield api(f"schedule-{name}", path, method, sent, eve=403, ann=403, ada=done)


def rule_api() -> Iterator[Row]:
    """Rules are the administrators'."""
    body = {"list": "new", "title": "x", "actions": [{"kind": "add_note", "values": {"text": "x"}}]}
    one = "rules/{rules_newcasesrule}/"
    calls: tuple[tuple[str, str, str, Any, int], ...] = (
        ("list", "GET", "rules/", None, 200),
        ("list", "POST", "rules/", body, 201),
        ("fields", "GET", "rules/fields/", None, 200),
        ("runs", "GET", "rules/runs/", None, 200),
        ("try-draft", "POST", "rules/test/", {"rule": body, "days": 1}, 200),
        ("detail", "GET", one, None, 200),
        ("detail", "PATCH", one, {"title": "y"}, 200),
        ("test", "POST", f"{one}test/", {"days": 1}, 200),
        ("move", "POST", f"{one}move/", {"places": 1}, 200),
        ("order", "POST", "rules/order/", {"list": "new", "order": []}, 409),
        ("diff", "GET", f"{one}versions/diff/?from=1", None, 400),
        ("versions", "GET", f"{one}versions/", None, 200),
        ("restore", "POST", f"{one}restore/", {"version": 999}, 400),
        ("detail", "DELETE", one, None, 204),
    )
    for name, method, path, sent, done in calls:
        yield api(f"rule-{name}", path, method, sent, eve=403, ann=403, ada=done)
    yield from rule_group_api()


def rule_group_api() -> Iterator[Row]:
    one = "rules/groups/{group of rules_newcasesrule}/"
    calls: tuple[tuple[str, str, str, Any, int], ...] = (
        ("list", "GET", "rules/groups/", None, 200),
        ("list", "POST", "rules/groups/", {"list": "new", "title": "x"}, 201),
        ("detail", "GET", one, None, 200),
        ("detail", "PATCH", one, {"title": "y"}, 200),
        ("move", "POST", f"{one}move/", {"places": 1}, 200),
        ("detail", "DELETE", one, None, 204),
    )
    for name, method, path, sent, done in calls:
        yield api(f"rule_group-{name}", path, method, sent, eve=403, ann=403, ada=done)


# As Ann, on what is hers, with what is Dora's in the body.
FOREIGN_BODIES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "POST",
        "/api/v1/cases/",
        {"channel": "cch{their_channel}", "user_custom_id": "{their_custom_id}", "content": "x"},
    ),
    ("POST", "/api/v1/cases/", {"channel": "cch{channel}", "user_id": "{their_user}", "content": "x"}),
    ("POST", "/api/v1/cases/", {"user_id": "{their_user}", "content": "x"}),
    ("POST", "/api/v1/cases/{other}/messages/", {"user_id": "{their_user}", "content": "x"}),
    ("POST", "/api/v1/cases/{other}/messages/", {"staff_id": "{owner}", "content": "x"}),
    ("POST", "/api/v1/cases/{other}/notes/", {"staff_id": "{owner}", "content": "x"}),
    ("POST", "/api/v1/cases/{case}/merge/", {"case_id": "{their_case}"}),
    (
        "POST",
        "/api/v1/custom_channels/cch{channel}/messages/",
        {"user_custom_id": "{custom_id}", "external_id": "e", "content": "x", "case_id": "{their_case}"},
    ),
    ("POST", "/api/v1/users/", {"user_custom_id": "new", "user_custom_channel": "cch{their_channel}"}),
    ("POST", "/api/v1/users/", {"user_email": "{their_email}"}),
    ("PUT", "/api/v1/users/{user}/link/", {"user_id": "{their_user}"}),
    ("PUT", "/api/v1/users/{user}/link/", {"user_email": "{their_email}"}),
    ("PUT", "/api/v1/users/{user}/unlink/", {"user_id": "{their_user}"}),
)

FOREIGN_QUERIES = (
    "/api/v1/conflicts/?user_id={their_user}",
    "/api/v1/cases/?show_active_chats=true&user_id={their_user}",
    "/api/v1/cases/?show_active_chats=true&user_custom_id={their_custom_id}",
    "/api/v1/cases/?show_active_chats=true&channel=cch{their_channel}",
    "/api/v1/users/?user_custom_id={their_custom_id}&user_custom_channel=cch{their_channel}",
    "/api/v1/users/?user_email={their_email}",
    "/api/v1/operations/?user_id={their_user}",
)
