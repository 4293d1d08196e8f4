"""Secrets that a page shows once, after they were made, and no page after it."""

from typing import Any, TypeVar

from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse

from helpdesk.lib import crypto
from helpdesk.lib.admin.named import NamedAdmin

KEY = "shown_once"
M = TypeVar("M", bound=models.Model)


class ShownOnce:
    """A secret on its way to the next page: encrypted in the session, which lives in the database."""

    @staticmethod
    def put(request: HttpRequest, title: Any, secret: str, *, of: models.Model | None = None, note: Any = "") -> None:
        """title: what it is. note: what to do with it, a sentence. of: the row whose page may show it; none: any."""
        request.session[KEY] = {
            "title": str(title),
            "note": str(note),
            "secret": crypto.encrypt(secret),
            "of": _name(of) if of is not None else "",
        }

    @staticmethod
    def take(request: HttpRequest, of: models.Model | None = None) -> dict[str, str] | None:
        """{"title", "note", "secret"} for the page of this row; gone from then on, also if it was another's."""
        found: dict[str, str] | None = request.session.pop(KEY, None)
        if not found or (found["of"] and (of is None or found["of"] != _name(of))):
            return None
        return {"title": found["title"], "note": found["note"], "secret": crypto.decrypt(found["secret"])}


def _name(row: models.Model) -> str:
    return f"{row._meta.label} {row.pk}"


class SecretAdmin(NamedAdmin[M]):
    """A page that shows a secret once, after it was made: `ShownOnce.put(request, …, of=obj)` in save_model.

    After adding, the page of the new row is shown, not the list.
    """

    change_form_template = "admin/secret_change_form.html"

    class Media:
        js = (forms.Script("settings/copy.js", type="module"),)

    def response_add(self, request: HttpRequest, obj: M, post_url_continue: str | None = None) -> HttpResponse:
        if "_popup" not in request.POST:
            sent = request.POST.copy()
            sent["_continue"] = "1"
            request.POST = sent  # type: ignore[assignment]
        return super().response_add(request, obj, post_url_continue)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: M | None = None,
    ) -> HttpResponse:
        context["once"] = ShownOnce.take(request, of=obj) if request.method == "GET" else None
        context |= {"show_save_and_add_another": False, "show_save_and_continue": not add}
        return super().render_change_form(request, context, add, change, form_url, obj)
