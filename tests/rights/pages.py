"""The inbox, accounts, the demo, and pages without a list."""

from collections.abc import Iterator

from tests.rights.row import Row, page, same


def inbox() -> Iterator[Row]:
    for name, path in (("home", "/"), ("tray", "/views/all/"), ("rows", "/views/all/rows/")):
        yield page(f"inbox:{name}", path, eve=200, ann=200, ada=200)
    yield page("inbox:statistics", "/statistics/", eve=200, ann=200, ada=200)
    yield page("inbox:agent_status", "/status/", "POST", {"status": "{users_agentstatus}"}, eve=302, ann=302, ada=302)
    yield page("inbox:agent_statuses", "/status/choose/", eve=200, ann=200, ada=200)
    for name, path in (("notifications", ""), ("notification_menu", "menu/"), ("notification_rows", "rows/")):
        yield page(f"inbox:{name}", f"/notifications/{path}", eve=200, ann=200, ada=200)
    one = {"notification": "{notification}"}
    read = ("inbox:notification_read", "/notifications/read/", "POST")
    yield page(*read, one, eve=404, ann=302, ada=404, of_a_case=True)
    yield page(*read, {"notification": "all"}, eve=302, ann=302, ada=302)
    for name, path in (("conflicts", "/conflicts/"), ("conflict_rows", "/conflicts/rows/")):
        yield page(f"inbox:{name}", path, eve=200, ann=200, ada=200)
    conflict, verdict = "/conflicts/{conflict}/", {"verdict": "reject", "reason": "two people"}
    yield page("inbox:conflict", conflict, eve=404, ann=200, ada=200, of_a_case=True)
    yield page("inbox:decide", f"{conflict}decide/", "POST", verdict, eve=404, ann=403, ada=302, of_a_case=True)
    for name, path in (("ledger", "ledger/"), ("ledger_csv", "ledger.csv")):
        yield page(f"inbox:{name}", f"/people/{{person}}/{path}", eve=404, ann=200, ada=200, of_a_case=True)
    case = "/cases/{number}/"
    for name, path in (("case", ""), ("fresh", "fresh/"), ("colleagues", "colleagues/"), ("macros", "macros/")):
        yield page(f"inbox:{name}", f"{case}{path}", eve=404, ann=200, ada=200, of_a_case=True)
    verbs: tuple[tuple[str, str, dict[str, str], int], ...] = (
        ("write", "messages/", {"kind": "note", "text": "hi"}, 302),
        ("again", "messages/{message}/again/", {}, 302),
        ("cancel", "messages/{message}/cancel/", {}, 409),
        ("assign", "assign/", {"agent": "me"}, 302),
        ("status", "status/", {"status": "open"}, 302),
        ("end_chat", "end-chat/", {"status": "pending"}, 409),
        ("snooze", "snooze/", {"for": "hours"}, 422),
        ("macro", "macro/", {"macro": "{cases_macro}"}, 302),
    )
    yield page("unlock_codes", f"{case}unlock-codes/", "POST", eve=404, ann=302, ada=302, of_a_case=True)
    for name, path in (("case_runs", ""), ("case_run", "{run}/"), ("case_run_of", "of/{event}/")):
        yield page(name, f"{case}rules/{path}", eve=404, ann=200, ada=200, of_a_case=True)
    yield page("look_up_refresh", f"{case}look-up/", "POST", eve=404, ann=302, ada=302, of_a_case=True)
    for name, path, body, done in verbs:
        yield page(f"inbox:{name}", case + path, "POST", body, eve=404, ann=done, ada=done, of_a_case=True)
    yield from people()


def people() -> Iterator[Row]:
    """Who is who: Ann has no right to judge; what she may do with one is in tests/inbox/test_people.py."""
    own: tuple[tuple[str, str, str, dict[str, str] | None, int], ...] = (
        ("person", "GET", "", None, 200),
        ("person_save", "POST", "save/", {"name": "Bob Miller", "was_name": ""}, 302),
        ("person_block", "POST", "block/", {"blocked": "no"}, 302),
    )
    for name, method, path, said, done in own:
        where = f"/people/{{person}}/{path}"
        yield page(f"inbox:{name}", where, method, said, eve=404, ann=done, ada=done, of_a_case=True)
    pages: tuple[tuple[str, str, str, dict[str, str], int], ...] = (
        ("merge", "GET", "merge/?q=somebody", {}, 200),
        ("merge_plan", "POST", "merge/plan/", {"with": "{person}"}, 422),
        ("split", "GET", "split/", {}, 200),
        ("split_plan", "POST", "split/plan/", {"user": "{user}"}, 200),
        ("decide", "POST", "decide/", {"plan_hash": "x", "reason": "y"}, 409),
        ("operations", "GET", "operations/", {}, 200),
        ("undo", "POST", "operations/{operation}/undo/", {}, 302),
    )
    for name, method, path, body, done in pages:
        yield page(f"inbox:person_{name}", f"/people/{{person}}/{path}", method, body, eve=403, ann=403, ada=done)


def rest() -> Iterator[Row]:
    """Pages without a list, files, the stream, the widget."""
    yield same("ops:sign_in", "/sign-in/nonsense/", 410)
    yield same("ops:sign_in", "/sign-in/nonsense/", 410, "POST")
    yield same("ops:healthz", "/healthz", 200)
    yield same("ops:readyz", "/readyz", (200, 503))
    yield same("ops:metrics", "/metrics", 403)
    yield page("cases:file", "/files/{proof_agent}/", stranger=404, eve=404, ann=200, ada=404, of_a_case=True)
    yield same("cases:file", "/files/{proof_channel}/", 200, public=True)
    for method in ("GET", "POST"):
        yield same("cases:rating", "/r/nonsense/", 410, method)
    yield page("live:stream", "/live/", stranger=401, eve=200, ann=200, ada=200)
    yield same("identify_js", "/widget/v1/identify.js", 200)
    yield same("identify_confirm_js", "/widget/v1/identify-confirm.js", 200)
    yield same("identify_texts", "/widget/v1/identify/{public_id}/texts", 200)
    yield same("identify_codes", "/widget/v1/identify/{public_id}/codes", 401, "POST", {"token": "x.y.z"})
    yield same(
        "identify_codes", "/widget/v1/identify/{public_id}/codes", 403, "POST", {"user_email": "bob@example.com"}
    )
    waiting, forged = "/widget/v1/identify/{public_id}/proposals", {"proof": {"token": "x.y.z"}}
    yield same("identify_proposals", waiting, 401, "POST", forged)
    yield same("identify_decision", f"{waiting}/1", 401, "POST", {**forged, "accept": True})
    yield same("identify_decision", f"{waiting}/1", 400, "POST", forged)
    yield from chat()
    for method in ("GET", "POST"):
        yield same("identification_undo", "/links/undo/nonsense/", 410, method)


def chat() -> Iterator[Row]:
    """Visitors of a live chat: keys and sessions of agents mean nothing there, a visitor's token everything."""
    here, named = "/widget/v1/chat/{chat}/", {"text": "hi", "client_id": "c-1"}
    yield same("chat_config", f"{here}config/", 200)
    yield same("chat_sessions", f"{here}sessions/", 201, "POST", {})
    yield same("chat_identify", f"{here}identify/", 401, "POST", {"token": "x.y.z"})
    yield same("chat_identify", f"{here}identify/", 200, "POST", {"id": "B-42"})
    yield same("chat_session", f"{here}session/", 401)
    yield same("chat_session", f"{here}session/", 401, "DELETE")
    yield same("chat_attributes", f"{here}attributes/", 401, "POST", {"attributes": {"name": "Mallory"}})
    yield same("chat_messages", f"{here}messages/", 401, "POST", {**named, "conversation": "{case}"})
    yield same("chat_conversations", f"{here}conversations/", 401)
    yield same("chat_thread", f"{here}conversations/{{case}}/messages/", 401)
    yield same("chat_read", f"{here}conversations/{{case}}/read/", 401, "POST", {"message": 1})
    yield same("chat_typing", f"{here}conversations/{{case}}/typing/", 401, "POST", {})
    yield same("chat_rating", f"{here}conversations/{{case}}/rating/", 401, "POST", {"score": 5})
    yield same("chat_transcript", f"{here}conversations/{{case}}/transcript/", 401, "POST", {})
    yield same("live:listen", "/live/chat/{chat}/", 401)


def accounts() -> Iterator[Row]:
    """Everybody's own account: nothing of others is there."""
    for name, path in (("login", "login/"), ("signup", "signup/")):
        yield page(f"account_{name}", f"/accounts/{path}", stranger=200, eve=302, ann=302, ada=302)
    yield page("account_logout", "/accounts/logout/", eve=200, ann=200, ada=200)
    yield page("account_reauthenticate", "/accounts/reauthenticate/", eve=200, ann=200, ada=200)
    yield page("account_change_password", "/accounts/password/change/", eve=(200, 302), ann=(200, 302), ada=(200, 302))
    yield page("account_set_password", "/accounts/password/set/", eve=302, ann=302, ada=302)
    open_to_all = {
        "account_inactive": "inactive/",
        "account_email_verification_sent": "confirm-email/",
        "account_reset_password": "password/reset/",
        "account_reset_password_done": "password/reset/done/",
        "account_reset_password_from_key": "password/reset/key/1-x/",
        "account_reset_password_from_key_done": "password/reset/key/done/",
        "account_confirm_email": "confirm-email/x/",
    }
    for name, path in open_to_all.items():
        yield same(name, f"/accounts/{path}", 200)
    yield same("account_confirm_login_code", "/accounts/login/code/confirm/", 302)
    for name in ("accounts/email/", "account_email"):
        yield same(name, "/accounts/email/", 404)
        yield same(name, "/accounts/email/", 404, "POST", {"action_add": "", "email": "ann@example.com"})
    for name, path in MFA.items():
        own = {"mfa_authenticate": 302}.get(name, (200, 302, 404))
        yield page(name, f"/accounts/2fa/{path}", eve=own, ann=own, ada=own)


MFA = {
    "mfa_index": "",
    "mfa_authenticate": "authenticate/",
    "mfa_reauthenticate": "reauthenticate/",
    "mfa_activate_totp": "totp/activate/",
    "mfa_deactivate_totp": "totp/deactivate/",
    "mfa_view_recovery_codes": "recovery-codes/",
    "mfa_generate_recovery_codes": "recovery-codes/generate/",
    "mfa_download_recovery_codes": "recovery-codes/download/",
}


def demo() -> Iterator[Row]:
    """A company of its own, open to whoever looks at the demo; it keeps nothing of the desk's."""
    for name, path, statuses in (
        ("start", "", 200),
        ("messenger", "messenger/", 302),
        ("phone", "messenger/bob.kern/", (200, 404)),
        ("news", "messenger/bob.kern/news/", (200, 404)),
        ("account_of_first", "account/", 302),
        ("account", "account/A-1001/", 200),
        ("token", "account/A-1001/token/", (404, 503)),
    ):
        yield same(f"demo:{name}", f"/demo/{path}", statuses)
    for name, path, statuses in (
        ("webhook", "messenger/webhook/", 401),
        ("new_phone", "messenger/new/", 302),
        ("outage", "messenger/outage/", 404),
        ("again", "messenger/again/none/", 404),
        ("send", "messenger/bob.kern/send/", 404),
        ("open_account", "account/new/", 302),
        ("code", "account/A-1001/code/", 404),
        ("tariff", "account/A-1001/tariff/", 404),
    ):
        yield same(f"demo:{name}", f"/demo/{path}", statuses, "POST")
