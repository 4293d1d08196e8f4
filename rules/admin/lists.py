"""The page of a list: its rules and groups in the order in which they run, with a button for each change."""

import json
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _

from helpdesk.lib.fields import remembered
from rules import services
from rules.admin.base import RulePages, me
from rules.models import RuleList
from rules.orders import order_of
from rules.overview import overview

BUTTONS = ("move_up", "move_down", "switch", "clone")
GROUP_BUTTONS = ("group", "group_up", "group_down", "group_switch")


class ListPages(RulePages):
    """Rows move and switch by buttons, each a POST of its own; with JavaScript they are dragged as well."""

    heading: Any
    list_display = ("title",)
    sortable_by = ()
    ordering = ("position", "id")
    list_per_page = 500
    actions = None

    def get_urls(self) -> list[URLPattern]:
        views = {name: getattr(self, name) for name in BUTTONS}
        mine = [self.button(f"<int:pk>/{name}/", view, name) for name, view in views.items()]
        return [*mine, self.button("order/", self.put_in_order, "order"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        with remembered():
            services.review()
            shown = overview(self.list_name, request.GET.get("q", "")[:200])
        context = {
            "title": self.heading,
            "overview": shown,
            "of_time": self.list_name == RuleList.TIME,
            "names": {
                name: f"{self.base}_{name}"
                for name in (*BUTTONS, *GROUP_BUTTONS, "changelist", "change", "group_new", "order")
            },
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def move_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.move(self.rule(pk), -1, by=me(request))
        return self.back()

    def move_down(self, request: HttpRequest, pk: int) -> HttpResponse:
        services.move(self.rule(pk), 1, by=me(request))
        return self.back()

    def switch(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = self.rule(pk)
        services.switch(rule, not rule.active, by=me(request))
        return self.back()

    def clone(self, request: HttpRequest, pk: int) -> HttpResponse:
        copy = services.clone(self.rule(pk), by=me(request))
        messages.success(request, _("Here is the copy. It is switched off until you switch it on."))
        return HttpResponseRedirect(self.address("change", copy.pk))

    def put_in_order(self, request: HttpRequest) -> HttpResponse:
        """The whole list as it was dragged: `order` is JSON. Answers JSON: {} or {"detail": a sentence}."""
        try:
            order = order_of(json.loads(request.POST.get("order", "")))
            services.arrange(self.list_name, order, by=me(request))
        except services.OrderChanged as refusal:
            return JsonResponse({"detail": str(refusal)}, status=refusal.status)
        except (ValueError, RecursionError):
            return JsonResponse({"detail": _("This is no order of a list.")}, status=HTTPStatus.BAD_REQUEST)
        return JsonResponse({})
