"""“API Integration”: the company's user database, asked for the users of a widget or a custom channel."""

from threading import Lock
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from helpdesk.channels.models import Channel, Widget
from helpdesk.lib.admin import SECTIONS, NamedAdmin
from identification import look_up_trials
from identification.look_up_forms import TestForm, form_of
from identification.models import LookUp, LookUpResult
from identification.services import look_ups

SHOWN = 20  # lines of the log
CHIPS = {"updated": "ok", "unchanged": "ok", "not_found": "", "refused": "danger", "failed": "danger"}
# One test at a time in each process: it holds one of few threads while somebody's server takes its time.
_turn = Lock()


@admin.register(LookUp)
class LookUpAdmin(NamedAdmin[LookUp]):
    """Settings, the last results, and at `<id>/test/` a trial with one id."""

    list_display = ("place", "url", "state")
    change_form_template = "admin/identification/lookup/change_form.html"

    class Media:
        css = {"all": ("settings/keys.css", "settings/look_ups.css")}

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[LookUp]:
        last = LookUpResult.objects.filter(look_up=models.OuterRef("pk")).order_by("-pk").values("outcome")[:1]
        rows = LookUp.objects.select_related("widget", "channel").annotate(last=models.Subquery(last))
        return rows.order_by("pk")

    @admin.display(description=_("for"))
    def place(self, look_up: LookUp) -> str:
        return str(look_up)

    @admin.display(description=_("state"))
    def state(self, look_up: LookUp) -> Any:
        return format_html('<span class="chip {}">{}</span>', *_state(look_up, getattr(look_up, "last", None)))

    def get_form(self, request: HttpRequest, obj: LookUp | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=form_of(obj), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: LookUp | None = None) -> Any:
        form = form_of(obj)
        rows = tuple((f"path_{number}", f"field_{number}") for number in range(form.rows))
        headers = ("drop_headers", "new_headers") if obj and obj.headers else ("new_headers",)
        about = _("Names with dots between them lead into objects: plan.name. A number is a place in a list.")
        return [
            (None, {"fields": (*(() if obj else ("place",)), "active", "url", "whom", "cache_seconds")}),
            (_("Headers of the request"), {"fields": headers}),
            (_("Further fields"), {"fields": rows, "description": about, "classes": ("further",)}),
        ]

    def save_model(self, request: Any, obj: LookUp, form: Any, change: bool) -> None:
        look_ups.save(form.fill(obj), by=request.user)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.test_view)
        return [path("<int:pk>/test/", view, name="identification_lookup_test"), *super().get_urls()]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: LookUp | None = None,
    ) -> HttpResponse:
        context |= {"show_save_and_add_another": False}
        if obj:
            results = list(LookUpResult.objects.filter(look_up=obj).select_related("profile").order_by("-pk")[:SHOWN])
            trouble = look_ups.in_trouble().filter(pk=obj.pk).first()
            context |= {"results": [(one, CHIPS[one.outcome]) for one in results], "trouble": trouble}
        return super().render_change_form(request, context, add, change, form_url, obj)

    @method_decorator((never_cache, sensitive_post_parameters("user_id")))
    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET: an input for an id. POST: asks for it, and shows what came of it; nothing is kept."""
        look_up = get_object_or_404(LookUp.objects.select_related("widget", "channel"), pk=pk)
        if not self.has_change_permission(request, look_up):
            raise PermissionDenied
        form = TestForm(request.POST or None)
        context = self.admin_site.each_context(request) | self._place()
        context |= {"title": _("Test"), "opts": self.opts, "look_up": look_up, "form": form}
        if request.method == "POST" and form.is_valid():
            context |= _tried(look_up, form.cleaned_data["user_id"])
        return TemplateResponse(request, "admin/identification/lookup/test.html", context)


def _tried(look_up: LookUp, user_id: str) -> dict[str, Any]:
    if not _turn.acquire(blocking=False):
        return {"busy": _("A test is running already. Try again in ten seconds.")}
    try:
        return {"trial": look_up_trials.attempt(look_up, user_id)}
    finally:
        _turn.release()


def _state(look_up: LookUp, last: str | None) -> tuple[str, Any]:
    """The chip's look and its words."""
    if not look_up.active:
        return "", _("off")
    if last is None:
        return "ok", _("on")
    return CHIPS[last] or "ok", LookUpResult.Outcome(last).label


def section(row: models.Model, request: HttpRequest) -> tuple[str, dict[str, Any]] | None:
    """What the page of a widget or a custom channel says of its look-up."""
    if not isinstance(row, Widget | Channel):
        return None
    kind = "widget" if isinstance(row, Widget) else "channel"
    look_up = LookUp.objects.defer("headers").filter(**{kind: row.pk}).first()
    last = LookUpResult.objects.filter(look_up=look_up).order_by("-pk").first() if look_up else None
    context: dict[str, Any] = {"look_up": look_up, "last": last, "place": f"{kind}:{row.pk}"}
    context |= {"state": _state(look_up, last.outcome if last else None)} if look_up else {}
    return "admin/identification/lookup/section.html", context


SECTIONS.append(section)
