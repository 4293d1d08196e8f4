"""Who may change, through each route, who somebody is. A new route needs one line here, or the walk fails.

A name ends in `*` where all pages of one model of the administration, or of everybody's own account, are alike.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests import rights
from tests.identification.bodies import GREEDY, METHODS, MORE


@dataclass(frozen=True)
class Who:
    """right: the proofs with which something may change; the first of them has to change something.

    newcomers: whoever asks may be somebody new here, who is nobody known and at most claims to be.
    """

    right: tuple[str, ...] = ()
    newcomers: bool = False


NOBODY = Who()
SERVER = Who(("key of ada", "key of ann"))
# Also of a person whom nobody has met yet, or whom a server names by right.
ANY_SERVER = Who(("key of ada", "key of ann", "key of eve"))
ADMIN_SERVER = Who(("key of ada",))
JUDGE_SERVER = Who(("key of ada",))
JUDGE = Who(("ada",))
ADMIN = Who(("ada",))
# Every agent who sees the person.
AGENT = Who(("ada", "ann"))
VISITOR = Who(("a token of bob", "a hash of bob"))
# A token for somebody else is right for somebody else; what it does for Bob is looked at apart.
ANY_VISITOR = Who(("a token of bob", "a token of eve", "a hash of bob", "a hash of eve"))
# Of a chat: a token for another widget is no right one.
CHATTER = Who(("a token of eve",), newcomers=True)
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
    "inbox:snooze": NOBODY,
    "inbox:macro": NOBODY,
    "inbox:agent_status*": NOBODY,
    "inbox:macros": NOBODY,
    "inbox:notifications": NOBODY,
    "inbox:notification_*": NOBODY,
    "inbox:colleagues": NOBODY,
    "inbox:conflicts": NOBODY,
    "inbox:conflict_rows": NOBODY,
    "inbox:conflict": NOBODY,
    "inbox:decide": JUDGE,
    "inbox:ledger": NOBODY,
    "inbox:person": NOBODY,
    "inbox:person_save": AGENT,
    "inbox:person_block": AGENT,
    "inbox:ledger_csv": NOBODY,
    "inbox:person_merge": NOBODY,
    "inbox:person_merge_plan": NOBODY,
    "inbox:person_split": NOBODY,
    "inbox:person_split_plan": NOBODY,
    "inbox:person_decide": JUDGE,
    "inbox:person_operations": NOBODY,
    "inbox:person_undo": JUDGE,
    "unlock_codes": NOBODY,
    "case_run*": NOBODY,
    "look_up_refresh": NOBODY,
    # what everybody can reach
    "ops:*": NOBODY,
    "cases:file": NOBODY,
    "cases:rating": NOBODY,
    "live:stream": NOBODY,
    "identify_js": NOBODY,
    "identify_confirm_js": NOBODY,
    "identify_texts": NOBODY,
    "identify_codes": ANY_VISITOR,
    "identify_proposals": NOBODY,
    "identify_decision": VISITOR,
    "identification_undo": NOTICE,
    "chat_config": NOBODY,
    "chat_sessions": Who(newcomers=True),
    "chat_identify": CHATTER,
    "chat_session": NOBODY,
    "chat_attributes": NOBODY,
    "chat_messages": NOBODY,
    "chat_conversations": NOBODY,
    "chat_thread": NOBODY,
    "chat_read": NOBODY,
    "chat_typing": NOBODY,
    "chat_rating": NOBODY,
    "chat_transcript": NOBODY,
    "live:listen": NOBODY,
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
    "admin:users_role_*": NOBODY,
    "admin:admin/users/role/*": NOBODY,
    "admin:users_agentstatus_*": NOBODY,
    "admin:admin/users/agentstatus/*": NOBODY,
    "admin:cases_label_*": NOBODY,
    "admin:admin/cases/label/*": NOBODY,
    "admin:channels_widget_*": NOBODY,
    "admin:channels_widget_add": ADMIN,
    "admin:channels_widget_change": ADMIN,
    "admin:channels_widget_delete": ADMIN,
    "admin:admin/channels/widget/*": NOBODY,
    "admin:channels_custom_customchannel_*": NOBODY,
    "admin:admin/channels_custom/customchannel/*": NOBODY,
    "admin:identification_lookup_*": NOBODY,
    "admin:identification_lookup_add": ADMIN,
    "admin:identification_lookup_change": ADMIN,
    "admin:identification_lookup_delete": ADMIN,
    "admin:admin/identification/lookup/*": NOBODY,
    "admin:identification_signingkey_*": NOBODY,
    "admin:identification_signingkey_add": ADMIN,
    "admin:identification_signingkey_change": ADMIN,
    "admin:identification_signingkey_console": ADMIN,
    "admin:admin/identification/signingkey/*": NOBODY,
    "admin:cases_macro_*": NOBODY,
    "admin:admin/cases/macro/*": NOBODY,
    "admin:channels_schedule_*": NOBODY,
    "admin:admin/channels/schedule/*": NOBODY,
    "admin:rules_pause_*": NOBODY,
    "admin:admin/rules/pause/*": NOBODY,
    "admin:rules_webhook_*": NOBODY,
    "admin:admin/rules/webhook/*": NOBODY,
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
    "case-snooze": NOBODY,
    "case-wake": NOBODY,
    "case-run-macro": NOBODY,
    "message-status": NOBODY,
    "custom_channel-list": NOBODY,
    "custom_channel-detail": NOBODY,
    "custom_channel-messages": SERVER,
    "delivery-*": NOBODY,
    "user-list": ANY_SERVER,
    "user-detail": SERVER,
    "user-block": SERVER,
    "user-link": SERVER,
    "user-disable": SERVER,
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
    "signing_key-list": ADMIN_SERVER,
    "signing_key-detail": NOBODY,
    "signing_key-retire": ADMIN_SERVER,
    "widget-list": ADMIN_SERVER,
    "widget-detail": ADMIN_SERVER,
    "rule-*": NOBODY,
    "rule_group-*": NOBODY,
    "schedule-*": NOBODY,
    "event-list": NOBODY,
    "statistics-list": NOBODY,
    "label-list": NOBODY,
    "macro-list": NOBODY,
    "group-list": NOBODY,
    "staff-list": NOBODY,
    "staff-detail": NOBODY,
    "role-*": NOBODY,
    "agent_status-*": NOBODY,
    "notification-*": NOBODY,
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


def attempts() -> dict[str, list[rights.Row]]:
    """{route: what is asked of it}: the rows of the table of rights, our bodies, and each other method."""
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
