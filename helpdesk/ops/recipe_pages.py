"""Recipes in the admin: what there is, what one would add to this desk, and a button that adds it."""

from typing import Any, cast

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from helpdesk.ops import exchange, recipes
from helpdesk.users.models import Agent

# What a part of the plan is called.
PARTS: dict[str, Any] = {
    "languages": gettext_lazy("Language"),
    "schedules": gettext_lazy("Business hours"),
    "fields": gettext_lazy("Custom field"),
    "labels": gettext_lazy("Label"),
    "groups": gettext_lazy("Group"),
    "roles": gettext_lazy("Role"),
    "rule_groups": gettext_lazy("Group of rules"),
}


@require_GET
def every(request: HttpRequest) -> HttpResponse:
    """All recipes, each with a sentence."""
    return _page(request, "recipes", title=_("Recipes"), recipes=recipes.RECIPES)


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, key: str) -> HttpResponse:
    """GET shows what it would add; POST adds it."""
    try:
        recipe = recipes.find(key)
    except recipes.NoSuchRecipe as error:
        raise Http404 from error
    return _add(request, recipe) if request.method == "POST" else _show(request, recipe)


def _show(request: HttpRequest, recipe: recipes.Recipe, wrong: list[str] | None = None) -> HttpResponse:
    shown: dict[str, Any] = {"title": recipe.title, "recipe": recipe, "wrong": wrong}
    try:
        plan = recipes.plan(recipe.read())
    except exchange.Mistakes as mistakes:
        return _page(request, "recipe", **shown | {"wrong": mistakes.lines})
    # A group of rules that stands in several lists is one to the reader.
    others = {(step.section, step.title): (PARTS.get(step.section, step.section), step) for step in plan.others}
    return _page(request, "recipe", **shown, plan=plan, others=others.values())


def _add(request: HttpRequest, recipe: recipes.Recipe) -> HttpResponse:
    try:
        made = recipes.add(recipe.key, by=cast(Agent, request.user))
    except exchange.Mistakes as mistakes:
        return _show(request, recipe, mistakes.lines)
    if any(step.section == exchange.RULES for step in made):
        messages.success(request, _("Here it is. Its rules are switched off until you switch them on, in their lists."))
    else:
        messages.success(request, _("All of its rules were there already."))
    return redirect("ops:recipe", recipe.key)


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, f"admin/rules/{name}.html", {**admin.site.each_context(request), **context})
