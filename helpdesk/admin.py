"""The admin site: the sections that admins of such products know, in their order."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.db.models import Model
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

DOCS = "api"  # stands among the models, but is a page of its own

# Section → the models in it, each with what it is for. What is in none of them is not in the admin at all.
SECTIONS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (
        _("Channels"),
        {
            "channels.Widget": _("Scripts for your web site. One lets customers show in a chat who they are."),
            "channels_custom.CustomChannel": _(
                "Your own messenger or app: customers write through the API, answers go to your webhook."
            ),
        },
    ),
    (
        _("Team"),
        {
            "users.Agent": _("Who answers, what each of them sees, and how they sign in."),
            "users.Group": _("Teams that cases are given to."),
            "users.Role": _("What agents do, such as billing: rules give cases to a role."),
            "users.AgentStatus": _("What agents say about themselves, and which of it means that they are there."),
        },
    ),
    (
        _("Rules"),
        {
            "rules.NewCasesRule": _("What happens when a case comes in."),
            "rules.UpdatedCasesRule": _("What happens when somebody writes, or a case changes."),
            "rules.TimeRule": _("What happens when a case has been quiet for a while."),
            "rules.Pause": _("Rules that answered one customer too often, and do not answer them for a while."),
            "cases.Macro": _("Several actions with one click, for everybody who answers."),
        },
    ),
    (_("Companies"), {"users.Company": _("Whom your customers work for. The people themselves are in the inbox.")}),
    (
        _("Settings"),
        {
            "channels.Language": _("The languages in which widgets and rules speak to your customers."),
            "channels.Schedule": _("When people work, and when not: clocks of rules can count these hours only."),
            "users.CustomField": _("Facts of your own about users, cases and companies, such as a tariff."),
            "cases.Label": _("Words to sort cases by."),
            "identification.LookUp": _("Your own user database is asked who somebody is, when a conversation begins."),
            "users.BlockedValue": _("Addresses that many people share, such as info@*: they never link anybody."),
            "rules.Webhook": _("Addresses that rules call, with what happened in a case."),
            DOCS: _("Every call, with a place to try it."),
            "users.ApiKey": _("For programs that act for an agent. Each is shown once."),
            "identification.SigningKey": _("With these your server signs who is signed in to your site."),
        },
    ),
)


class Admin(AdminConfig):
    default_site = "helpdesk.admin.Site"


class Site(AdminSite):
    site_header = _("Helpdesk administration")
    site_title = _("Helpdesk")
    index_title = _("Administration")

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Leaves out what packages bring along: their groups, permissions, stored second factors."""
        given: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        listed = {label for _title, hints in SECTIONS for label in hints}
        super().register([model for model in given if model._meta.label in listed], admin_class, **options)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """By the desk's own page, which counts wrong tries."""
        return redirect("account_change_password")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The sections, as far as this agent may see them. With a label: Django's own list of that app."""
        if app_label:
            return super().get_app_list(request, app_label)
        entries = [model for app in super().get_app_list(request) for model in app["models"]]
        models = {entry["model"]._meta.label: entry for entry in entries}
        if models:
            models[DOCS] = {"object_name": "API", "name": _("API documentation"), "admin_url": reverse("docs")}
        sections = [
            {
                "name": title,
                "app_label": f"section-{number}",
                "app_url": "",
                "has_module_perms": True,
                "models": [{**models[label], "hint": hint} for label, hint in hints.items() if label in models],
            }
            for number, (title, hints) in enumerate(SECTIONS)
        ]
        return [section for section in sections if section["models"]]

    def place_of(self, model: type[Model]) -> tuple[Any, Any]:
        """The section of a model and its sentence; empty if it is in none."""
        label = model._meta.label
        return next(((title, hints[label]) for title, hints in SECTIONS if label in hints), ("", ""))
