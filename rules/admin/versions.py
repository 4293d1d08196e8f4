"""What a rule was: its versions, two of them side by side, and a button that puts one back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _

from helpdesk.lib.ids import is_id
from rules import history, services
from rules.admin.base import RulePages, me


class VersionPages(RulePages):
    def get_urls(self) -> list[URLPattern]:
        return [
            self.page("<int:pk>/versions/", self.versions, "versions"),
            self.button("<int:pk>/versions/<int:number>/restore/", self.restore, "restore"),
            *super().get_urls(),
        ]

    def versions(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Newest first, with what each save changed. ?from= and ?to=: these two side by side."""
        rule = self.rule(pk)
        rows = history.told(rule)
        asked = [request.GET.get(name, "") for name in ("from", "to")]
        older, newer = (int(text) if is_id(text) else 0 for text in asked)
        context = {
            "original": rule,
            "title": _("Versions of “%(title)s”") % {"title": rule.title},
            "rows": rows,
            "older": older or next((row.number for row, _author, _lines in rows[1:]), 0),
            "newer": newer or rule.version,
            "compared": history.compared(rule, older, newer) if older and newer else None,
            "missing": any(asked),
            "restore": f"{self.base}_restore",
        }
        return TemplateResponse(request, "admin/rules/versions.html", self.framed(request, **context))

    def restore(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        rule = self.rule(pk)
        get_object_or_404(rule.versions, number=number)
        try:
            services.restore(rule, number, by=me(request))
        except services.BadRule as refusal:
            why = " ".join(refusal.errors.values())
            messages.error(request, _("That version cannot be used any more. %(why)s") % {"why": why})
        else:
            messages.success(request, _("Version %(number)d is back, as the newest one.") % {"number": number})
        return HttpResponseRedirect(self.address("versions", pk))
