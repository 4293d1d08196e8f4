"""What our admin pages share."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

KEY = "shown_once"


class ShownOnce:
    """A secret that the next page shows, and no page after it. Kept in the session, which lives in the database."""

    @staticmethod
    def put(request: HttpRequest, title: Any, secret: str) -> None:
        request.session[KEY] = {"title": str(title), "secret": secret}

    @staticmethod
    def take(request: HttpRequest) -> dict[str, str] | None:
        found: dict[str, str] | None = request.session.pop(KEY, None)
        return found


class SecretAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A page that shows a secret once, after it was made: `ShownOnce.put(request, …)` in save_model.

    After adding, the page of the new row is shown, not the list.
    """

    change_form_template = "admin/secret_change_form.html"

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if "_addanother" not in request.POST and "_popup" not in request.POST:
            request.POST = request.POST.copy()
            request.POST["_continue"] = "1"
        return super().response_add(request, obj, post_url_continue)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse | HttpResponse:
        context["once"] = ShownOnce.take(request) if request.method == "GET" else None
        return super().render_change_form(request, context, *args, **kwargs)
