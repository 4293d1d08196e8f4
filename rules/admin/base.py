"""What the pages about rules share: which list they are of, who acts, where they lead."""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from helpdesk.lib.admin import TellingAdmin
from helpdesk.users.models import Agent
from rules.models import Rule, RuleList

View = Callable[..., HttpResponse]


def me(request: HttpRequest) -> Agent:
    """Who acts: the admin site lets nobody else in."""
    return cast(Agent, request.user)


class RulePages(TellingAdmin[Rule]):
    """Pages of one of the three lists."""

    list_name: RuleList

    @property
    def base(self) -> str:
        """What the names of this list's pages begin with."""
        return f"admin:{self.opts.app_label}_{self.opts.model_name}"

    def address(self, name: str, *args: int) -> str:
        return reverse(f"{self.base}_{name}", args=args)

    def page(self, route: str, view: View, name: str) -> URLPattern:
        return path(
            route, self.admin_site.admin_view(view), name=f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        )

    def button(self, route: str, view: View, name: str) -> URLPattern:
        """Of a button: a mere link to it changes nothing."""
        return self.page(route, require_POST(view), name)

    def rule(self, pk: int) -> Rule:
        """A rule of this list. Raises Http404."""
        return get_object_or_404(self.model, pk=pk)

    def back(self) -> HttpResponse:
        return HttpResponseRedirect(self.address("changelist"))

    def framed(self, request: HttpRequest, **context: Any) -> dict[str, Any]:
        """The context of a page of our own within the admin."""
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            **self._place(),
            **context,
        }
