"""Pauses in the admin: which rules were stopped for which customer, what was said before, and a button to go on."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rules import services
from rules.models import Pause
from rules.services import showing


@admin.register(Pause)
class PauseAdmin(admin.ModelAdmin[Pause]):
    """Nothing here is made or changed by hand; a rule goes on by a POST of its own."""

    class Media:
        css = {"all": ("rules/pauses.css",)}

    list_display = ("rule", "case_number", "since", "until", "state")
    list_display_links = ("rule",)
    sortable_by = ()
    actions = None
    change_list_template = "admin/change_list.html"  # that of this app's folder is for rules

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pause]:
        return super().get_queryset(request).select_related("rule", "case")

    @admin.display(description=gettext_lazy("case"))
    def case_number(self, pause: Pause) -> str:
        return pause.case.number

    @admin.display(description=gettext_lazy("state"))
    def state(self, pause: Pause) -> str:
        if pause.lifted_at:
            return _("goes on again")
        return _("paused") if pause.until > timezone.now() else _("over")

    def get_urls(self) -> list[URLPattern]:
        resume = self.admin_site.admin_view(require_POST(self.resume))
        return [path("<int:pk>/resume/", resume, name="rules_pause_resume"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What was said before the rule was paused."""
        pause = get_object_or_404(self.get_queryset(request), pk=object_id) if object_id.isdecimal() else None
        if pause is None or request.method not in ("GET", "HEAD"):
            return HttpResponseRedirect(reverse("admin:rules_pause_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": pause,
            "title": _("The rule “%(title)s” is paused") % {"title": pause.rule.title},
            "media": self.media,
            "state": self.state(pause),
            "chain": services.chain(pause, request.user),  # type: ignore[arg-type]
            "on": pause.lifted_at is None and pause.until > timezone.now(),
            "rule_address": showing.address_of(pause.rule_id, pause.rule.list),
        }
        return TemplateResponse(request, "admin/rules/pause.html", context)

    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        pause = get_object_or_404(self.get_queryset(request), pk=pk)
        services.resume(pause, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("The rule answers this customer again."))
        return HttpResponseRedirect(reverse("admin:rules_pause_change", args=[pk]))
