"""Who may change, through each route, who somebody is. A new route needs one line here, or the walk fails.

A name ends in `*` where all pages of one model of the administration, or of everybody's own account, are alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests import rights

BOBS_PHONE = "+49 30 901820"


@dataclass(frozen=True)
class Who:
    """right: the proofs with which something may change; the first of them has to change something."""

    right: tuple[str, ...] = ()


NOBODY = Who()
SERVER = Who(("key of ada", "key of ann"))
# Also of a person whom nobody has met yet, or whom a server names by right.
ANY_SERVER = Who(("key of ada", "key of ann", "key of eve"))
ADMIN_SERVER = Who(("key of ada",))
JUDGE_SERVER = Who(("key of ada",))
JUDGE = Who(("ada",))
ADMIN = Who(("ada",))
VISITOR = Who(("a token of bob",))
# A token for somebody else is right for somebody else; what it does for Bob is looked at apart.
ANY_VISITOR = Who(("a token of bob", "a token of eve"))
NOTICE = Who(("the address in the notice",))

ROUTES: dict[str, Who] = {
    # the inbox
    "inbox:home": NOBODY,
    "inbox:statistics": NOBODY,
    "inbox:tray": NOBODY,
    "inbox:rows": NOBODY,
    "inbox:case": NOBODY,
    "inbox:fresh": NOBODY,
    "inbox:write": NOBODY,
    "inbox:again": NOBODY,
    "inbox:cancel": NOBODY,
    "inbox:assign": NOBODY,
    "inbox:status": NOBODY,
    "inbox:end_chat": NOBODY,
    "inbox:conflicts": NOBODY,
    "inbox:conflict_rows": NOBODY,
    "inbox:conflict": NOBODY,
    "inbox:decide": JUDGE,
    "inbox:ledger": NOBODY,
    "inbox:ledger_csv": NOBODY,
    "inbox:person_merge": NOBODY,
    "inbox:person_merge_plan": NOBODY,
    "inbox:person_split": NOBODY,
    "inbox:person_split_plan": NOBODY,
    "inbox:person_decide": JUDGE,
    "inbox:person_operations": NOBODY,
    "inbox:person_undo": JUDGE,
    "unlock_codes": NOBODY,
    "look_up_refresh": NOBODY,
    # what everybody can reach
    "ops:*": NOBODY,
    "cases:file": NOBODY,
    "live:stream": NOBODY,
    "identify_js": NOBODY,
    "identify_confirm_js": NOBODY,
    "identify_texts": NOBODY,
    "identify_codes": ANY_VISITOR,
    "identify_proposals": NOBODY,
    "identify_decision": VISITOR,
    "identification_undo": NOTICE,
    # everybody's own account
    "account_*": NOBODY,
    "accounts/email/": NOBODY,
    "mfa_*": NOBODY,
    # the administration
    "admin:index": NOBODY,
    "admin:login": NOBODY,
    "admin:logout": NOBODY,
    "admin:password_change*": NOBODY,
    "admin:autocomplete": NOBODY,
    "admin:jsi18n": NOBODY,
    "admin:view_on_site": NOBODY,
    "admin:app_list": NOBODY,
    "admin:admin/(?P<url>.*)$": NOBODY,
    "admin:channels_language_*": NOBODY,
    "admin:admin/channels/language/*": NOBODY,
    "admin:users_company_*": NOBODY,
    "admin:admin/users/company/*": NOBODY,
    "admin:users_customfield_*": NOBODY,
    "admin:admin/users/customfield/*": NOBODY,
    "admin:users_apikey_*": NOBODY,
    "admin:admin/users/apikey/*": NOBODY,
    "admin:users_blockedvalue_changelist": NOBODY,
    "admin:users_blockedvalue_add": ADMIN,
    "admin:users_blockedvalue_history": NOBODY,
    "admin:users_blockedvalue_delete": ADMIN,
    "admin:users_blockedvalue_change": ADMIN,
    "admin:admin/users/blockedvalue/*": NOBODY,
    "admin:users_agent_*": NOBODY,
    "admin:admin/users/agent/*": NOBODY,
    "admin:users_group_*": NOBODY,
    "admin:admin/users/group/*": NOBODY,
    "admin:cases_label_*": NOBODY,
    "admin:admin/cases/label/*": NOBODY,
    "admin:channels_widget_*": NOBODY,
    "admin:admin/channels/widget/*": NOBODY,
    "admin:channels_custom_customchannel_*": NOBODY,
    "admin:admin/channels_custom/customchannel/*": NOBODY,
    "admin:identification_lookup_*": NOBODY,
    "admin:admin/identification/lookup/*": NOBODY,
    "admin:identification_signingkey_*": NOBODY,
    "admin:admin/identification/signingkey/*": NOBODY,
    "admin:rules_newcasesrule_*": NOBODY,
    "admin:admin/rules/newcasesrule/*": NOBODY,
    "admin:rules_updatedcasesrule_*": NOBODY,
    "admin:admin/rules/updatedcasesrule/*": NOBODY,
    "admin:rules_timerule_*": NOBODY,
    "admin:admin/rules/timerule/*": NOBODY,
    # the API
    "case-list": ANY_SERVER,
    "case-detail": NOBODY,
    "case-assign": NOBODY,
    "case-changelog": NOBODY,
    "case-end-chat": NOBODY,
    "case-labels": NOBODY,
    "case-merge": NOBODY,
    "case-messages": NOBODY,
    "case-notes": NOBODY,
    "case-unmerge": NOBODY,
    "message-status": NOBODY,
    "custom_channel-list": NOBODY,
    "custom_channel-detail": NOBODY,
    "custom_channel-messages": SERVER,
    "delivery-*": NOBODY,
    "user-list": ANY_SERVER,
    "user-detail": SERVER,
    "user-block": SERVER,
    "user-link": SERVER,
    "user-restore": SERVER,
    "user-unlink": SERVER,
    "user-revoke-tokens": ADMIN_SERVER,
    "person-merge-plan": NOBODY,
    "person-split-plan": NOBODY,
    "person-link-plan": NOBODY,
    "operation-list": JUDGE_SERVER,
    "operation-detail": NOBODY,
    "operation-undo": JUDGE_SERVER,
    "conflict-list": NOBODY,
    "conflict-detail": NOBODY,
    "conflict-decide": JUDGE_SERVER,
    "identification_code-list": ANY_SERVER,
    "rule-*": NOBODY,
    "event-list": NOBODY,
    "statistics-list": NOBODY,
    "label-list": NOBODY,
    "group-list": NOBODY,
    "staff-list": NOBODY,
    "company-list": NOBODY,
    "custom_field-list": NOBODY,
    "language-list": NOBODY,
    "schema": NOBODY,
    "docs": NOBODY,
}


# The demo is a company of its own: it reaches the desk over HTTP, by the routes above.
ELSEWHERE = "demo:"


def row_of(route: str) -> str | None:
    """The name of a route's row: the longest that fits counts. None: there is none."""
    return max((name for name in ROUTES if name == route or fnmatchcase(route, name)), key=len, default=None)


def who_for(route: str) -> Who:
    """Nobody, until somebody has said it: the walk names such a route."""
    name = row_of(route)
    return ROUTES[name] if name else NOBODY


# Bodies that would change something if they were believed, beside those of the table of rights.
API, WIDGET = "/api/v1/", "/widget/v1/identify/{confirming}/"
MORE: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
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


def attempts() -> dict[str, list[rights.Row]]:
    """{route: what is asked of it}: the rows of the table of rights, the bodies above, and each other method."""
    found: dict[str, list[rights.Row]] = {}
    for row in rights.rows():
        if not row.operation.startswith(ELSEWHERE):
            found.setdefault(row.operation.split(" ")[-1], []).append(row)
    for route, method, path, body in MORE:
        found.setdefault(route, []).append(rights.Row(route, path, method, dict(body)))
    for route, rows in found.items():
        methods = METHODS[:1] if rows[0].path.startswith("/admin/") else METHODS
        unused = [method for method in methods if method not in {row.method for row in rows}]
        rows += [rights.Row(route, rows[0].path, method, dict(GREEDY), of_a_case=True) for method in unused]
    return found
