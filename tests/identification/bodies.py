"""What is asked of the routes beside the table of rights: bodies that would change who somebody is, if believed."""

from collections.abc import Mapping
from typing import Any

BOBS_PHONE = "+49 30 901820"
API, WIDGET = "/api/v1/", "/widget/v1/identify/{confirming}/"
Body = tuple[str, str, str, Mapping[str, Any]]
ADDRESS = "https://evil.example/users"
# What decides whose word counts: keys, widgets, and where the company's database is asked.
SETTINGS: tuple[Body, ...] = (
    ("widget-detail", "PATCH", f"{API}widgets/{{channels_widget}}/", {"trust_page_data": True}),
    ("widget-detail", "PATCH", f"{API}widgets/{{account_page}}/", {"confirm_codes": False}),
    ("admin:channels_widget_add", "POST", "/admin/channels/widget/add/", {"title": "x", "trust_page_data": "on"}),
    (
        "admin:channels_widget_change",
        "POST",
        "/admin/channels/widget/{channels_widget}/change/",
        {"title": "Shop", "active": "on", "trust_page_data": "on"},
    ),
    ("admin:channels_widget_delete", "POST", "/admin/channels/widget/{channels_widget}/delete/", {"post": "yes"}),
    (
        "admin:identification_lookup_add",
        "POST",
        "/admin/identification/lookup/add/",
        {"place": "widget:{account_page}", "url": ADDRESS, "whom": "all", "active": "on", "cache_seconds": "60"},
    ),
    (
        "admin:identification_lookup_change",
        "POST",
        "/admin/identification/lookup/{identification_lookup}/change/",
        {"url": ADDRESS, "whom": "all", "active": "on", "cache_seconds": "60"},
    ),
    (
        "admin:identification_lookup_delete",
        "POST",
        "/admin/identification/lookup/{identification_lookup}/delete/",
        {"post": "yes"},
    ),
    ("admin:identification_signingkey_add", "POST", "/admin/identification/signingkey/add/", {"title": "x"}),
    (
        "admin:identification_signingkey_change",
        "POST",
        "/admin/identification/signingkey/{identification_signingkey}/change/",
        {"title": "Shop", "_retire": "1"},
    ),
    (
        "admin:identification_signingkey_console",
        "POST",
        "/admin/identification/signingkey/console/",
        {"external_id": "B-42", "_revoke": "1"},
    ),
)
# A widget that takes hashes, and one that believes its page, which makes no token better.
OLD, TRUSTING = "/widget/v1/identify/{bridging}/", "/widget/v1/identify/{trusting}/"
OTHER_PAGES: tuple[Body, ...] = (
    (
        "identify_codes",
        "POST",
        f"{OLD}codes",
        {"identifier": "{hashed}", "identifier_hash": "{hash}", "email": "bob@example.com"},
    ),
    (
        "identify_decision",
        "POST",
        f"{OLD}proposals/{{vouched_proposal}}",
        {"proof": {"identifier": "{hashed}", "identifier_hash": "{hash}"}, "accept": True},
    ),
    (
        "identify_decision",
        "POST",
        f"{OLD}proposals/{{proposal}}",
        {"proof": {"identifier": "{hashed}", "identifier_hash": "{hash}"}, "accept": True},
    ),
    ("identify_codes", "POST", f"{TRUSTING}codes", {"token": "{token}", "external_id": "B-42"}),
    (
        "identify_decision",
        "POST",
        f"{TRUSTING}proposals/{{proposal}}",
        {"proof": {"external_id": "B-42", "user_email": "bob@example.com"}, "accept": True},
    ),
)
CHAT = "/widget/v1/chat/{chat}/"
MORE: tuple[Body, ...] = (
    ("chat_identify", "POST", f"{CHAT}identify/", {"token": "{token}", "attributes": {"email": "bob@example.com"}}),
    ("chat_identify", "POST", f"{CHAT}identify/", {"identifier": "{hashed}", "identifier_hash": "{hash}"}),
    ("chat_identify", "POST", f"{CHAT}identify/", {"id": "B-42", "attributes": {"email": "bob@example.com"}}),
    ("chat_sessions", "POST", f"{CHAT}sessions/", {"attributes": {"email": "bob@example.com", "name": "Bob"}}),
    (
        "case-list",
        "POST",
        f"{API}cases/",
        {
            "channel": "cch{channel}",
            "user_custom_id": "{custom_id}",
            "user_phone": BOBS_PHONE,
            "user_full_name": "Mallory",
            "content": "hi",
        },
    ),
    (
        "custom_channel-messages",
        "POST",
        f"{API}custom_channels/cch{{channel}}/messages/",
        {
            "user_custom_id": "{custom_id}",
            "external_id": "e9",
            "content": "my code is {code}",
            "user_phone": BOBS_PHONE,
        },
    ),
    ("case-messages", "POST", f"{API}cases/{{other}}/messages/", {"staff_id": "{owner}", "content": "{code}"}),
    ("user-list", "POST", f"{API}users/", {"external_id": "B-42", "user_phone": BOBS_PHONE}),
    ("user-link", "PUT", f"{API}users/{{user}}/link/", {"user_email": "bob@example.com"}),
    ("user-unlink", "PUT", f"{API}users/{{user}}/unlink/", {"user_email": "{email}"}),
    ("identification_code-list", "POST", f"{API}identification_codes/", {"user": {"external_id": "B-42"}}),
    ("operation-list", "POST", f"{API}operations/", {"plan_hash": "{plan_of_ada}", "reason": "the same"}),
    ("inbox:person_block", "POST", "/people/{person}/block/", {"blocked": "yes"}),
    ("inbox:person_decide", "POST", "/people/{person}/decide/", {"plan_hash": "{plan_of_ada}", "reason": "the same"}),
    ("user-restore", "PUT", f"{API}users/{{blocked}}/restore/", {}),
    ("identify_codes", "POST", f"{WIDGET}codes", {"token": "{token}", "user_email": "bob@example.com"}),
    ("identify_codes", "POST", f"{WIDGET}codes", {"external_id": "B-42", "user_hash": "{token}"}),
    ("identify_proposals", "POST", f"{WIDGET}proposals", {"proof": {"token": "{token}"}}),
    ("identify_decision", "POST", f"{WIDGET}proposals/{{proposal}}", {"proof": {"token": "{token}"}, "accept": True}),
    ("identify_decision", "POST", f"{WIDGET}proposals/{{proposal}}", {"proof": {"token": "{token}"}, "accept": False}),
    (
        "identify_decision",
        "POST",
        f"{WIDGET}proposals/{{proposal}}",
        {"proof": {"external_id": "B-42", "user_email": "bob@example.com"}, "accept": True},
    ),
    ("identification_undo", "POST", "/links/undo/{undo}/", {}),
    ("identification_undo", "GET", "/links/undo/{undo_right}/", {}),
    ("admin:users_blockedvalue_add", "POST", "/admin/users/blockedvalue/add/", {"pattern": "office@*", "note": ""}),
    (
        "admin:users_blockedvalue_change",
        "POST",
        "/admin/users/blockedvalue/{users_blockedvalue}/change/",
        {"pattern": "sales@*", "note": ""},
    ),
    (
        "admin:users_blockedvalue_delete",
        "POST",
        "/admin/users/blockedvalue/{users_blockedvalue}/delete/",
        {"post": "yes"},
    ),
    *SETTINGS,
    *OTHER_PAGES,
)
# Tried where a route's rows do not use them. A page of the administration takes all but POST for GET.
METHODS = ("POST", "PUT", "PATCH", "DELETE")
GREEDY: Mapping[str, Any] = {
    "token": "{token}",
    "user_id": "{victim}",
    "user_email": "bob@example.com",
    "external_id": "B-42",
    "level": 3,
    "person_id": "{victim_person}",
    "person": "{victim_person}",
    "into": "{victim_person}",
    "verdict": "link",
    "reason": "because",
    "plan_hash": "0" * 64,
    "accept": "true",
    "blocked": "false",
    "next": "/",
}
