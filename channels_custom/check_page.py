"""“Check the contract”: the page beside a custom channel on which its receiver is put to the test."""

from threading import Lock
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from channels_custom import checking
from channels_custom.checking import Check, State
from channels_custom.models import CustomChannel
from helpdesk.lib import egress
from helpdesk.lib.admin import NamedAdmin

# Seconds that somebody looks at the page while it plays. A receiver that works needs one.
PATIENCE = 25.0
CHIPS = {State.PASSED: "ok", State.FAILED: "danger", State.NOT_JUDGED: "warn"}
# One check at a time in each process: it holds one of few threads while somebody's server takes its time.
_turn = Lock()


class CheckingAdmin(NamedAdmin[CustomChannel]):
    """The page at `<id>/check/`, in the admin as `channels_custom_customchannel_check`."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.check_view)
        return [path("<int:pk>/check/", view, name="channels_custom_customchannel_check"), *super().get_urls()]

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET: what will happen, and a button. POST: plays, and shows what came of it."""
        channel = get_object_or_404(CustomChannel, pk=pk)
        if not self.has_change_permission(request, channel):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | self._place()
        context |= {"title": _("Check the contract"), "opts": self.opts, "channel": channel, "customer": checking.USER}
        if request.method == "POST":
            context |= _played(channel)
        return TemplateResponse(request, "admin/channels_custom/check.html", context)


def _played(channel: CustomChannel) -> dict[str, Any]:
    """For the template: `rows` of a check with its chip, or the `trouble` that kept it from being played."""
    if not channel.webhook_url:
        return {"trouble": _("This channel has no webhook URL.")}
    if not _turn.acquire(blocking=False):
        return {"trouble": _("A check is running already. Try again in half a minute.")}
    try:
        egress.check(channel.webhook_url)
        checks = checking.run(**checking.facts(channel), deadline=PATIENCE)
    except egress.Refused as error:
        return {"trouble": str(error)}
    finally:
        _turn.release()
    return {"rows": [(check, CHIPS[check.state], _word(check)) for check in checks], "summary": _summary(checks)}


def _word(check: Check) -> str:
    words = {State.PASSED: _("passed"), State.FAILED: _("failed"), State.NOT_JUDGED: _("not judged")}
    return words[check.state]


def _summary(checks: list[Check]) -> dict[str, str]:
    """state: as the page's style knows it. sentence: how many of how many."""
    passed = sum(check.passed for check in checks)
    if passed == len(checks):
        return {"state": "ok", "sentence": _("Your server keeps the contract.")}
    facts = {"passed": passed, "all": len(checks)}
    failed = any(check.state == State.FAILED for check in checks)
    return {"state": "failed" if failed else "", "sentence": _("%(passed)d of %(all)d passed.") % facts}
