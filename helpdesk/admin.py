"""The admin site: the sections that admins of such products know, in their order."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# Section → the models in it, by name, each with what it is for; what is in none of them is not shown.
SECTIONS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (
        _("Channels"),
        {
            "Widget": _("Scripts for your web site. One lets customers show in a chat who they are."),
            "CustomChannel": _("Your own messenger or app: customers write through the API, answers go to your webhook."),
        },
    ),
    (
        _("Team"),
        {
            "Agent": _("Who answers, what each of them sees, and how they sign in."),
            "Group": _("Teams that cases are given to."),
        },
    ),
    (
        _("Rules"),
        {
            "NewCasesRule": _("What happens when a case comes in."),
            "UpdatedCasesRule": _("What happens when somebody writes, or a case changes."),
            "TimeRule": _("What happens when a case has been quiet for a while."),
        },
    ),
    (_("Companies"), {"Company": _("Whom your customers work for. The people themselves are in the inbox.")}),
    (
        _("Settings"),
        {
            "Language": _("The languages in which widgets and rules speak to your customers."),
            "CustomField": _("Facts of your own about users, cases and companies, such as a tariff."),
            "Label": _("Words to sort cases by."),
            "API": _("Every call, with a place to try it."),
            "ApiKey": _("For programs that act for an agent. Each is shown once."),
            "SigningKey": _("With these your server signs who is signed in to your site."),
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

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The sections, as far as this agent may see them. With a label: Django's own list of that app."""
        if app_label:
            return super().get_app_list(request, app_label)
        models = {model["object_name"]: model for app in super().get_app_list(request) for model in app["models"]}
        if models:
            models["API"] = {"object_name": "API", "name": _("API integration"), "admin_url": reverse("docs")}
        sections = [
            {
                "name": title,
                "app_label": f"section-{number}",
                "app_url": "",
                "has_module_perms": True,
                "models": [{**models[name], "hint": hint} for name, hint in hints.items() if name in models],
            }
            for number, (title, hints) in enumerate(SECTIONS)
        ]
        return [section for section in sections if section["models"]]

    def place_of(self, model: type[Model]) -> tuple[Any, Any]:
        """The section of a model and its sentence; empty if it is in none."""
        name = model._meta.object_name
        return next(((title, hints[name]) for title, hints in SECTIONS if name in hints), ("", ""))
