"""The administration: a row for each page of each model."""

from collections.abc import Iterator
from typing import Any

from tests.rights.row import Row, Statuses, page

# What an administrator may not even try, by model.
NEVER = {"users_agent": {"delete"}, "identification_signingkey": {"delete"}, "channels_custom_customchannel": set()}
MODELS = {
    "channels_language": "channels/language",
    "channels_schedule": "channels/schedule",
    "users_company": "users/company",
    "users_customfield": "users/customfield",
    "users_apikey": "users/apikey",
    "users_agent": "users/agent",
    "users_group": "users/group",
    "users_role": "users/role",
    "users_agentstatus": "users/agentstatus",
    "cases_label": "cases/label",
    "users_blockedvalue": "users/blockedvalue",
    "channels_widget": "channels/widget",
    "channels_custom_customchannel": "channels_custom/customchannel",
    "identification_signingkey": "identification/signingkey",
    "identification_lookup": "identification/lookup",
    "cases_macro": "cases/macro",
    "rules_webhook": "rules/webhook",
    "rules_newcasesrule": "rules/newcasesrule",
    "rules_updatedcasesrule": "rules/updatedcasesrule",
    "rules_timerule": "rules/timerule",
}


def admin(name: str, path: str, ada: Statuses, method: str = "GET", body: Any = None) -> Row:
    return page(f"admin:{name}", f"/admin/{path}", method, body, eve=302, ann=302, ada=ada)


def administration() -> Iterator[Row]:
    for model, path in MODELS.items():
        never, row = NEVER.get(model, set()), "{" + model + "}"
        yield admin(f"{model}_changelist", f"{path}/", 200)
        yield admin(f"{model}_add", f"{path}/add/", 200)
        yield admin(f"{model}_add", f"{path}/add/", 200, "POST", {"title": ""})
        for name in ("change", "history", "delete"):
            yield admin(f"{model}_{name}", f"{path}/{row}/{name}/", 403 if name in never else 200)
        yield admin(f"admin/{path}/<path:object_id>/", f"{path}/{row}/", 302)
        if model.startswith("rules_") and model.endswith("rule"):
            yield from rule_pages(model, path)
    yield from deliveries()
    yield from pauses()
    yield from recipes()
    yield admin("identification_signingkey_console", "identification/signingkey/console/", 200)
    yield admin("identification_signingkey_console", "identification/signingkey/console/", 200, "POST", {"token": "x"})
    for method in ("GET", "POST"):
        yield admin("identification_lookup_test", "identification/lookup/{identification_lookup}/test/", 200, method)
    yield admin("index", "", 200)
    yield page("admin:login", "/admin/login/", eve=403, ann=403, ada=302)
    yield admin("logout", "logout/", 302, "POST")
    yield admin("password_change", "password_change/", (200, 302))
    yield admin("password_change_done", "password_change/done/", 200)
    yield admin("autocomplete", "autocomplete/", (403, 404))
    yield admin("autocomplete", "autocomplete/?app_label=users&model_name=person&field_name=company&term=", 200)
    yield admin("jsi18n", "jsi18n/", 200)
    yield admin("view_on_site", "r/1/1/", 404)
    yield admin("app_list", "users/", 200)
    yield admin("admin/(?P<url>.*)$", "nowhere/", 404)


def deliveries() -> Iterator[Row]:
    name, path = "channels_custom_customchannel", "channels_custom/customchannel/{channels_custom_customchannel}"
    for page_of, rest in (("deliveries", "deliveries/"), ("delivery", "deliveries/{test}/")):
        yield admin(f"{name}_{page_of}", f"{path}/{rest}", 200)
        yield admin(f"{name}_{page_of}", f"{path}/{rest}", 302, "POST", {"do": "pause"})
    for method in ("GET", "POST"):
        yield admin(f"{name}_check", f"{path}/check/", 200, method)


def recipes() -> Iterator[Row]:
    yield page("ops:recipes", "/admin/rules/recipes/", eve=302, ann=302, ada=200)
    yield page("ops:recipe", "/admin/rules/recipes/round_robin/", eve=302, ann=302, ada=200)
    yield page("ops:recipe", "/admin/rules/recipes/auto_close/", "POST", {}, eve=302, ann=302, ada=302)
    yield page("ops:recipe", "/admin/rules/recipes/nowhere/", eve=302, ann=302, ada=404)


def pauses() -> Iterator[Row]:
    """Nobody makes or deletes one; a rule goes on by a POST."""
    name, path = "rules_pause", "rules/pause"
    yield admin(f"{name}_changelist", f"{path}/", 200)
    yield admin(f"{name}_add", f"{path}/add/", 403)
    yield admin(f"{name}_add", f"{path}/add/", 403, "POST", {})
    for one, status in (("change", 200), ("history", 200), ("delete", 403)):
        yield admin(f"{name}_{one}", f"{path}/{{rules_pause}}/{one}/", status)
    yield admin(f"admin/{path}/<path:object_id>/", f"{path}/{{rules_pause}}/", 302)
    yield admin(f"{name}_resume", f"{path}/{{rules_pause}}/resume/", 302, "POST")


def rule_pages(model: str, path: str) -> Iterator[Row]:
    """A list of rules: its buttons, its groups, and the versions of each rule."""
    for name in ("move_up", "move_down", "switch", "clone"):
        yield admin(f"{model}_{name}", f"{path}/{{{model}}}/{name}/", 302, "POST")
    yield admin(f"{model}_versions", f"{path}/{{{model}}}/versions/", 200)
    yield admin(f"{model}_passes", f"{path}/{{{model}}}/passes/", 200)
    yield admin(f"{model}_restore", f"{path}/{{{model}}}/versions/99/restore/", 404, "POST")
    yield admin(f"{model}_try", f"{path}/try/", 200, "POST", {"days": "7"})
    yield admin(f"{model}_order", f"{path}/order/", 409, "POST", {"order": "[]"})
    yield admin(f"{model}_group_new", f"{path}/groups/new/", 302, "POST", {"title": ""})
    group = f"{path}/groups/{{group of {model}}}/"
    yield admin(f"{model}_group", group, 200)
    yield admin(f"{model}_group", group, 200, "POST", {"title": ""})
    for name in ("up", "down", "switch", "delete"):
        yield admin(f"{model}_group_{name}", f"{group}{name}/", 302, "POST")
