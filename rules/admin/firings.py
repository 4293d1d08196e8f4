"""What a rule did last, and in which cases."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _

from helpdesk.lib.ids import is_id
from rules import limits
from rules.admin.base import RulePages
from rules.services import showing

SHOWN = 50


class FiringPages(RulePages):
    def get_urls(self) -> list[URLPattern]:
        return [self.page("<int:pk>/passes/", self.passes, "passes"), *super().get_urls()]

    def passes(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Newest first, `before` an id."""
        rule, before = self.rule(pk), request.GET.get("before", "")
        rows, following = showing.firings(rule, SHOWN, before=int(before) if is_id(before) else None)
        context = {
            "original": rule,
            "title": _("What “%(title)s” did") % {"title": rule.title},
            "rows": rows,
            "next": following,
            "days": limits.TRACE_KEPT.days,
        }
        return TemplateResponse(request, "admin/rules/passes.html", self.framed(request, **context))
